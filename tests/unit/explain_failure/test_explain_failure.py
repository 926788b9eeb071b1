"""A failed run: its alert, and its lease."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from explain_failure import handler as explain
from explain_failure.advice import FIRST_THING_TO_DO
from explain_failure.failure import Failure, read_failure
from tests import readme
from tests.state_machine import STATES, filled

ARN = "arn:aws:states:eu-west-1:123456789012:execution:lake-pipeline:run-1"
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:lake-pipeline"
JOB = {
    "Id": "jr_1",
    "JobName": "lake-normalize",
    "JobRunState": "FAILED",
    "ErrorMessage": "RuntimeError: the disk is full",
}
QUERY = {"QueryExecutionId": "q-1", "Status": {"State": "FAILED", "StateChangeReason": "no such view"}}


def history(state: str, error: str = "", cause: str = "", *, kind: str = "Task") -> list[dict[str, Any]]:
    return [
        {"id": 1, "type": "ExecutionStarted"},
        {"id": 2, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Earlier"}},
        {"id": 3, "type": f"{kind}StateEntered", "stateEnteredEventDetails": {"name": state}},
        {"id": 4, "type": "ExecutionFailed", "executionFailedEventDetails": {"error": error, "cause": cause}},
    ]


@pytest.mark.parametrize(
    ("state", "error", "cause", "name", "reason"),
    [
        ("FetchSpotify", "NoScope", json.dumps({"errorMessage": "Allow it."}), "NoScope", "Allow it."),
        (
            "NormalizeToParquet",
            "States.TaskFailed",
            json.dumps(JOB),
            "NormalizeToParquetFailed",
            "the disk is full",
        ),
        (
            "BuildMarts",
            "States.TaskFailed",
            json.dumps(JOB),
            "BuildMartsFailed",
            "job run jr_1 are in /aws-glue",
        ),
        (
            "NormalizeToParquet",
            "States.TaskFailed",
            json.dumps({"Id": "jr_1", "JobRunState": "TIMEOUT"}),
            "NormalizeToParquetFailed",
            "The job run ended TIMEOUT.",
        ),
        (
            "DailySummary",
            "States.TaskFailed",
            json.dumps({"QueryExecution": QUERY}),
            "DailySummaryFailed",
            "summary query q-1 failed: no such view",
        ),
        (
            "DailySummary",
            "States.TaskFailed",
            json.dumps({"QueryExecution": {"Status": {"State": "CANCELLED"}}}),
            "DailySummaryFailed",
            'Athena\'s answer: {"QueryExecution": {"Status": {"State": "CANCELLED"}}}',
        ),
        ("StartCrawler", "Glue.EntityNotFound", "No crawler.", "Glue.EntityNotFound", "No crawler."),
        ("GetCrawler", "States.Runtime", "It cannot go on.", "States.Runtime", "It cannot go on."),
        (
            "FetchSpotify",
            "States.Timeout",
            "",
            "States.Timeout",
            "States.Timeout: no further reason was given",
        ),
        ("FetchSpotify", "X", json.dumps({"errorMessage": ""}), "X", "X: no further reason was given"),
        ("FetchSpotify", "X", "[1]", "X", "[1]"),
        ("FetchSpotify", "X", "{cut off", "X", "{cut off"),
        ("FetchSpotify", "", "", "FAILED", "FAILED: no further reason was given"),
    ],
)
def test_the_error_and_the_reason_are_read_from_each_services_message(
    state: str, error: str, cause: str, name: str, reason: str
) -> None:
    failure = read_failure("FAILED", history(state, error, cause))
    assert (failure.error, failure.state, failure.is_redrivable) == (name, state, True)
    assert reason in failure.reason


def test_a_fail_state_only_fails_again() -> None:
    events = history("RunFailed", "CrawlerFailed", "It ended.", kind="Fail")
    assert read_failure("FAILED", events) == Failure("CrawlerFailed", "It ended.", "RunFailed", False)


def test_the_order_of_the_history_does_not_matter_and_a_redrive_after_the_failure_is_not_it() -> None:
    events = history("FetchSpotify", "NoScope", "Allow it.")
    later = [
        {"id": 5, "type": "ExecutionRedriven"},
        {"id": 6, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Later"}},
    ]
    expected = Failure("NoScope", "Allow it.", "FetchSpotify", True)
    assert read_failure("FAILED", [*reversed(later), *reversed(events)]) == expected
    assert read_failure("FAILED", events) == expected


def test_the_failure_of_a_stopped_run_has_the_given_reason() -> None:
    events = history("FetchSpotify")[:3]
    aborted = {"error": "Enough", "cause": "of this"}
    stopped = [*events, {"id": 4, "type": "ExecutionAborted", "executionAbortedEventDetails": aborted}]
    assert read_failure("ABORTED", stopped).reason == "Somebody stopped the run (Enough: of this)."
    assert read_failure("ABORTED", events).reason == "Somebody stopped the run."


def test_a_run_that_took_too_long_names_the_state_it_was_in() -> None:
    failure = read_failure("TIMED_OUT", history("WaitForSpotify", kind="Wait")[:3])
    assert (failure.error, failure.state) == ("RunTimedOut", "WaitForSpotify")


def test_an_execution_that_entered_no_state_has_a_failure_too() -> None:
    assert read_failure("FAILED", []) == Failure(
        "FAILED",
        "FAILED: no further reason was given. The execution history shows the state that failed.",
        "",
        False,
    )


def test_the_documents_list_the_errors_that_there_is_advice_for() -> None:
    listed = [name for row in readme.rows("error") for name in readme.code(row[0])]
    assert sorted(listed) == sorted(FIRST_THING_TO_DO)


class FakeStates:
    """A Step Functions client that knows one execution."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.events = events
        self.status = "FAILED"
        self.redrive_count = 0
        self.succeeded: list[dict[str, Any]] = []

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        assert executionArn == ARN
        return {"status": self.status, "redriveCount": self.redrive_count}

    def get_execution_history(self, **asked: Any) -> dict[str, Any]:
        assert asked["reverseOrder"], "the end of a long history is needed"
        return {"events": self.events}

    def list_executions(self, **asked: Any) -> dict[str, Any]:
        assert (asked["stateMachineArn"], asked["statusFilter"]) == (MACHINE, "SUCCEEDED")
        return {"executions": self.succeeded}


