"""Opening and closing the local AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from infra.local.aws import LocalAws, LocalAwsInUse, patches
from tests.integration.local_aws.support import ROLE, archive


def test_each_local_aws_in_a_process_begins_empty(tmp_path: Path) -> None:
    with LocalAws(tmp_path) as first:
        first.client("s3").create_bucket(Bucket="left-behind")
        assert first.client("s3").list_buckets()["Buckets"]
    with LocalAws(tmp_path) as second:
        assert second.client("s3").list_buckets()["Buckets"] == []


def test_only_one_local_aws_is_open_at_a_time(tmp_path: Path) -> None:
    with LocalAws(tmp_path), pytest.raises(LocalAwsInUse), LocalAws(tmp_path):
        pass


def test_closing_restores_the_process(tmp_path: Path) -> None:
    stock = string_expression.StringJSONata._eval_body
    before = os.environ.get("MOTO_PORT")
    with LocalAws(tmp_path) as aws:
        assert string_expression.StringJSONata._eval_body is not stock
        assert os.environ["MOTO_PORT"] in aws.endpoint_url
    assert string_expression.StringJSONata._eval_body is stock
    assert os.environ.get("MOTO_PORT") == before
    with pytest.raises(EndpointConnectionError):
        aws.client("s3").list_buckets()


def test_a_patch_installed_twice_keeps_motos_original() -> None:
    class Owner:
        value = 1

    patches.replace(Owner, "value", 2)
    patches.replace(Owner, "value", 3)
    assert (patches.original(Owner, "value"), Owner.value) == (1, 3)
    patches.restore_all()
    assert Owner.value == 1


def test_an_attribute_that_is_added_is_removed_again_and_must_be_new() -> None:
    class Owner:
        value = 1

    patches.add(Owner, "another", 2)
    patches.add(Owner, "another", 3)
    assert Owner.another == 3  # type: ignore[attr-defined]  # it is added while this runs
    with pytest.raises(AttributeError, match="has its own value now"):
        patches.add(Owner, "value", 2)
    patches.restore_all()
    assert not hasattr(Owner, "another")


def test_a_patch_that_no_longer_fits_moto_is_rejected() -> None:
    with pytest.raises(AttributeError):
        patches.replace(string_expression, "renamed_in_a_later_version", None)


def test_its_environment_points_another_process_at_it(tmp_path: Path) -> None:
    with LocalAws(tmp_path) as aws:
        aws.client("s3").create_bucket(Bucket="seen-from-elsewhere")
        seen = subprocess.run(
            [sys.executable, "-c", "import boto3; print(*boto3.client('s3').list_buckets()['Buckets'])"],
            env=aws.environment,
            capture_output=True,
            text=True,
            check=True,
        )
    assert "seen-from-elsewhere" in seen.stdout


def test_nothing_is_saved_before_a_deployment_so_that_a_full_lake_is_not_emptied(tmp_path: Path) -> None:
    kept = tmp_path / "s3" / "raw" / "kept.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("from an earlier run")
    with LocalAws(tmp_path) as aws:
        aws.save()
    assert kept.read_text() == "from an earlier run"


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Greeting: {Type: String}}
Resources:
  Kept: {Type: "AWS::S3::Bucket"}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Runtime: python3.11
      Handler: app.handler
      Environment: {Variables: {GREETING: !Ref Greeting}}
Outputs:
  Bucket: {Value: !Ref Kept}
  Function: {Value: !Ref Function}
"""


def test_a_template_is_deployed_and_its_buckets_live_on_in_the_lake(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(
        "import os\ndef handler(event, context): return os.environ['GREETING']"
    )
    for first in (True, False):
        with LocalAws(tmp_path / "lake", region="eu-west-1") as aws:
            outputs = aws.deploy(template, stack_name="s", parameters={"Greeting": "hello"})
            s3 = aws.client("s3")
            if first:
                s3.put_object(Bucket=outputs["Bucket"], Key="a/b.txt", Body=b"kept")
            answer = aws.client("lambda").invoke(FunctionName=outputs["Function"])
            assert json.loads(answer["Payload"].read()) == "hello"
            assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [outputs["Bucket"]]
            assert s3.get_object(Bucket=outputs["Bucket"], Key="a/b.txt")["Body"].read() == b"kept"


def test_deferred_work_is_done_while_the_server_still_answers(tmp_path: Path) -> None:
    seen: list[object] = []
    with LocalAws(tmp_path) as aws:
        aws.on_close(lambda: seen.append(aws.client("s3").list_buckets()["Buckets"]))
    assert seen == [[]]


def test_an_execution_that_still_runs_is_stopped_on_closing(tmp_path: Path) -> None:
    with LocalAws(tmp_path) as aws:
        client = aws.client("stepfunctions")
        wait = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
        role = "arn:aws:iam::123456789012:role/any"
        machine = client.create_state_machine(name="long", definition=json.dumps(wait), roleArn=role)
        client.start_execution(stateMachineArn=machine["stateMachineArn"])
        backend = stepfunctions_parser_backends[aws.account_id][aws.region]
        (execution,) = backend.state_machines[0].executions
        time.sleep(0.3)  # until it waits
    deadline = time.monotonic() + 5
    while execution.exec_status == "RUNNING" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert execution.exec_status == "ABORTED"


def test_all_sessions_of_a_process_share_what_botocore_knows_of_the_services() -> None:
    one, other = (botocore.session.Session().get_component("data_loader") for _ in range(2))
    assert one is other


def test_a_warm_function_has_loaded_its_code_before_it_is_invoked(tmp_path: Path) -> None:
    marker = tmp_path / "loaded"
    code = f"""
        from pathlib import Path
        Path({str(marker)!r}).write_text("once", "utf-8")
        def handler(event, context):
            return Path({str(marker)!r}).read_text("utf-8")
    """
    with LocalAws(tmp_path / "lake", warm=True) as aws:
        aws.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")
        aws.client("lambda").create_function(
            FunctionName="warm",
            Runtime="python3.11",
            Role=ROLE,
            Handler="app.handler",
            Code={"ZipFile": archive({"app.py": code})},
        )
        until = time.monotonic() + 20
        while not marker.exists() and time.monotonic() < until:
            time.sleep(0.05)
        marker.write_text("before the call", "utf-8")  # loading the code again would write "once"
        answer = aws.client("lambda").invoke(FunctionName="warm", Payload="{}")
        assert json.loads(answer["Payload"].read()) == "before the call"
