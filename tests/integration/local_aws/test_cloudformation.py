"""Stacks: every resource is really created, or the deployment fails with its name and the reason."""

from __future__ import annotations

import itertools
import json
import textwrap
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from moto.s3.models import s3_backends
from samtranslator.yaml_helper import yaml_parse

from infra.local.aws import LocalAws
from infra.local.aws.cloudformation import DeploymentFailed, create_stack, generated_name

Deploy = Callable[..., dict[str, str]]
_numbers = itertools.count()


@pytest.fixture
def deploy(local_aws: LocalAws) -> Deploy:
    """Deploy a plain CloudFormation template in YAML."""

    def run(text: str, **parameters: str) -> dict[str, str]:
        template = json.loads(json.dumps(yaml_parse(textwrap.dedent(text)), default=str))
        return create_stack(local_aws, template, stack_name=f"stack-{next(_numbers)}", parameters=parameters)

    return run


def test_glue_resources_are_created_with_all_their_properties(deploy: Deploy, local_aws: LocalAws) -> None:
    outputs = deploy("""
        Parameters:
          Workers: {Type: Number, Default: "3"}
        Resources:
          Database:
            Type: AWS::Glue::Database
            Properties: {CatalogId: !Ref AWS::AccountId, DatabaseInput: {Name: music, Description: Songs}}
          Table:
            Type: AWS::Glue::Table
            Properties:
              CatalogId: !Ref AWS::AccountId
              DatabaseName: !Ref Database
              TableInput: {Name: tracks, StorageDescriptor: {Columns: [{Name: id, Type: string}]}}
          Job:
            Type: AWS::Glue::Job
            Properties:
              Name: normalize
              Role: any
              NumberOfWorkers: !Ref Workers
              WorkerType: G.1X
              Command: {Name: glueetl, ScriptLocation: s3://code/job.py, PythonVersion: 3}
              DefaultArguments: {--enable-metrics: true}
          Crawler:
            Type: AWS::Glue::Crawler
            Properties:
              Name: crawler
              Role: any
              DatabaseName: !Ref Database
              Targets: {S3Targets: [{Path: s3://curated/}]}
              Schedule: {ScheduleExpression: "cron(0 5 * * ? *)"}
              Configuration: {Version: 1.0}
        Outputs:
          Table: {Value: !Ref Table}
          Job: {Value: !Ref Job}
          Crawler: {Value: !Ref Crawler}
    """)
    glue = local_aws.client("glue")
    job = glue.get_job(JobName=outputs["Job"])["Job"]
    assert (job["NumberOfWorkers"], job["DefaultArguments"]) == (3, {"--enable-metrics": "true"})
    crawler = glue.get_crawler(Name=outputs["Crawler"])["Crawler"]
    assert crawler["Schedule"]["ScheduleExpression"] == "cron(0 5 * * ? *)"
    assert json.loads(crawler["Configuration"]) == {"Version": 1.0}
    assert glue.get_table(DatabaseName="music", Name=outputs["Table"])["Table"]["Name"] == "tracks"


def test_athena_resources_are_created(deploy: Deploy, local_aws: LocalAws) -> None:
    outputs = deploy("""
        Resources:
          WorkGroup:
            Type: AWS::Athena::WorkGroup
            Properties:
              Name: analysts
              RecursiveDeleteOption: true
              WorkGroupConfiguration: {ResultConfiguration: {OutputLocation: s3://results/}}
          Query:
            Type: AWS::Athena::NamedQuery
            Properties: {Database: d, WorkGroup: !Ref WorkGroup, QueryString: SELECT 1}
        Outputs:
          WorkGroup: {Value: !Ref WorkGroup}
          Query: {Value: !Ref Query}
    """)
    athena = local_aws.client("athena")
    group = athena.get_work_group(WorkGroup=outputs["WorkGroup"])["WorkGroup"]
    assert group["Configuration"]["ResultConfiguration"]["OutputLocation"] == "s3://results/"
    named = athena.get_named_query(NamedQueryId=outputs["Query"])["NamedQuery"]
    assert (named["WorkGroup"], named["QueryString"]) == ("analysts", "SELECT 1")


