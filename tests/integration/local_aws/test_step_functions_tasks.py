"""What state machines call: moto's integrations, where they had to be corrected.

Glue and Athena are moto's own here (the real ones are tested elsewhere): a test decides how a job ends.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.athena.models import athena_backends
from moto.glue.models import glue_backends
from moto.glue.responses import GlueResponse
from moto.moto_api import state_manager

from infra.local.aws import LocalAws, step_functions
from tests.integration.local_aws.support import ISO_TIME, ROLE, RunStates

MODELS = ("glue::job_run", "athena::execution")


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS in which a test decides when Glue jobs and Athena queries end."""
    for model in MODELS:
        state_manager.set_transition(model, {"progression": "manual", "times": 1_000_000})
    with LocalAws(tmp_path_factory.mktemp("lake"), wait_scale=0.01, installs=[step_functions.install]) as aws:
        glue = aws.client("glue")
        glue.create_job(Name="job", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://b/k"})
        glue.create_database(DatabaseInput={"Name": "db"})
        glue.create_crawler(
            Name="crawler", Role="r", DatabaseName="db", Targets={"S3Targets": [{"Path": "s3://b/"}]}
        )
        aws.client("dynamodb").create_table(
            TableName="leases",
            KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield aws
    for model in MODELS:
        state_manager.unset_transition(model)


def task(resource: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Task": {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{resource}",
            "Parameters": parameters,
            "End": True,
            **more,
        }
    }


def end_job_run(aws: LocalAws, state: str) -> None:
    """Let the next job run end like this."""
    runs = glue_backends[aws.account_id][aws.region].jobs["job"].job_runs
    _end_the_next(lambda: runs, state)


def end_query(aws: LocalAws, state: str) -> None:
    """Let the next query end like this."""
    executions = athena_backends[aws.account_id][aws.region].executions
    _end_the_next(lambda: list(executions.values()), state)


def _end_the_next(started: Callable[[], list[Any]], state: str) -> None:
    before = len(started())

    def wait_and_end() -> None:
        while len(started()) == before:
            time.sleep(0.02)
        time.sleep(0.2)  # the state machine has requested the state by then, and waits
        started()[-1].status = state

    threading.Thread(target=wait_and_end, daemon=True).start()


RUN_JOB = task("glue:startJobRun.sync", {"JobName": "job", "Arguments": {"--run_id": "r1"}})
RUN_QUERY = task(
    "athena:startQueryExecution.sync",
    {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "s3://results/"}},
)


def test_a_glue_job_is_waited_for_and_its_run_is_the_output(
    local_aws: LocalAws, run_states: RunStates
) -> None:
    end_job_run(local_aws, "SUCCEEDED")
    outcome = run_states(RUN_JOB)
    assert outcome.status == "SUCCEEDED", outcome
    assert outcome.output["JobRunState"] == "SUCCEEDED"
    assert outcome.output["Arguments"] == {"--run_id": "r1"}
    # The optimised integrations give milliseconds since the epoch.
    assert abs(outcome.output["StartedOn"] / 1000 - time.time()) < 3600 * 24


def test_a_glue_job_that_fails_fails_the_task_with_its_run_as_the_cause(
    local_aws: LocalAws, run_states: RunStates
) -> None:
    end_job_run(local_aws, "FAILED")
    outcome = run_states(RUN_JOB)
    assert outcome.error == "States.TaskFailed"
    assert json.loads(outcome.cause or "")["JobRunState"] == "FAILED"


def test_a_job_that_does_not_exist_is_an_error_of_glue(run_states: RunStates) -> None:
    outcome = run_states(task("glue:startJobRun.sync", {"JobName": "none"}))
    assert outcome.error == "Glue.EntityNotFoundException"


