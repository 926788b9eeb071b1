"""Run state machines in a local AWS, and pack code for its functions."""

from __future__ import annotations

import io
import json
import re
import textwrap
import time
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

from infra.local.aws import LocalAws

ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ROLE = "arn:aws:iam::123456789012:role/any"


class Outcome(NamedTuple):
    """How an execution ended."""

    status: str
    error: str | None
    cause: str | None
    output: Any


RunStates = Callable[..., Outcome]


def run_machine(
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


def archive(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, text in files.items():
            opened.writestr(name, textwrap.dedent(text))
    return packed.getvalue()