def test_secrets_are_created_as_specified_or_generated(deploy: Deploy, local_aws: LocalAws) -> None:
    outputs = deploy("""
        Resources:
          Given: {Type: "AWS::SecretsManager::Secret", Properties: {SecretString: known}}
          Salt:
            Type: AWS::SecretsManager::Secret
            Properties: {GenerateSecretString: {PasswordLength: 40, ExcludePunctuation: true}}
          Inside:
            Type: AWS::SecretsManager::Secret
            Properties:
              GenerateSecretString: {SecretStringTemplate: '{"user": "u"}', GenerateStringKey: password}
        Outputs:
          Given: {Value: !Ref Given}
          Salt: {Value: !Ref Salt}
          Inside: {Value: !Ref Inside}
    """)
    read = local_aws.client("secretsmanager").get_secret_value
    given, salt, inside = (read(SecretId=outputs[n])["SecretString"] for n in ("Given", "Salt", "Inside"))
    assert given == "known"
    assert len(salt) == 40
    assert salt.isalnum()
    assert json.loads(inside)["user"] == "u"
    assert len(json.loads(inside)["password"]) == 32


def test_schedules_alarms_and_subscriptions_are_created(deploy: Deploy, local_aws: LocalAws) -> None:
    deploy("""
        Resources:
          Topic: {Type: "AWS::SNS::Topic", Properties: {TopicName: alerts}}
          Subscription:
            Type: AWS::SNS::Subscription
            Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: me@example.com}
          Schedule:
            Type: AWS::Scheduler::Schedule
            Properties:
              Name: daily
              ScheduleExpression: rate(1 day)
              FlexibleTimeWindow: {Mode: "OFF"}
              Target: {Arn: !Ref Topic, RoleArn: "arn:aws:iam::123456789012:role/any", Input: "{}"}
          Alarm:
            Type: AWS::CloudWatch::Alarm
            Properties:
              AlarmName: quiet
              Namespace: AWS/States
              MetricName: ExecutionsSucceeded
              Statistic: Sum
              Period: "43200"
              EvaluationPeriods: 3
              Threshold: 1
              ComparisonOperator: LessThanThreshold
              AlarmActions: [!Ref Topic, !If [Never, nothing, !Ref AWS::NoValue]]
        Conditions:
          Never: !Equals [a, b]
    """)
    schedule = local_aws.client("scheduler").get_schedule(Name="daily")
    topic = schedule["Target"]["Arn"]
    (alarm,) = local_aws.client("cloudwatch").describe_alarms(AlarmNames=["quiet"])["MetricAlarms"]
    assert (alarm["Period"], alarm["AlarmActions"]) == (43200, [topic])
    subscriptions = local_aws.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [s["Endpoint"] for s in subscriptions] == ["me@example.com"]


def test_a_state_machine_is_read_from_s3_with_its_substitutions(deploy: Deploy, local_aws: LocalAws) -> None:
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": "${Value}", "End": True}}}
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="definitions")
    s3.put_object(Bucket="definitions", Key="d.json", Body=json.dumps(definition))
    outputs = deploy("""
        Resources:
          Machine:
            Type: AWS::StepFunctions::StateMachine
            Properties:
              RoleArn: arn:aws:iam::123456789012:role/any
              DefinitionS3Location: {Bucket: definitions, Key: d.json}
              DefinitionSubstitutions: {Value: !Ref AWS::Region}
        Outputs:
          Arn: {Value: !Ref Machine}
          Name: {Value: !GetAtt Machine.Name}
    """)
    made = local_aws.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["Arn"])
    assert json.loads(made["definition"])["States"]["P"]["Result"] == "us-east-1"
    assert made["name"] == outputs["Name"]


def test_a_substitution_that_is_missing_fails_the_state_machine(deploy: Deploy) -> None:
    with pytest.raises(DeploymentFailed, match=r"Machine .*has nothing for \$\{Forgotten\}"):
        deploy("""
            Resources:
              Machine:
                Type: AWS::StepFunctions::StateMachine
                Properties: {RoleArn: any, DefinitionString: '{"StartAt": "${Forgotten}"}'}
        """)