def test_a_job_whose_task_times_out_is_stopped(
    run_states: RunStates, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = threading.Event()

    def batch_stop_job_run(_: Any) -> str:
        stopped.set()
        return "{}"

    monkeypatch.setattr(GlueResponse, "batch_stop_job_run", batch_stop_job_run, raising=False)
    (states := json.loads(json.dumps(RUN_JOB)))["Task"]["TimeoutSeconds"] = 1
    assert run_states(states).error == "States.Timeout"
    assert stopped.wait(5)


def test_a_query_is_waited_for_and_its_execution_is_the_output(
    local_aws: LocalAws, run_states: RunStates
) -> None:
    end_query(local_aws, "SUCCEEDED")
    execution = run_states(RUN_QUERY).output["QueryExecution"]
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert isinstance(execution["Status"]["SubmissionDateTime"], int)


def test_a_query_that_fails_fails_the_task_with_its_execution_as_the_cause(
    local_aws: LocalAws, run_states: RunStates
) -> None:
    end_query(local_aws, "FAILED")
    outcome = run_states(RUN_QUERY)
    assert outcome.error == "States.TaskFailed"
    assert json.loads(outcome.cause or "")["QueryExecution"]["Status"]["State"] == "FAILED"


def test_a_query_whose_task_times_out_is_stopped(local_aws: LocalAws, run_states: RunStates) -> None:
    (states := json.loads(json.dumps(RUN_QUERY)))["Task"]["TimeoutSeconds"] = 1
    assert run_states(states).error == "States.Timeout"
    query = list(athena_backends[local_aws.account_id][local_aws.region].executions.values())[-1]
    deadline = time.monotonic() + 5
    while query.status != "CANCELLED" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert query.status == "CANCELLED"


def test_a_querys_results_are_read_by_a_task(local_aws: LocalAws, run_states: RunStates) -> None:
    end_query(local_aws, "SUCCEEDED")
    states = json.loads(json.dumps(RUN_QUERY))
    states["Task"] |= {"Next": "Results", "ResultSelector": {"id.$": "$.QueryExecution.QueryExecutionId"}}
    del states["Task"]["End"]
    states["Results"] = task("athena:getQueryResults", {"QueryExecutionId.$": "$.id"})["Task"]
    assert "Rows" in run_states(states).output["ResultSet"]


def test_a_query_in_a_work_group_that_does_not_exist_is_an_error_of_athena(run_states: RunStates) -> None:
    outcome = run_states(task("athena:startQueryExecution", {"QueryString": "SELECT 1", "WorkGroup": "none"}))
    assert outcome.error == "Athena.InvalidRequestException"


def test_an_unknown_athena_action_is_refused(local_aws: LocalAws) -> None:
    definition = {"StartAt": "Task", "States": task("athena:listWorkGroups", {})}
    client = local_aws.client("stepfunctions")
    with pytest.raises(ClientError, match="athena:listWorkGroups not recognized"):
        client.create_state_machine(name="refused", definition=json.dumps(definition), roleArn=ROLE)


def test_a_missing_path_in_an_answer_of_dynamodb_cannot_be_caught(run_states: RunStates) -> None:
    states = task(
        "dynamodb:getItem",
        {"TableName": "leases", "Key": {"name": {"S": "nobody"}}},
        ResultSelector={"item.$": "$.Item"},
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
    )
    outcome = run_states({**states, "Caught": {"Type": "Pass", "End": True}})
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert "$.Item" in (outcome.cause or "")


def test_a_running_crawler_is_an_error_under_the_services_java_name(run_states: RunStates) -> None:
    start = task("aws-sdk:glue:startCrawler", {"Name": "crawler"})
    assert run_states(start).status == "SUCCEEDED"
    assert run_states(start).error == "Glue.CrawlerRunningException"


def test_an_sdk_task_gives_its_times_as_iso_text(run_states: RunStates) -> None:
    crawler = run_states(task("aws-sdk:glue:getCrawler", {"Name": "crawler"})).output["Crawler"]
    assert ISO_TIME.fullmatch(crawler["CreationTime"])


@pytest.mark.parametrize(
    ("resource", "parameters", "error"),
    [
        ("aws-sdk:s3:getObject", {"Bucket": "no-such-bucket", "Key": "k"}, "S3.NoSuchBucketException"),
        ("aws-sdk:athena:startQueryExecution", {"QueryString": "q", "WorkGroup": "w"}, "Athena.Invalid"),
        (
            "aws-sdk:sns:getTopicAttributes",
            {"TopicArn": "arn:aws:sns:us-east-1:1:t"},
            "Sns.NotFoundException",
        ),
        (
            "aws-sdk:dynamodb:describeTable",
            {"TableName": "none"},
            "DynamoDb.ResourceNotFoundException",
        ),
    ],
)
def test_sdk_errors_begin_with_the_services_name(
    run_states: RunStates, resource: str, parameters: dict[str, str], error: str
) -> None:
    assert (run_states(task(resource, parameters)).error or "").startswith(error)


def lease(action: str, **parameters: Any) -> dict[str, Any]:
    return task(f"dynamodb:{action}", {"TableName": "leases", **parameters})


def test_a_condition_that_does_not_hold_is_an_error_of_each_dynamodb_task(run_states: RunStates) -> None:
    key = {"name": {"S": "pipeline"}}
    put = lease(
        "putItem",
        Item={**key, "owner": {"S.$": "$.run"}},
        ConditionExpression="attribute_not_exists(#name)",
        ExpressionAttributeNames={"#name": "name"},
    )
    mine = {
        "ConditionExpression": "#owner = :me",
        "ExpressionAttributeNames": {"#owner": "owner"},
        "ExpressionAttributeValues": {":me": {"S.$": "$.run"}},
    }
    update = lease("updateItem", Key=key, UpdateExpression="SET #owner = :me", **mine)
    delete = lease("deleteItem", Key=key, **mine)
    assert run_states(put, {"run": "a"}).status == "SUCCEEDED"
    for states in (put, update, delete):
        outcome = run_states(states, {"run": "b"})
        assert outcome.error == "DynamoDB.ConditionalCheckFailedException"
    for states in (update, delete, put):
        assert run_states(states, {"run": "a"}).status == "SUCCEEDED"


def test_a_message_is_published_as_text(local_aws: LocalAws, run_states: RunStates) -> None:
    topic = local_aws.client("sns").create_topic(Name="alerts")["TopicArn"]
    outcome = run_states(
        task("sns:publish", {"TopicArn": topic, "Subject": "s", "Message.$": "$"}), {"failed": True}
    )
    assert outcome.output["MessageId"]
