"""Check at each time of the schedule that a run of it has succeeded since the previous time.

Event: `common.events.ScheduledCheck`. A schedule with the same expression as that of the runs sends it. The
time between two checks is therefore the interval, whatever the expression is.
Returns `result`: `first` (there is no previous time yet), `repeated` (the time was checked before),
`succeeded`, or `missing` (an alert was sent).
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import boto3

from common.alerts import send_alert, utc_text
from common.console import state_machine_url
from common.events import ScheduledCheck, read_event
from common.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

_LONGEST_RUN: Final = dt.timedelta(days=3)  # TimeoutSeconds of the state machine
# A run with one of these in its input does not fetch, or fetches only some playlists.
_KEYS_OF_OTHER_RUNS: Final = ("rebuild", "playlists", "playlists_uri", "dropped")
_KEY: Final = {"lease_name": {"S": "schedule_check"}}


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Answer the schedule of the checks."""
    at = read_event(event, ScheduledCheck).scheduled_at
    dynamodb = boto3.client("dynamodb")
    previous = _previous_time(dynamodb)
    if previous is not None and previous >= at:  # EventBridge Scheduler may send an event twice
        return {"result": "repeated"}
    result = "first" if previous is None else _check(boto3.client("stepfunctions"), previous, at)
    # Stored last: if anything fails before, Lambda calls the function again and the check is repeated.
    item = {**_KEY, "scheduled_at": {"S": at.isoformat()}}
    dynamodb.put_item(TableName=os.environ["LEASE_TABLE"], Item=item)
    logger.info("schedule checked", extra={"scheduled_at": at.isoformat(), "result": result})
    return {"result": result}


def _previous_time(dynamodb: DynamoDBClient) -> dt.datetime | None:
    item = dynamodb.get_item(TableName=os.environ["LEASE_TABLE"], Key=_KEY, ConsistentRead=True).get("Item")
    return dt.datetime.fromisoformat(item["scheduled_at"]["S"]) if item else None


def _check(states: SFNClient, previous: dt.datetime, at: dt.datetime) -> str:
    last = next(_successes(states, since=previous - _LONGEST_RUN), None)
    if last is not None and last["stopDate"] >= previous:
        return "succeeded"
    send_alert(boto3.client("sns"), "NoScheduledRun", _message(states, previous, at, last))
    return "missing"


def _successes(states: SFNClient, since: dt.datetime) -> Iterator[ExecutionListItemTypeDef]:
    """Yield the executions that fetched everything and succeeded, the one that ended last first."""
    pages = states.get_paginator("list_executions").paginate(
        stateMachineArn=os.environ["STATE_MACHINE_ARN"], statusFilter="SUCCEEDED"
    )
    found = []
    for execution in (each for page in pages for each in page["executions"]):
        if execution["startDate"] < since:  # the list is ordered by the start
            break
        found.append(execution)
    for execution in sorted(found, key=lambda each: each["stopDate"], reverse=True):
        given = json.loads(states.describe_execution(executionArn=execution["executionArn"])["input"])
        if not any(given.get(key) for key in _KEYS_OF_OTHER_RUNS):
            yield execution


def _message(
    states: SFNClient, previous: dt.datetime, at: dt.datetime, last: ExecutionListItemTypeDef | None
) -> str:
    arn = os.environ["STATE_MACHINE_ARN"]
    running = states.list_executions(stateMachineArn=arn, statusFilter="RUNNING", maxResults=1)["executions"]
    progress = f" Execution {running[0]['name']} is in progress." if running else ""
    success = utc_text(last["stopDate"]) if last else f"none since {utc_text(previous - _LONGEST_RUN)}"
    return "\n".join(
        (
            f"No scheduled run has succeeded since {utc_text(previous)}.",
            "",
            f"Reason: The schedule was due at {utc_text(previous)}. Until {utc_text(at)}, when it was due"
            f" again, no run that fetches all playlists succeeded.{progress}",
            "",
            "What to do first: Look at the executions in the console. Redrive the one that failed, or start"
            " one with {}. If there is none, check that the stack's schedule is enabled.",
            "",
            f"Last run that succeeded: {success}",
            f"Console: {state_machine_url(arn)}",
        )
    )
