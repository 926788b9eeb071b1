"""Explain a failed run: free its lease and send one alert.

Event: EventBridge's "Step Functions Execution Status Change" with the status FAILED, ABORTED or TIMED_OUT;
its `detail` is `common.events.ExecutionEnded`.
This also covers what no state can catch: a stopped execution, a timeout, `States.Runtime`, oversize data.
Returns `error`, `state` and `lease` (whether it was freed).
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import ClientError

from common.alerts import send_alert, utc_text
from common.console import execution_url
from common.events import ExecutionEnded, read_event
from common.observability import logger

from .advice import first_thing_to_do
from .failure import Failure, read_failure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

_ENDED: Final = ("FAILED", "ABORTED", "TIMED_OUT")

# A redrive that is faster than this function takes the lease again, with a higher attempt. It is kept then.
LEASE_OF_THE_FAILED_ATTEMPT: Final = "run_id = :run_id AND attempt <= :attempt"


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer the rule *ExecutionFailed*."""
    ended = read_event(event["detail"], ExecutionEnded)
    states = boto3.client("stepfunctions")
    history = states.get_execution_history(
        executionArn=ended.execution_arn, reverseOrder=True, maxResults=1000, includeExecutionData=False
    )
    failure = read_failure(ended.status, history["events"])
    described = states.describe_execution(executionArn=ended.execution_arn)
    if described["status"] in _ENDED:
        lease = _free_lease(boto3.client("dynamodb"), ended.name, described.get("redriveCount", 0))
    else:
        lease = "kept: the execution was redriven in the meantime"
    last_success = _last_success(states, ended.state_machine_arn)
    logger.info("run failed", extra={"run_id": ended.name, "error": failure.error, "lease": lease})
    send_alert(boto3.client("sns"), failure.error, _message(ended, failure, lease, last_success))
    return {"error": failure.error, "state": failure.state, "lease": lease}


def _free_lease(dynamodb: DynamoDBClient, run_id: str, attempt: int) -> str:
    """Free the lease if the failed attempt holds it; return the result for the alert."""
    try:
        dynamodb.delete_item(
            TableName=os.environ["LEASE_TABLE"],
            Key={"lease_name": {"S": "spotify_pipeline"}},
            ConditionExpression=LEASE_OF_THE_FAILED_ATTEMPT,
            ExpressionAttributeValues={":run_id": {"S": run_id}, ":attempt": {"N": str(attempt)}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return "not held by this run"
        # The alert matters more than the lease, which expires by itself; the alert says so.
        logger.exception("the lease could not be freed")
        return f"not freed ({error}); it expires by itself"
    return "freed"


def _last_success(states: SFNClient, state_machine_arn: str) -> dt.datetime | None:
    found = states.list_executions(stateMachineArn=state_machine_arn, statusFilter="SUCCEEDED", maxResults=1)[
        "executions"
    ]
    return found[0]["stopDate"] if found else None


def _message(ended: ExecutionEnded, failure: Failure, lease: str, last_success: dt.datetime | None) -> str:
    where = f" in the state {failure.state}" if failure.state else ""
    redrive = (
        f"A redrive of the execution continues at {failure.state}."
        if failure.is_redrivable
        else "A redrive of this execution would only fail again: start a new one."
    )
    since = utc_text(last_success) if last_success else "none yet"
    return "\n".join(
        (
            f"Execution {ended.name} ended with {failure.error}{where}.",
            "",
            f"Reason: {failure.reason}",
            "",
            f"What to do first: {first_thing_to_do(failure.error)} {redrive}",
            "",
            f"Started: {_time_of(ended.start_date)}",
            f"Ended: {_time_of(ended.stop_date)}",
            f"Last run that succeeded: {since}",
            f"Lease: {lease}",
            f"Console: {execution_url(ended.execution_arn)}",
        )
    )


def _time_of(milliseconds: int) -> str:
    return utc_text(dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC))
