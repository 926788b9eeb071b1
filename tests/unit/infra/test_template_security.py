"""What the template allows and refuses: buckets, roles, and starts that cannot be delivered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.project import ROOT

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "infra" / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def of_type(name: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical id."""
    return {key: each["Properties"] for key, each in RESOURCES.items() if each["Type"] == name}


BUCKETS = of_type("AWS::S3::Bucket")
ROLES = of_type("AWS::IAM::Role")


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement that allows something, with the resource that has it."""
    for name, properties in ROLES.items():
        for policy in properties.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for kind in ("AWS::Serverless::Function", "AWS::Serverless::StateMachine"):
        for name, properties in of_type(kind).items():
            for policy in properties.get("Policies", []):
                for statement in policy["Statement"]:
                    yield name, statement


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_private_encrypted_and_takes_tls_only(name: str) -> None:
    properties = BUCKETS[name]
    assert properties["BucketEncryption"]
    assert all(properties["PublicAccessBlockConfiguration"].values())
    (policy,) = [
        each for each in of_type("AWS::S3::BucketPolicy").values() if each["Bucket"] == {"Ref": name}
    ]
    (deny,) = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert deny["Action"] == "s3:*"
    assert deny["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_that_is_kept_has_versions_and_no_other_has(name: str) -> None:
    is_kept = RESOURCES[name].get("DeletionPolicy") == "Retain"
    assert (BUCKETS[name].get("VersioningConfiguration") == {"Status": "Enabled"}) == is_kept
    rules = BUCKETS[name]["LifecycleConfiguration"]["Rules"]
    assert any("NoncurrentVersionExpiration" in rule for rule in rules) == is_kept


@pytest.mark.parametrize("name", ROLES)
def test_a_role_is_for_one_service_of_this_account(name: str) -> None:
    (trust,) = ROLES[name]["AssumeRolePolicyDocument"]["Statement"]
    assert isinstance(trust["Principal"]["Service"], str)
    assert trust["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert "ManagedPolicyArns" not in ROLES[name]


def test_the_logs_of_a_job_are_in_groups_of_the_stack_that_its_name_leads_to() -> None:
    groups = {each["LogGroupName"]["Fn::Sub"] for each in of_type("AWS::Logs::LogGroup").values()}
    for job in of_type("AWS::Glue::Job").values():
        prefix = job["DefaultArguments"]["--custom-logGroup-prefix"]["Fn::Sub"]
        assert {f"{prefix}/output", f"{prefix}/error"} <= groups
        stack, _, _ = job["Name"]["Fn::Sub"].rpartition("-")
        assert prefix == f"/aws-glue/jobs/{stack}"


def test_every_log_group_has_a_retention() -> None:
    for group in of_type("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_tables_files_are_kept_unless_a_parameter_says_otherwise() -> None:
    assert TEMPLATE["Parameters"]["CuratedRetentionDays"]["Default"] == 0
    rules = BUCKETS["CuratedBucket"]["LifecycleConfiguration"]["Rules"]
    (rule,) = [each["Fn::If"] for each in rules if "Fn::If" in each]
    condition, expires, otherwise = rule
    assert (condition, otherwise) == ("HasCuratedRetention", {"Ref": "AWS::NoValue"})
    assert expires["ExpirationInDays"] == {"Ref": "CuratedRetentionDays"}


def test_a_budget_counts_the_costs_of_this_stack_only() -> None:
    (budget,) = of_type("AWS::Budgets::Budget").values()
    name = {"Fn::Join": ["$", ["aws:cloudformation:stack-name", {"Ref": "AWS::StackName"}]]}
    assert budget["Budget"]["CostFilters"] == {"TagKeyValue": [name]}
    kinds = [each["Notification"]["NotificationType"] for each in budget["NotificationsWithSubscribers"]]
    assert kinds == ["ACTUAL", "FORECASTED"]


def test_jobs_and_crawler_have_roles_of_their_own() -> None:
    resources = {**of_type("AWS::Glue::Job"), **of_type("AWS::Glue::Crawler")}
    roles = [json.dumps(properties["Role"]) for properties in resources.values()]
    assert len(roles) == len(set(roles)) == 3


def test_the_crawler_cannot_change_the_lake() -> None:
    granted = {action for name, each in statements() if name == "CrawlerRole" for action in actions(each)}
    assert {action for action in granted if action.startswith("s3:")} == {
        "s3:ListBucket",
        "s3:GetBucketLocation",
        "s3:GetObject",
    }
    assert not [action for action in granted if "Delete" in action]


def test_the_marts_job_cannot_read_the_raw_zone() -> None:
    assert "RawBucket" not in json.dumps(ROLES["MartsRole"])


def test_no_statement_allows_every_action_or_every_object() -> None:
    unlimited = set()
    for _, statement in statements():
        assert not [action for action in actions(statement) if re.search(r"\*", action)]
        if statement["Resource"] == "*":
            unlimited |= set(actions(statement))
    # AWS: these cannot be limited to a resource. The namespace limits PutMetricData.
    assert {action for action in unlimited if not action.startswith(("xray:", "logs:"))} == {
        "cloudwatch:PutMetricData"
    }


def test_a_start_that_cannot_be_delivered_is_kept_and_raises_an_alarm() -> None:
    queue = {"Arn": {"Fn::GetAtt": ["UndeliveredStarts", "Arn"]}}
    for schedule in of_type("AWS::Scheduler::Schedule").values():
        assert schedule["Target"]["DeadLetterConfig"] == queue
    (target,) = RESOURCES["DropRule"]["Properties"]["Targets"]
    assert target["DeadLetterConfig"] == queue
    alarm = RESOURCES["StartNotDelivered"]["Properties"]
    assert alarm["AlarmActions"] == [{"Ref": "AlertTopic"}]
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["UndeliveredStarts", "QueueName"]}


@pytest.mark.parametrize(
    ("value", "is_valid"), [("none", True), ("a@example.com", True), ("", False), ("x", False)]
)
def test_an_address_for_alerts_must_be_given(value: str, *, is_valid: bool) -> None:
    parameter = TEMPLATE["Parameters"]["AlertEmail"]
    assert "Default" not in parameter
    assert bool(re.fullmatch(parameter["AllowedPattern"], value)) == is_valid


def test_an_update_of_the_stack_keeps_the_secrets() -> None:
    # CloudFormation writes a secret again when these properties change. Editing them loses the credentials,
    # or changes the salt and with it every hashed id.
    assert (
        RESOURCES["SpotifySecret"]["Properties"]["SecretString"] == '{"client_id": "", "client_secret": ""}'
    )
    assert RESOURCES["PrivacySalt"]["Properties"]["GenerateSecretString"] == {
        "SecretStringTemplate": "{}",
        "GenerateStringKey": "salt",
        "PasswordLength": 64,
        "ExcludePunctuation": True,
    }


def test_the_report_function_reads_days_and_writes_pages_only() -> None:
    (policy,) = of_type("AWS::Serverless::Function")["BuildReportFunction"]["Policies"]
    allowed = {json.dumps(each["Action"]): json.dumps(each["Resource"]) for each in policy["Statement"][:3]}
    assert "/*/snapshot_date=*" in allowed['"s3:GetObject"']
    assert "/reports/*" in allowed['"s3:PutObject"']
    actions = {action for each in policy["Statement"] for action in [each["Action"]]}
    assert actions == {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "sns:Publish"}
