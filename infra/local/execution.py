"""Start an execution of the deployed state machine, as the console would, and follow it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import time
from collections.abc import Iterator
from typing import Any, Final, Literal

from explain_failure.failure import read_failure

_POLL_SECONDS: Final = 0.1
_MAX_POLL_SECONDS: Final = 1.0
_POLLED_EVENTS: Final = 5
_PAGE_EVENTS: Final = 1000
_RUNNING: Final = "RUNNING"
_FAILURES: Final = ("TaskFailed", "TaskTimedOut", "LambdaFunctionFailed", "LambdaFunctionTimedOut")
_ATTEMPTS: Final = ("TaskScheduled", "LambdaFunctionScheduled")
_ENDS: Final = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing that happened to an execution.

    Attributes:
        kind: `entered` and `left` a state, `failed` an attempt, `retried` a state after a failed attempt.
        state: the state's name.
        state_type: Task, Wait, Pass, Choice, Succeed or Fail.
        at: when, UTC.
        detail: the error of a failed attempt.
    """

    kind: Literal["entered", "left", "failed", "retried"]
    state: str
    state_type: str
    at: dt.datetime
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How an execution ended.

    Attributes:
        name: the execution's name, which is the run's id.
        status: SUCCEEDED, FAILED, ABORTED or TIMED_OUT.
        seconds: how long it took.
        output: its output, or None.
        error: the error's name as the alert gives it; "" when it succeeded.
        cause: the plain reason, likewise.
    """

    name: str
    status: str
    seconds: float
    output: dict[str, Any] | None
    error: str
    cause: str

    @property
    def succeeded(self) -> bool:
        """Whether the execution reached its Succeed state."""
        return self.status == "SUCCEEDED"


class Execution:
    """A started execution.

    Args:
        client: a Step Functions client.
        arn: the execution's ARN.
    """

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self.arn = arn
        self.name = arn.rsplit(":", 1)[-1]

    @classmethod
    def start(cls, client: Any, state_machine_arn: str, run_input: dict[str, Any], *, name: str) -> Execution:
        """Start an execution with an input, under a name of its own."""
        started = client.start_execution(
            stateMachineArn=state_machine_arn, name=name, input=json.dumps(run_input)
        )
        return cls(client, started["executionArn"])

    def steps(self) -> Iterator[Step]:
        """Yield what happens, as it happens, until the execution has ended."""
        reader = _HistoryReader()
        pause = _POLL_SECONDS
        while not reader.has_ended:
            events = self._history(after=reader.seen, page_size=_POLLED_EVENTS)
            yield from reader.new_steps(events)
            # Less and less often during a long state: polling takes time from the job.
            pause = _POLL_SECONDS if events else min(pause * 1.3, _MAX_POLL_SECONDS)
            time.sleep(pause)
        while self.is_running():  # its last event is there a moment before its status
            time.sleep(_POLL_SECONDS)

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return bool(self._describe()["status"] == _RUNNING)

    def completed_states(self) -> set[str]:
        """Return the states that have been left without a failure so far."""
        completed: set[str] = set()
        has_failed = False
        for step in _HistoryReader().new_steps(self._history()):
            if step.kind == "left" and not has_failed:
                completed.add(step.state)
            has_failed = step.kind == "failed"
        return completed

    def outcome(self) -> Outcome:
        """Return how it ended; call it after `steps` is exhausted."""
        described = self._describe()
        ended_well = described["status"] == "SUCCEEDED"
        failure = None if ended_well else read_failure(described["status"], self._history())
        return Outcome(
            name=self.name,
            status=described["status"],
            seconds=(
                described.get("stopDate", described["startDate"]) - described["startDate"]
            ).total_seconds(),
            output=json.loads(described["output"]) if described.get("output") else None,
            error=failure.error if failure else "",
            cause=failure.reason if failure else "",
        )

    def wait(self) -> Outcome:
        """Wait for its end and return how it ended."""
        for _ in self.steps():
            pass
        return self.outcome()

    def stop(self) -> None:
        """Stop it, as the console's button does."""
        self._client.stop_execution(executionArn=self.arn, error="Stopped", cause="Stopped by hand")

    def _describe(self) -> dict[str, Any]:
        description: dict[str, Any] = self._client.describe_execution(executionArn=self.arn)
        return description

    def _history(self, *, after: int = 0, page_size: int = _PAGE_EVENTS) -> list[dict[str, Any]]:
        """Return the events after one, oldest first; they are read newest first, so that no other is read."""
        events: list[dict[str, Any]] = []
        asked: dict[str, Any] = {"reverseOrder": True, "maxResults": page_size}
        while not events or events[-1]["id"] > after + 1:
            page = self._client.get_execution_history(executionArn=self.arn, **asked)
            events += page["events"]
            if not page.get("nextToken"):
                break
            asked["nextToken"] = page["nextToken"]
        return [event for event in reversed(events) if event["id"] > after]


class _HistoryReader:
    """Turns an execution's history, which is polled, into steps. Each step is returned once.

    Attributes:
        seen: the id of the last event that was read.
        has_ended: whether that event is the last of all.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.has_ended = False
        self._state = ""
        self._state_type = ""
        self._has_failed_attempt = False

    def new_steps(self, events: list[dict[str, Any]]) -> Iterator[Step]:
        for event in events:
            self.seen = event["id"]
            self.has_ended = event["type"] in _ENDS
            yield from self._read(event)

    def _read(self, event: dict[str, Any]) -> Iterator[Step]:
        kind, at = event["type"], event["timestamp"]
        if kind.endswith("StateEntered"):
            self._state = event["stateEnteredEventDetails"]["name"]
            self._state_type = kind.removesuffix("StateEntered")
            self._has_failed_attempt = False
            yield self._step("entered", at)
        elif kind.endswith("StateExited"):
            yield self._step("left", at)
        elif kind in _FAILURES:
            self._has_failed_attempt = True
            yield self._step("failed", at, _error_of(event))
        elif kind in _ATTEMPTS and self._has_failed_attempt:
            self._has_failed_attempt = False
            yield self._step("retried", at)

    def _step(
        self, kind: Literal["entered", "left", "failed", "retried"], at: dt.datetime, detail: str = ""
    ) -> Step:
        return Step(kind, self._state, self._state_type, at, detail)


def _error_of(event: dict[str, Any]) -> str:
    details = [value for key, value in event.items() if key.endswith("EventDetails")]
    return str(details[0].get("error", "")) if details else ""
