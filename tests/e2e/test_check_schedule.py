"""The check of the schedule, with the executions of a deployed state machine."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.e2e.stand_ins import Machine

pytestmark = pytest.mark.e2e


def test_only_a_run_that_fetches_everything_is_a_run_of_the_schedule(machine: Machine) -> None:
    now = dt.datetime.now(dt.UTC)
    yesterday, soon, later = ((now + dt.timedelta(minutes=each)).isoformat() for each in (-1440, -1, 1440))
    assert machine.call("check", {"scheduled_at": yesterday}) == {"result": "first"}
    with machine.summary_of_nothing():
        assert machine.run(rebuild="all").succeeded
        assert machine.call("check", {"scheduled_at": soon}) == {"result": "missing"}
        (alert,) = (each for each in machine.alerts() if each.startswith("No scheduled run has succeeded"))
        assert alert.endswith(machine.stack.outputs["StateMachineArn"])
        assert machine.run(wait_for_other_runs=True).succeeded
    assert machine.call("check", {"scheduled_at": later}) == {"result": "succeeded"}
