"""A redriven run continues where it failed, and never writes while another run does.

Moto has no RedriveExecution: `infra/local/aws/step_functions_executions.py` adds it as AWS describes it:
from the state that failed, with the same name and variables and a higher RedriveCount.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from infra.local.execution import Execution, Outcome
from tests.e2e.stand_ins import COMPLETE, Machine
from tests.e2e.support import DAY

pytestmark = pytest.mark.e2e
FAILS = {"raises": "SpotifyAccessRefused", "message": "No Premium."}
FAILED_JOB = "raise RuntimeError('the disk is full')\n"


def redrive(machine: Machine, execution: Execution) -> None:
    machine.stack.aws.client("stepfunctions").redrive_execution(executionArn=execution.arn)


def fail(machine: Machine) -> Execution:
    """An execution whose job fails, and which was explained."""
    machine.use_script(FAILED_JOB)
    execution = machine.start(snapshot_date=DAY.isoformat())
    assert machine.finish(execution).error == "NormalizeToParquetFailed"
    machine.use_script("print('nothing to do')\n")
    return execution


def finish_again(machine: Machine, execution: Execution) -> Outcome:
    """Wait for the end of a redriven execution. Both of its failures have been explained."""
    states = len(machine.states())
    machine.steps = list(execution.steps())
    assert machine.stack.aws.wait_for_work(timeout=30)
    machine.steps = [step for step in machine.steps if step.kind == "entered"][states:]
    return execution.outcome()


def test_a_redrive_takes_the_lease_again_before_it_writes(machine: Machine) -> None:
    execution = fail(machine)
    assert machine.lease() is None
    redrive(machine, execution)
    outcome = finish_again(machine, execution)
    assert machine.states()[:5] == [
        "NormalizeToParquet",
        "WasRedriven",
        "AcquireLease",
        "WhatNeedsTheLease",
        "NormalizeToParquet",
    ]
    assert "FetchSpotify" not in machine.states()
    assert outcome.error == "DailySummaryFailed"  # the stand-ins publish nothing


def test_a_redrive_during_another_run_writes_nothing(machine: Machine) -> None:
    execution = fail(machine)
    machine.take_lease("another-run")
    redrive(machine, execution)
    outcome = finish_again(machine, execution)
    assert outcome.error == "RunInProgress"
    assert "another-run" in outcome.cause
    assert machine.states() == [
        "NormalizeToParquet",
        "WasRedriven",
        "AcquireLease",
        "ReadLeaseHolder",
        "MayWaitForLease",
        "RunFailed",
    ]
    assert (machine.lease() or {})["run_id"] == {"S": "another-run"}
    machine.drop_lease()


def test_a_new_run_during_a_redriven_one_is_refused(machine: Machine) -> None:
    execution = fail(machine)
    machine.use_script("import time\ntime.sleep(5)\n")
    redrive(machine, execution)
    refused: Outcome | None = None
    for step in execution.steps():
        if refused is None and (step.kind, step.state) == ("entered", "WhatNeedsTheLease"):
            lease = machine.lease() or {}
            if lease.get("attempt") == {"N": "1"}:
                other = machine.start()
                list(other.steps())
                refused = other.outcome()
    assert refused is not None
    assert refused.error == "RunInProgress"
    assert execution.name in refused.cause
    assert machine.stack.aws.wait_for_work(timeout=30)


def test_a_fetch_is_redriven_where_it_failed(machine: Machine) -> None:
    machine.answer("fetch", FAILS)
    execution = machine.start(snapshot_date=DAY.isoformat())
    assert machine.finish(execution).error == "SpotifyAccessRefused"
    machine.answer("fetch", COMPLETE)
    redrive(machine, execution)
    finish_again(machine, execution)
    assert machine.states()[1:4] == ["WasRedriven", "AcquireLease", "WhatNeedsTheLease"]
    assert machine.states()[4:6] == ["FetchSpotify", "IsFetchComplete"]


def test_a_running_execution_cannot_be_redriven(machine: Machine) -> None:
    machine.use_script("import time\ntime.sleep(2)\n")
    execution = machine.start()
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        redrive(machine, execution)
    machine.finish(execution)


def test_a_stopped_run_is_reported_and_frees_its_lease(machine: Machine) -> None:
    machine.use_script("import time\ntime.sleep(600)\n")
    execution = machine.start()
    for step in execution.steps():
        if (step.kind, step.state) == ("entered", "NormalizeToParquet"):
            assert machine.lease() is not None
            execution.stop()
    outcome = machine.finish(execution)
    assert (outcome.status, outcome.error) == ("ABORTED", "RunAborted")
    assert outcome.cause == "Somebody stopped the run (Stopped: Stopped by hand)."
    assert "in the state NormalizeToParquet." in machine.alerts()[-1]
    assert "\nLease: freed\n" in machine.alerts()[-1]


def test_an_oversize_answer_is_reported_and_frees_the_lease(machine: Machine) -> None:
    machine.answer("publish", {"snapshot_date": DAY.isoformat(), "rows": {"tracks": "x" * 300_000}})
    outcome = machine.run()
    assert outcome.error == "States.DataLimitExceeded"
    assert "\nLease: freed\n" in machine.alerts()[-1]


def test_a_timed_out_run_is_reported_and_frees_its_lease(machine: Machine, short_timeout: None) -> None:
    machine.use_script("import time\ntime.sleep(600)\n")
    outcome = machine.run()
    assert (outcome.status, outcome.error) == ("TIMED_OUT", "RunTimedOut")
    assert "\nLease: freed\n" in machine.alerts()[-1]


@pytest.fixture
def short_timeout(machine: Machine) -> Iterator[None]:
    """The state machine with an execution's timeout reduced to a few seconds."""
    client, arn = machine.stack.aws.client("stepfunctions"), machine.stack.outputs["StateMachineArn"]
    before = client.describe_state_machine(stateMachineArn=arn)["definition"]
    definition = {**json.loads(before), "TimeoutSeconds": 8}
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))
    yield
    client.update_state_machine(stateMachineArn=arn, definition=before)
