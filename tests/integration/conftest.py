"""The local AWS for a module's tests, and helpers to run state machines in it."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from infra.local.aws import LocalAws
from infra.local.spotify_api import SpotifyApi, SpotifyApiOptions
from tests.integration.fetch_support import DAY

ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ROLE = "arn:aws:iam::123456789012:role/any"


class Outcome(NamedTuple):
    """How an execution ended."""

    status: str
    error: str | None
    cause: str | None
    output: Any


RunStates = Callable[..., Outcome]


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS with all patches of moto, for a module's tests. A state machine's minute takes 0.6 s."""
    with LocalAws(tmp_path_factory.mktemp("lake"), wait_scale=0.01) as aws:
        yield aws


@pytest.fixture
def play() -> Iterator[Callable[..., SpotifyApi]]:
    """Start local Spotifys with options, on the tests' day; all are stopped at the end."""
    with contextlib.ExitStack() as stack:

        def start(**options: Any) -> SpotifyApi:
            return stack.enter_context(
                SpotifyApi(SpotifyApiOptions(**{"day": dt.date.fromisoformat(DAY), **options}))
            )

        yield start


@pytest.fixture
def run_states(local_aws: LocalAws) -> RunStates:
    """Run states as a state machine, the first one first, and wait for the end."""
    return functools.partial(_run, local_aws, {})


@pytest.fixture
def run_jsonata(local_aws: LocalAws) -> RunStates:
    """The same for states in JSONata."""
    return functools.partial(_run, local_aws, {"QueryLanguage": "JSONata"})


def _run(
    aws: LocalAws, head: dict[str, Any], states: dict[str, Any], execution_input: Any = None, **start: str
) -> Outcome:
    client = aws.client("stepfunctions")
    machine = client.create_state_machine(
        name=f"machine-{time.time_ns()}",
        definition=json.dumps({**head, "StartAt": next(iter(states)), "States": states}),
        roleArn=ROLE,
    )
    arn = client.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps(execution_input or {}), **start
    )["executionArn"]
    return finished(aws, arn)


def finished(aws: LocalAws, execution_arn: str, *, within: float = 20.0) -> Outcome:
    """Wait until an execution has ended."""
    client = aws.client("stepfunctions")
    deadline = time.monotonic() + within
    while (execution := client.describe_execution(executionArn=execution_arn))["status"] == "RUNNING":
        assert time.monotonic() < deadline, f"{execution_arn} still runs after {within} s"
        time.sleep(0.02)
    output = execution.get("output")
    return Outcome(
        execution["status"],
        execution.get("error"),
        execution.get("cause"),
        json.loads(output) if output else None,
    )
