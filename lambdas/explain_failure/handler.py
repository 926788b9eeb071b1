"""Explain a run that ended badly: free its lease and send one alert.

Event: EventBridge's "Step Functions Execution Status Change" with the status FAILED, ABORTED or TIMED_OUT.
This also covers what no state can catch: a stopped execution, a timeout, `States.Runtime`, oversize data.
Returns `error`, `state` and `lease` (what became of it).
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import ClientError

from common.observability import logger

from .advice import first_thing_to_do
from .failure import Failure, read_failure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

_ENDED: Final = ("FAILED", "ABORTED", "TIMED_OUT")
_LONGEST_SUBJECT: Final = 100
_CONSOLES: Final = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}

# A redrive that is faster than this function takes the lease again with a higher attempt: it is then kept.
LEASE_OF_THE_FAILED_ATTEMPT: Final = "run_id = :run_id AND attempt <= :attempt"


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer the rule *RunEndedBadly*."""
    detail = event["detail"]
    arn, run_id = detail["executionArn"], detail["name"]
    states = boto3.client("stepfunctions")
    history = states.get_execution_history(
        executionArn=arn, reverseOrder=True, maxResults=1000, includeExecutionData=False
    )
    failure = read_failure(detail["status"], history["events"])
    described = states.describe_execution(executionArn=arn)
    if described["status"] in _ENDED:
        lease = _free_lease(boto3.client("dynamodb"), run_id, described.get("redriveCount", 0))
    else:
        lease = "kept: the execution was redriven in the meantime"
    last_success = _last_success(states, detail["stateMachineArn"])
    logger.info("run ended badly", extra={"run_id": run_id, "error": failure.error, "lease": lease})
    boto3.client("sns").publish(
        TopicArn=os.environ["ALERT_TOPIC_ARN"],
        Subject=f"spotify-lake: {failure.error}"[:_LONGEST_SUBJECT],
        Message=_message(detail, failure, lease, last_success),
    )
    return {"error": failure.error, "state": failure.state, "lease": lease}


def _free_lease(dynamodb: DynamoDBClient, run_id: str, attempt: int) -> str:
    """Free the lease if the failed attempt holds it; return what became of it."""
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


def _message(detail: dict[str, Any], failure: Failure, lease: str, last_success: dt.datetime | None) -> str:
    where = f" in the state {failure.state}" if failure.state else ""
    redrive = (
        f"A redrive of the execution goes on at {failure.state}."
        if failure.is_redrivable
        else "A redrive of this execution would only fail again: start a new one."
    )
    since = _time(last_success) if last_success else "none yet"
    return "\n".join(
        (
            f"Execution {detail['name']} ended with {failure.error}{where}.",
            "",
            f"Reason: {failure.reason}",
            "",
            f"What to do first: {first_thing_to_do(failure.error)} {redrive}",
            "",
            f"Started: {_time_of(detail['startDate'])}",
            f"Ended: {_time_of(detail['stopDate'])}",
            f"Last run that succeeded: {since}",
            f"Lease: {lease}",
            f"Console: {_console(detail['executionArn'])}",
        )
    )


def _time_of(milliseconds: int) -> str:
    return _time(dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC))


def _time(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _console(execution_arn: str) -> str:
    _, partition, _, region, *_ = execution_arn.split(":")
    host = _CONSOLES.get(partition, "console.aws.amazon.com")
    return f"https://{region}.{host}/states/home?region={region}#/v2/executions/details/{execution_arn}"