class Aws:
    """The services that the function calls."""

    def __init__(self) -> None:
        self.states = FakeStates(history("NormalizeToParquet", "States.TaskFailed", json.dumps(JOB)))
        self.dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
        self.dynamodb.create_table(
            TableName="leases",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "lease_name", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "lease_name", "AttributeType": "S"}],
        )
        self.sent: list[dict[str, str]] = []

    def publish(self, **message: str) -> None:
        self.sent.append(message)

    def client(self, name: str) -> Any:
        return {"stepfunctions": self.states, "dynamodb": self.dynamodb, "sns": self}[name]

    def acquire(self, run_id: str, attempt: int) -> bool:
        """Take the lease as the state AcquireLease does; return whether that succeeded."""
        context = {"Execution": {"Name": run_id, "RedriveCount": attempt}}
        variables = {"states": {"context": context}, "lease_seconds": 600, "limit": {"seconds": 0}}
        return self._is_done("put_item", filled(STATES["AcquireLease"]["Arguments"], variables))

    def release(self, run_id: str) -> bool:
        """Release the lease as the state ReleaseLease does."""
        variables = {"states": {"context": {"Execution": {"Name": run_id}}}}
        return self._is_done("delete_item", filled(STATES["ReleaseLease"]["Arguments"], variables))

    def _is_done(self, operation: str, arguments: dict[str, Any]) -> bool:
        try:
            getattr(self.dynamodb, operation)(**{**arguments, "TableName": "leases"})
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def holder(self) -> str | None:
        found = self.dynamodb.scan(TableName="leases")["Items"]
        return found[0]["run_id"]["S"] if found else None


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("LEASE_TABLE", "leases")
    monkeypatch.setenv("ALERT_TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:alerts")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        made = Aws()
        monkeypatch.setattr("explain_failure.handler.boto3.client", made.client)
        yield made


class _Context:
    function_name = "explain"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:explain"
    aws_request_id = "request"


def call(status: str = "FAILED") -> dict[str, Any]:
    detail = {
        "executionArn": ARN,
        "stateMachineArn": MACHINE,
        "name": "run-1",
        "status": status,
        "startDate": 1795323600000,
        "stopDate": 1795323660000,
    }
    answer: dict[str, Any] = explain.handler({"detail": detail}, _Context())
    return answer


