"""EventBridge rules that start state machines and call functions."""

from __future__ import annotations

import io
import json
import logging
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.aws import LocalAws
from infra.local.aws.cloudformation import create_stack
from tests.integration.local_aws.support import ISO_TIME, ROLE, finished

TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": "dropped",
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": ROLE,
                "DefinitionString": '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}',
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "State": "ENABLED",
                "EventPattern": {
                    "source": ["aws.s3"],
                    "detail-type": ["Object Created"],
                    "detail": {
                        "bucket": {"name": [{"Ref": "Bucket"}]},
                        "object": {"key": [{"prefix": "drop/"}]},
                    },
                },
                "Targets": [
                    {
                        "Id": "machine",
                        "Arn": {"Ref": "Machine"},
                        "RoleArn": ROLE,
                        "InputTransformer": {
                            "InputPathsMap": {"bucket": "$.detail.bucket.name", "key": "$.detail.object.key"},
                            "InputTemplate": '{"uri": "s3://<bucket>/<key>"}',
                        },
                    },
                    {"Id": "plain", "Arn": {"Ref": "Machine"}, "RoleArn": ROLE},
                ],
            },
        },
    },
    "Outputs": {"Machine": {"Value": {"Ref": "Machine"}}},
}


@pytest.fixture(scope="module")
def machine(local_aws: LocalAws) -> str:
    return create_stack(local_aws, TEMPLATE, stack_name="drop", parameters={})["Machine"]


def inputs(aws: LocalAws, machine: str, *, expected: int) -> list[Any]:
    """The inputs that the machine was started with, after `expected` starts."""
    client = aws.client("stepfunctions")
    deadline = time.monotonic() + 5
    while len(found := client.list_executions(stateMachineArn=machine)["executions"]) < expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    described = [client.describe_execution(executionArn=execution["executionArn"]) for execution in found]
    return [json.loads(execution["input"]) for execution in described]


def test_a_new_object_starts_the_state_machine_of_its_rule(
    local_aws: LocalAws, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = local_aws.client("s3")
    s3.put_object(Bucket="dropped", Key="drop/restored.txt", Body=b"before the deployment was complete")
    monkeypatch.setattr(local_aws, "deployed", True)
    s3.put_object(Bucket="dropped", Key="elsewhere/list.txt", Body=b"not of the rule")
    s3.put_object(Bucket="dropped", Key="drop/list.txt", Body=b"37i9dQZF1DXcBWIGoYBM5M")
    made, whole = sorted(inputs(local_aws, machine, expected=2), key=len)
    assert made == {"uri": "s3://dropped/drop/list.txt"}
    assert (whole["source"], whole["detail"]["object"]["key"]) == ("aws.s3", "drop/list.txt")
    assert ISO_TIME.fullmatch(whole["time"])


# Keeps its events, and fails for an execution of this name.
FUNCTION = """
import json, uuid
import boto3
def handler(event, context):
    body = json.dumps(event).encode()
    boto3.client("s3").put_object(Bucket="heard", Key=uuid.uuid4().hex, Body=body)
    if event["detail"]["name"] == "not-understood":
        raise ValueError("I do not understand")
"""


@pytest.fixture
def heard(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[Any]]]:
    """The events of failed executions that a function was called with."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("listen.py", FUNCTION)
    name = f"listen-{time.time_ns()}"
    iam = local_aws.client("iam")
    if not iam.list_roles()["Roles"]:
        iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")
    function = local_aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=ROLE,
        Handler="listen.handler",
        Code={"ZipFile": code.getvalue()},
        Timeout=30,
    )
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED", "ABORTED"]}}
    events = local_aws.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), State="ENABLED")
    events.put_targets(Rule=name, Targets=[{"Id": "listen", "Arn": function["FunctionArn"]}])
    monkeypatch.setattr(local_aws, "deployed", True)
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="heard")

    def read() -> list[Any]:
        assert local_aws.wait_for_work(timeout=20)
        found = s3.list_objects_v2(Bucket="heard").get("Contents", [])
        bodies = [s3.get_object(Bucket="heard", Key=each["Key"])["Body"].read() for each in found]
        for each in found:
            s3.delete_object(Bucket="heard", Key=each["Key"])
        return [json.loads(body) for body in bodies]

    yield read
    events.remove_targets(Rule=name, Ids=["listen"])
    events.delete_rule(Name=name)


def run(aws: LocalAws, name: str, state: dict[str, Any]) -> str:
    """Run a state machine of one state to its end; return the execution's ARN."""
    client = aws.client("stepfunctions")
    definition = {"QueryLanguage": "JSONata", "StartAt": "Only", "States": {"Only": state}}
    machine = client.create_state_machine(
        name=f"machine-{time.time_ns()}", definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    arn: str = client.start_execution(stateMachineArn=machine, name=name, input='{"a": 1}')["executionArn"]
    finished(aws, arn)
    return arn


def test_a_function_is_called_with_how_an_execution_ended(
    local_aws: LocalAws, heard: Callable[[], list[Any]]
) -> None:
    run(local_aws, "good", {"Type": "Succeed"})
    assert heard() == []
    arn = run(local_aws, "bad", {"Type": "Fail", "Error": "Broken", "Cause": "It broke."})
    (event,) = heard()
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert (event["source"], event["resources"]) == ("aws.states", [arn])
    assert ISO_TIME.fullmatch(event["time"])
    detail = event["detail"]
    assert (detail["executionArn"], detail["name"], detail["status"]) == (arn, "bad", "FAILED")
    assert (detail["input"], detail["output"]) == ('{"a": 1}', None)
    assert detail["stateMachineArn"] in arn.replace(":execution:", ":stateMachine:")
    assert 0 <= detail["stopDate"] - detail["startDate"] < 10_000


def test_a_function_that_fails_is_called_three_times_and_the_log_says_why(
    local_aws: LocalAws, heard: Callable[[], list[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        run(local_aws, "not-understood", {"Type": "Fail", "Error": "Broken", "Cause": "It broke."})
        assert len(heard()) == 3
    assert "An event could not be delivered to arn:aws:lambda:" in caplog.text
    assert "I do not understand" in caplog.text
