from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

from rich.console import Console

from infra.local.execution import Execution
from infra.local.progress import StateTimes, follow

START = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)


class FakeStepFunctions:
    """Returns one more slice of a history at each poll, with two events per page."""

    def __init__(self, events: list[dict[str, Any]], slices: list[int], status: str = "SUCCEEDED") -> None:
        self._status = status
        self._events = events
        self._slices = slices
        self._read = 0
        self._visible: list[dict[str, Any]] = []

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        done = self._read >= len(self._slices) - 1  # the history that is read next is the whole one
        output = {"output": '{"n": 1}'} if self._status == "SUCCEEDED" else {}
        return {"status": self._status if done else "RUNNING", "startDate": START, **output}

    def get_execution_history(
        self,
        executionArn: str,
        maxResults: int,
        nextToken: str = "0",
        reverseOrder: bool = False,
    ) -> dict[str, Any]:
        first = int(nextToken)
        if first == 0:
            self._visible = self._events[: self._slices[min(self._read, len(self._slices) - 1)]]
            self._read += 1
        in_order = self._visible[::-1] if reverseOrder else self._visible
        page: dict[str, Any] = {"events": in_order[first : first + 2]}
        if first + 2 < len(in_order):
            page["nextToken"] = str(first + 2)
        return page


def event(number: int, kind: str, second: int, **details: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "timestamp": START + dt.timedelta(seconds=second), **details}


HISTORY = [
    event(1, "ExecutionStarted", 0),
    event(2, "TaskStateEntered", 1, stateEnteredEventDetails={"name": "Fetch"}),
    event(3, "TaskScheduled", 1),
    event(4, "TaskFailed", 2, taskFailedEventDetails={"error": "SpotifyUnavailable"}),
    event(5, "TaskScheduled", 3),
    event(6, "TaskStateExited", 5, stateExitedEventDetails={"name": "Fetch"}),
    event(7, "PassStateEntered", 5, stateEnteredEventDetails={"name": "Count"}),
    event(8, "PassStateExited", 5, stateExitedEventDetails={"name": "Count"}),
    event(9, "TaskStateEntered", 6, stateEnteredEventDetails={"name": "Fetch"}),
    event(10, "TaskStateExited", 9, stateExitedEventDetails={"name": "Fetch"}),
    event(11, "ExecutionSucceeded", 9),
]


def steps_of(slices: list[int]) -> list[tuple[str, str, str]]:
    execution = Execution(FakeStepFunctions(HISTORY, slices), "arn:aws:states:x:y:execution:machine:run-1")
    return [(step.kind, step.state, step.detail) for step in execution.steps()]


def test_each_step_is_reported_once_however_often_the_history_is_read() -> None:
    assert steps_of([3, 3, 6, 11]) == steps_of([11])


def test_a_failed_attempt_and_its_retry_are_reported_with_the_error() -> None:
    assert steps_of([11])[:4] == [
        ("entered", "Fetch", ""),
        ("failed", "Fetch", "SpotifyUnavailable"),
        ("retried", "Fetch", ""),
        ("left", "Fetch", ""),
    ]


def test_the_outcome_has_the_executions_output_and_name() -> None:
    execution = Execution(FakeStepFunctions(HISTORY, [11]), "arn:aws:states:x:y:execution:machine:run-1")
    outcome = execution.wait()
    assert (outcome.name, outcome.succeeded, outcome.output) == ("run-1", True, {"n": 1})


def test_a_state_is_completed_when_it_was_left_without_a_failure() -> None:
    fails = [
        event(12, "TaskStateEntered", 10, stateEnteredEventDetails={"name": "Publish"}),
        event(13, "TaskFailed", 11, taskFailedEventDetails={"error": "ViewNotCreated"}),
        event(14, "TaskStateExited", 11, stateExitedEventDetails={"name": "Publish"}),
    ]
    arn = "arn:aws:states:x:y:execution:machine:run-1"
    execution = Execution(FakeStepFunctions([*HISTORY[:10], *fails], [13]), arn)
    assert execution.completed_states() == {"Fetch", "Count"}


def test_a_states_times_add_up_over_its_rounds_and_passing_states_do_not_count() -> None:
    times = StateTimes()
    execution = Execution(FakeStepFunctions(HISTORY, [11]), "arn:aws:states:x:y:execution:machine:run-1")
    for step in execution.steps():
        times.add(step)
    assert times.seconds == {"Fetch": 7.0}
    assert (times.entered["Fetch"], times.retries["Fetch"]) == (2, 1)


def shown(history: list[dict[str, Any]]) -> list[str]:
    screen = io.StringIO()
    client = FakeStepFunctions(history, [len(history)])
    execution = Execution(client, "arn:aws:states:x:y:execution:machine:run-1")
    follow(execution.steps(), Console(file=screen, width=100))
    return [line.split(" s  ", 1)[-1].strip() for line in screen.getvalue().splitlines()]


def test_an_uncaught_failure_of_a_state_is_shown_once() -> None:
    end = event(7, "ExecutionFailed", 5)
    assert shown([*HISTORY[:4], end]) == ["! Fetch: SpotifyUnavailable", "✗ Fetch"]
    assert shown([*HISTORY[:4], HISTORY[5], end]) == ["! Fetch: SpotifyUnavailable", "✗ Fetch 4.0 s"]


def test_a_failure_is_described_as_in_its_alert() -> None:
    failed = event(5, "ExecutionFailed", 3)
    cause = json.dumps({"errorMessage": "Nobody answered.", "errorType": "SpotifyUnavailable"})
    failed["executionFailedEventDetails"] = {"error": "SpotifyUnavailable", "cause": cause}
    client = FakeStepFunctions([*HISTORY[:4], failed], [5], status="FAILED")
    outcome = Execution(client, "arn:aws:states:x:y:execution:machine:run-1").wait()
    assert (outcome.error, outcome.cause) == ("SpotifyUnavailable", "Nobody answered.")