def test_a_bucket_reports_its_objects_to_eventbridge_and_its_policy_blocks_no_client(
    deploy: Deploy, local_aws: LocalAws
) -> None:
    outputs = deploy("""
        Resources:
          Bucket:
            Type: AWS::S3::Bucket
            Properties:
              NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}
              VersioningConfiguration: {Status: Enabled}
          Policy:
            Type: AWS::S3::BucketPolicy
            Properties:
              Bucket: !Ref Bucket
              PolicyDocument:
                Statement:
                  - {Effect: Deny, Principal: "*", Action: "s3:*", Resource: !Sub "${Bucket.Arn}/*",
                     Condition: {Bool: {"aws:SecureTransport": "false"}}}
        Outputs:
          Bucket: {Value: !Ref Bucket}
    """)
    s3 = local_aws.client("s3")
    s3.put_object(Bucket=outputs["Bucket"], Key="k", Body=b"1")
    assert s3.get_object(Bucket=outputs["Bucket"], Key="k")["Body"].read() == b"1"
    bucket = s3_backends[local_aws.account_id]["aws"].buckets[outputs["Bucket"]]
    assert bucket.notification_configuration.event_bridge is not None  # the API does not return it
    assert s3.get_bucket_versioning(Bucket=outputs["Bucket"])["Status"] == "Enabled"


def test_a_bucket_without_a_name_has_the_same_one_in_each_deployment(deploy: Deploy) -> None:
    outputs = deploy("""
        Resources:
          RawBucket: {Type: "AWS::S3::Bucket"}
        Outputs:
          Stack: {Value: !Ref AWS::StackName}
          Bucket: {Value: !Ref RawBucket}
    """)
    first = generated_name("AWS::S3::Bucket", outputs["Stack"], "RawBucket")
    assert outputs["Bucket"] == first
    assert first != generated_name("AWS::S3::Bucket", "other-lake", "RawBucket")
    assert first == first.lower()
    assert len(generated_name("AWS::S3::Bucket", "a" * 100, "b" * 100)) <= 63


def test_a_public_parameter_of_aws_has_its_name_as_its_value(deploy: Deploy) -> None:
    outputs = deploy("""
        Parameters:
          Layer: {Type: "AWS::SSM::Parameter::Value<String>", Default: /aws/service/some/layer-arn}
        Resources:
          Topic: {Type: "AWS::SNS::Topic"}
        Outputs:
          Layer: {Value: !Ref Layer}
    """)
    assert outputs == {"Layer": "/aws/service/some/layer-arn"}


@pytest.mark.parametrize(
    ("text", "resource", "reason"),
    [
        (
            "Queue: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1}}",
            "Queue",
            "does not support AWS::Kinesis",
        ),
        ("Thing: {Type: 'AWS::Nobody::Knows'}", "Thing", "does not support AWS::Nobody::Knows"),
        ("Job: {Type: 'AWS::Glue::Job', Properties: {Rôle: r, Command: {}}}", "Job", "Rôle"),
        (
            "Bucket: {Type: 'AWS::S3::Bucket', Properties: {Acceleration: x}}",
            "Bucket",
            "does not support Acceleration",
        ),
        (
            "Topic: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Ref Nowhere}}",
            "Topic",
            "'Nowhere', which does not exist",
        ),
        (
            "Secret: {Type: 'AWS::SecretsManager::Secret', Properties: {Description: !GetAtt Bucket.Owner}}\n"
            "    Bucket: {Type: 'AWS::S3::Bucket'}",
            "Secret",
            "Bucket has no attribute Owner",
        ),
    ],
    ids=["unused type", "unknown type", "property", "bucket property", "reference", "attribute"],
)
def test_a_resource_that_cannot_be_created_fails_the_deployment_with_its_name_and_the_reason(
    deploy: Deploy, text: str, resource: str, reason: str
) -> None:
    with pytest.raises(DeploymentFailed, match=reason) as failure:
        deploy(f"Resources:\n    {text}")
    assert failure.value.resource == resource