def test_a_failure_frees_the_lease_and_sends_one_alert(aws: Aws) -> None:
    aws.acquire("run-1", 0)
    aws.states.succeeded = [{"stopDate": dt.datetime(2026, 11, 20, 5, 12, tzinfo=dt.UTC)}]
    assert call() == {"error": "NormalizeToParquetFailed", "state": "NormalizeToParquet", "lease": "freed"}
    assert aws.holder() is None
    (alert,) = aws.sent
    assert alert["Subject"] == "spotify-lake: NormalizeToParquetFailed"
    assert alert["Message"].splitlines() == [
        "Execution run-1 ended with NormalizeToParquetFailed in the state NormalizeToParquet.",
        "",
        "Reason: RuntimeError: the disk is full. What was published before stays readable. The logs of job "
        "run jr_1 are in /aws-glue/jobs/lake/output and /aws-glue/jobs/lake/error.",
        "",
        "What to do first: Fix what the reason and the job's logs say, then redrive or start again. "
        "A redrive of the execution continues at NormalizeToParquet.",
        "",
        "Started: 2026-11-22 05:00:00 UTC",
        "Ended: 2026-11-22 05:01:00 UTC",
        "Last run that succeeded: 2026-11-20 05:12:00 UTC",
        "Lease: freed",
        f"Console: https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{ARN}",
    ]


@pytest.mark.parametrize("status", ["FAILED", "ABORTED", "TIMED_OUT"])
def test_every_failure_frees_the_lease(aws: Aws, status: str) -> None:
    aws.acquire("run-1", 0)
    aws.states.status = status
    assert call(status)["lease"] == "freed"
    assert len(aws.sent) == 1


def test_the_lease_of_another_run_stays(aws: Aws) -> None:
    aws.acquire("run-2", 0)
    assert call()["lease"] == "not held by this run"
    assert aws.holder() == "run-2"


def test_a_run_that_was_redriven_in_the_meantime_keeps_its_lease(aws: Aws) -> None:
    aws.acquire("run-1", 1)
    aws.states.status = "RUNNING"
    assert call()["lease"] == "kept: the execution was redriven in the meantime"
    assert aws.holder() == "run-1"


def test_an_alert_is_sent_even_if_the_lease_cannot_be_freed(aws: Aws) -> None:
    aws.dynamodb.delete_table(TableName="leases")
    assert "ResourceNotFoundException" in call()["lease"]
    assert "\nLease: not freed (" in aws.sent[0]["Message"]


def test_a_subject_is_never_too_long_for_sns(aws: Aws) -> None:
    aws.states.events = history("FetchSpotify", "E" * 256, "Why.")
    call()
    assert len(aws.sent[0]["Subject"]) == 100


class Race:
    """The steps of a failed run's function, of the run's redrive and of a new run, in any order.

    The function describes the execution (F), then frees the lease (F). The failed run is redriven (A), takes
    the lease (A) and ends (A). The new run takes the lease (B) and ends (B).
    """

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.writers: set[str] = set()
        self.described: dict[str, Any] = {}
        self.steps: dict[str, list[Callable[[], Any]]] = {
            "F": [self.describe, self.free],
            "A": [self.redrive, lambda: self.take("run-1", 1), lambda: self.end("run-1")],
            "B": [lambda: self.take("run-2", 0), lambda: self.end("run-2")],
        }

    def one_writes_at_a_time(self, order: tuple[str, ...]) -> bool:
        """Run the steps in one order; return whether no two runs ever held the lease at once."""
        for run_id in ("run-1", "run-2"):
            self.aws.release(run_id)
        self.aws.states.status, self.aws.states.redrive_count = "FAILED", 0
        self.aws.acquire("run-1", 0)
        most = 0
        for actor in order:
            self.steps[actor].pop(0)()
            most = max(most, len(self.writers))
        return most <= 1

    def describe(self) -> None:
        self.described = self.aws.states.describe_execution(ARN)

    def free(self) -> None:
        if self.described["status"] == "FAILED":
            explain._free_lease(self.aws.dynamodb, "run-1", self.described["redriveCount"])

    def redrive(self) -> None:
        self.aws.states.status, self.aws.states.redrive_count = "RUNNING", 1

    def take(self, run_id: str, attempt: int) -> None:
        if self.aws.acquire(run_id, attempt):
            self.writers.add(run_id)

    def end(self, run_id: str) -> None:
        if run_id in self.writers:
            self.writers.remove(run_id)
            self.aws.release(run_id)


def test_a_redriven_run_and_a_new_run_never_write_at_the_same_time(aws: Aws) -> None:
    orders = set(itertools.permutations("FFAAABB"))
    assert len(orders) == 210
    assert [order for order in orders if not Race(aws).one_writes_at_a_time(order)] == []


def test_without_the_attempt_in_the_lease_they_could(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    ignoring_it = "run_id = :run_id AND :attempt = :attempt"
    monkeypatch.setattr(explain, "LEASE_OF_THE_FAILED_ATTEMPT", ignoring_it)
    assert not Race(aws).one_writes_at_a_time(tuple("FAAFBAB"))
