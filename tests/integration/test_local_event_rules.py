"""EventBridge rules that start state machines."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from infra.local.aws import LocalAws
from infra.local.aws.cloudformation import create_stack
from tests.integration.conftest import ISO_TIME, ROLE

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
    """What the machine was started with, once it has been started that often."""
    client = aws.client("stepfunctions")
    deadline = time.monotonic() + 5
    while len(found := client.list_executions(stateMachineArn=machine)["executions"]) < expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    described = [client.describe_execution(executionArn=execution["executionArn"]) for execution in found]
    return [json.loads(execution["input"]) for execution in described]


def test_an_object_that_arrives_starts_the_state_machine_of_its_rule(
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
