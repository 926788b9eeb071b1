"""Why an execution ended badly, in plain words, from its history: for alerts and for the command line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

_STATE_FAILED: Final = "States.TaskFailed"
_ENDS: Final = {
    "ExecutionFailed": "executionFailedEventDetails",
    "ExecutionAborted": "executionAbortedEventDetails",
    "ExecutionTimedOut": "executionTimedOutEventDetails",
}


@dataclasses.dataclass(frozen=True)
class Failure:
    """A bad end of an execution.

    Attributes:
        error: the error's name: the table in docs/operate.md lists them.
        reason: the plain reason.
        state: the state it ended in; "" when it entered none.
        is_redrivable: whether a redrive would do that state's work again. A Fail state only fails again.
    """

    error: str
    reason: str
    state: str
    is_redrivable: bool


def read_failure(status: str, events: Iterable[Mapping[str, Any]]) -> Failure:
    """Read how an execution ended.

    Args:
        status: FAILED, ABORTED or TIMED_OUT.
        events: its history or the last part of it, in any order.
    """
    newest_first = sorted(events, key=lambda event: event["id"], reverse=True)
    end = next((event for event in newest_first if event["type"] in _ENDS), None)
    details = end.get(_ENDS[end["type"]], {}) if end else {}
    entered = next(
        (
            event
            for event in newest_first
            if "stateEnteredEventDetails" in event and (end is None or event["id"] < end["id"])
        ),
        None,
    )
    state = entered["stateEnteredEventDetails"]["name"] if entered else ""
    error, reason = _words(status, details.get("error") or "", details.get("cause") or "", state)
    is_redrivable = entered is not None and entered["type"] != "FailStateEntered"
    return Failure(error, reason, state, is_redrivable)


def _words(status: str, error: str, cause: str, state: str) -> tuple[str, str]:
    if status == "ABORTED":
        said = ": ".join(filter(None, (error, cause)))
        return "RunAborted", f"Somebody stopped the run{f' ({said})' if said else ''}."
    if status == "TIMED_OUT":
        return "RunTimedOut", "The run took longer than the TimeoutSeconds of the state machine."
    name = f"{state}Failed" if error == _STATE_FAILED else error or status
    return name, _reason(cause) or (
        f"{name}: no further reason was given. The execution history shows the state that failed."
    )


def _reason(cause: str) -> str:
    """Each service wraps its reason in JSON of its own; what is not JSON is the reason itself."""
    try:
        answer = json.loads(cause)
    except ValueError:
        return cause
    if not isinstance(answer, dict):
        return cause
    if "errorMessage" in answer:
        return str(answer["errorMessage"])
    if "JobRunState" in answer:
        return _reason_of_a_job(answer)
    if "QueryExecution" in answer:
        return _reason_of_a_query(answer["QueryExecution"], cause)
    return cause


def _reason_of_a_job(run: Mapping[str, Any]) -> str:
    stack, _, _ = str(run.get("JobName", "")).rpartition("-")  # the template names jobs and groups so
    groups = f"/aws-glue/jobs/{stack}/"
    what = run.get("ErrorMessage") or f"The job run ended {run['JobRunState']}"
    return (
        f"{what.rstrip('.')}. What was published before stays readable."
        f" The logs of job run {run.get('Id', '')} are in {groups}output and {groups}error."
    )


def _reason_of_a_query(query: Mapping[str, Any], cause: str) -> str:
    reason = query.get("Status", {}).get("StateChangeReason")
    if reason:
        query_id = query.get("QueryExecutionId", "")
        return f"The day is published, but its summary query {query_id} failed: {reason}"
    return (
        "The day is published, but its summary query ended without success and gave no reason (somebody "
        f"cancelled it, say). Athena's answer: {cause}"
    )