def test_the_resource_that_failed_is_named_and_not_the_one_that_depends_on_it(deploy: Deploy) -> None:
    with pytest.raises(DeploymentFailed) as failure:
        deploy("""
            Resources:
              Crawler:
                Type: AWS::Glue::Crawler
                Properties: {Role: r, Targets: {}, DatabaseName: !Ref Database}
              Database:
                Type: AWS::Glue::Database
                Properties: {DatabaseInput: {Name: music2, Colour: red}}
        """)
    assert (failure.value.resource, failure.value.resource_type) == ("Database", "AWS::Glue::Database")


def test_a_parameter_that_the_template_does_not_have_is_refused(deploy: Deploy) -> None:
    with pytest.raises(DeploymentFailed, match="no parameter Misspelt"):
        deploy("Resources: {Topic: {Type: 'AWS::SNS::Topic'}}", Misspelt="1")


ANSWERING = """
import json, urllib.request

def handler(event, context):
    answer = {
        "Status": event["ResourceProperties"]["Status"],
        "Reason": "the bucket is full",
        "PhysicalResourceId": event["LogicalResourceId"] + "-1",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Echo": json.dumps(event["ResourceProperties"]), "Type": event["RequestType"]},
    }
    if answer["Status"] == "CRASH":
        raise ValueError("no answer")
    if answer["Status"] == "SILENT":
        return
    urllib.request.urlopen(urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT"))
"""

CUSTOM = """
    Parameters:
      Status: {Type: String}
    Resources:
      Role:
        Type: AWS::IAM::Role
        Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}}
      Function:
        Type: AWS::Lambda::Function
        Properties:
          Runtime: python3.11
          Handler: app.handler
          Timeout: 10
          Role: !GetAtt Role.Arn
          Code: {S3Bucket: custom-code, S3Key: code.zip}
          Layers: ["arn:aws:lambda:us-east-1:336392948345:layer:AWSSDKPandas-Python311:1"]
          Tags: [{Key: a, Value: b}]
      Custom:
        Type: Custom::Thing
        Properties: {ServiceToken: !GetAtt Function.Arn, ServiceTimeout: 1, Status: !Ref Status, Flag: true}
      Secret:
        Type: AWS::SecretsManager::Secret
        Properties: {SecretString: !GetAtt Custom.Type}
    Outputs:
      Id: {Value: !Ref Custom}
      Echo: {Value: !GetAtt Custom.Echo}
      Secret: {Value: !Ref Secret}
"""


@pytest.fixture
def custom_code(local_aws: LocalAws) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", ANSWERING)
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="custom-code")
    s3.put_object(Bucket="custom-code", Key="code.zip", Body=packed.getvalue())


@pytest.mark.usefixtures("custom_code")
def test_a_custom_resource_is_created_before_what_refers_to_it(deploy: Deploy, local_aws: LocalAws) -> None:
    outputs = deploy(CUSTOM, Status="SUCCESS")
    assert outputs["Id"] == "Custom-1"
    echoed: dict[str, Any] = json.loads(outputs["Echo"])
    assert (echoed["Status"], echoed["Flag"], echoed["ServiceTimeout"]) == ("SUCCESS", "true", "1")
    secret = local_aws.client("secretsmanager").get_secret_value(SecretId=outputs["Secret"])
    assert secret["SecretString"] == "Create"


@pytest.mark.usefixtures("custom_code")
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("FAILED", r"response status \[FAILED\].*the bucket is full"),
        ("CRASH", "failed without an answer.*no answer"),
        ("SILENT", "ended without an answer"),
    ],
)
def test_a_custom_resource_that_fails_fails_the_stack(deploy: Deploy, status: str, reason: str) -> None:
    with pytest.raises(DeploymentFailed, match=reason) as failure:
        deploy(CUSTOM, Status=status)
    assert failure.value.resource == "Custom"
