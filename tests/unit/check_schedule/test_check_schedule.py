"""The check that a run of the schedule has succeeded within the schedule's interval."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from check_schedule import handler as check

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:lake-pipeline"
MONDAY = dt.datetime(2026, 11, 16, 5, 0, tzinfo=dt.UTC)
WEEK, MINUTE = dt.timedelta(days=7), dt.timedelta(minutes=1)


class Aws:
    """The services that the function calls; it is also the client of Step Functions and of SNS."""

    def __init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
        self.dynamodb.create_table(
            TableName="leases",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "lease_name", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "lease_name", "AttributeType": "S"}],
        )
        self.executions: list[dict[str, Any]] = []
        self.sent: list[dict[str, str]] = []
        self.refuses_alerts = False

    def client(self, name: str) -> Any:
        return self.dynamodb if name == "dynamodb" else self

    def ran(self, start: dt.datetime, *, status: str = "SUCCEEDED", hours: float = 0.5, **given: Any) -> None:
        """Let an execution have run with this input."""
        self.executions.insert(
            0,
            {
                "executionArn": f"run-{len(self.executions)}",
                "name": f"run-{len(self.executions)}",
                "startDate": start,
                "stopDate": start + dt.timedelta(hours=hours),
                "status": status,
                "input": json.dumps(given),
            },
        )

    def list_executions(
        self, *, stateMachineArn: str, statusFilter: str, maxResults: int = 1000
    ) -> dict[str, Any]:
        assert stateMachineArn == MACHINE
        found = [each for each in self.executions if each["status"] == statusFilter]
        return {"executions": found[:maxResults]}

    def get_paginator(self, name: str) -> Aws:
        assert name == "list_executions"
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        return [self.list_executions(**asked)]

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        return next(each for each in self.executions if each["executionArn"] == executionArn)

    def publish(self, **message: str) -> None:
        if self.refuses_alerts:
            raise RuntimeError("no access")
        self.sent.append(message)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("LEASE_TABLE", "leases")
    monkeypatch.setenv("ALERT_TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:alerts")
    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        made = Aws()
        monkeypatch.setattr("check_schedule.handler.boto3.client", made.client)
        yield made


class _Context:
    function_name = "check"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:check"
    aws_request_id = "request"


def check_at(moment: dt.datetime) -> str:
    event = {"scheduled_at": moment.isoformat().replace("+00:00", "Z")}
    return check.handler(event, _Context())["result"]


def test_a_new_stack_raises_no_alert(aws: Aws) -> None:
    assert check_at(MONDAY) == "first"
    assert not aws.sent


@pytest.mark.parametrize("interval", [dt.timedelta(hours=1), dt.timedelta(days=1), WEEK, 4 * WEEK])
def test_the_interval_is_the_time_between_two_checks(aws: Aws, interval: dt.timedelta) -> None:
    check_at(MONDAY)
    aws.ran(MONDAY, hours=0.1)
    assert check_at(MONDAY + interval) == "succeeded"
    assert check_at(MONDAY + 2 * interval) == "missing"
    aws.ran(MONDAY + 2 * interval, hours=0.1)
    assert check_at(MONDAY + 3 * interval) == "succeeded"
    assert len(aws.sent) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"rebuild": "all"},
        {"playlists": ["a"]},
        {"playlists_uri": "s3://raw/drop/list"},
        {"dropped": {"bucket": {}, "object": {}}, "wait_for_other_runs": True},
    ],
)
def test_a_run_that_does_not_fetch_everything_hides_no_missing_run(aws: Aws, given: dict[str, Any]) -> None:
    check_at(MONDAY)
    aws.ran(MONDAY + MINUTE, **given)
    assert check_at(MONDAY + WEEK) == "missing"


@pytest.mark.parametrize("given", [{}, {"wait_for_other_runs": True}, {"snapshot_date": "2026-11-16"}])
def test_a_run_that_somebody_started_later_counts(aws: Aws, given: dict[str, Any]) -> None:
    check_at(MONDAY)
    aws.ran(MONDAY, status="FAILED")
    aws.ran(MONDAY + 100 * MINUTE, **given)
    assert check_at(MONDAY + WEEK) == "succeeded"


def test_a_success_before_the_schedule_was_due_does_not_count(aws: Aws) -> None:
    check_at(MONDAY)
    aws.ran(MONDAY - dt.timedelta(hours=2))
    assert check_at(MONDAY + WEEK) == "missing"


def test_a_run_that_ends_after_a_shorter_one_that_started_later_counts(aws: Aws) -> None:
    check_at(MONDAY)
    aws.ran(MONDAY - 60 * MINUTE, hours=20)
    aws.ran(MONDAY - 30 * MINUTE, hours=0.1)
    assert check_at(MONDAY + WEEK) == "succeeded"


def test_the_alert_says_what_is_missing_and_what_to_do(aws: Aws) -> None:
    aws.ran(MONDAY - dt.timedelta(days=1))
    check_at(MONDAY)
    aws.ran(MONDAY, status="RUNNING")
    check_at(MONDAY + WEEK)
    (alert,) = aws.sent
    assert alert["Subject"] == "spotify-lake: NoScheduledRun"
    assert alert["Message"].splitlines() == [
        "No scheduled run has succeeded since 2026-11-16 05:00:00 UTC.",
        "",
        "Reason: The schedule was due at 2026-11-16 05:00:00 UTC. Until 2026-11-23 05:00:00 UTC, when it was"
        " due again, no run that fetches all playlists succeeded. Execution run-1 is in progress.",
        "",
        "What to do first: Look at the executions in the console. Redrive the one that failed, or start one"
        " with {}. If there is none, check that the stack's schedule is enabled.",
        "",
        "Last run that succeeded: 2026-11-15 05:30:00 UTC",
        "Console: https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/statemachines/view/"
        f"{MACHINE}",
    ]


def test_an_event_that_is_delivered_twice_raises_one_alert(aws: Aws) -> None:
    check_at(MONDAY)
    assert check_at(MONDAY + WEEK) == "missing"
    assert check_at(MONDAY + WEEK) == "repeated"
    assert len(aws.sent) == 1


def test_a_check_whose_alert_is_refused_is_repeated(aws: Aws) -> None:
    check_at(MONDAY)
    aws.refuses_alerts = True
    with pytest.raises(RuntimeError, match="no access"):
        check_at(MONDAY + WEEK)
    aws.refuses_alerts = False
    assert check_at(MONDAY + WEEK) == "missing"
