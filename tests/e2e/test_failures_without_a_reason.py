"""Failures without a reason, or with one inside JSON: the operator still reads a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from moto.dynamodb.models import DynamoDBBackend

from infra.local.execution import Outcome
from tests.e2e.stand_ins import Machine
from tests.e2e.support import DAY

pytestmark = pytest.mark.e2e
PATIENCE_SECONDS = 30
FIGURES = (
    *("playlists", "items", "tracks", "albums", "artists", "episodes", "local_files", "hours"),
    *("explicit_percent", "rejected_records", "most_listed_artist"),
)
NUMBERS = "unnest(sequence(1, 10000))"  # Trino makes no longer ones
ENDLESS = f"FROM {NUMBERS} a(x), {NUMBERS} b(y), {NUMBERS} c(z) WHERE x * y % 7 = z"


def create_summary(machine: Machine, day: str, source: str = "") -> None:
    """Create the view daily_summary with one row for this day, counting the source's rows."""
    figures = ", ".join(f"count(*) AS {name}" for name in FIGURES)
    machine.query(
        f"CREATE OR REPLACE VIEW daily_summary AS SELECT {figures}, '{day}' AS snapshot_date {source}"
    )


def run_and_interrupt(machine: Machine, state: str, interrupt: Callable[[], object]) -> Outcome:
    """Run an execution of the day and do something when it enters a state."""
    execution = machine.start(snapshot_date=DAY.isoformat())
    for step in execution.steps():
        if step.state == state and step.kind == "entered":
            interrupt()
    return machine.finish(execution)


def one_of(found: Callable[[], list[str]]) -> str:
    """Wait until there is a value."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for each in found():
            return each
        time.sleep(0.05)
    raise AssertionError("nothing was started")


def test_a_lease_whose_holder_ends_before_it_is_read_is_reported(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_item = DynamoDBBackend.get_item

    def get_item_after_the_other_run(*arguments: Any, **settings: Any) -> Any:
        machine.drop_lease()
        return get_item(*arguments, **settings)

    monkeypatch.setattr(DynamoDBBackend, "get_item", get_item_after_the_other_run)
    machine.take_lease("another-run")
    outcome = machine.run()
    assert outcome.error == "RunInProgress"
    assert outcome.cause == "Another run held the lease when this one started. Start again."
    assert "FetchSpotify" not in machine.states()


def test_a_function_that_fails_without_a_message_is_reported_with_its_errors_name(machine: Machine) -> None:
    machine.answer("publish", {"raises": "MemoryError", "message": ""})
    outcome = machine.run()
    assert outcome.error == "MemoryError"
    assert outcome.cause.startswith("MemoryError: no further reason was given.")


def test_a_function_that_times_out_is_reported_with_lambdas_message(machine: Machine) -> None:
    machine.answer("publish", {"sleeps": 60})
    before = machine.set_timeout("publish", 1)
    outcome = machine.run()
    machine.set_timeout("publish", before)
    assert outcome.error == "Sandbox.Timedout"
    assert outcome.cause.startswith("RequestId: ")
    assert outcome.cause.endswith("Task timed out after 1.00 seconds")


def test_a_stopped_job_is_reported(machine: Machine) -> None:
    machine.use_script("import time\ntime.sleep(600)\n")
    glue, job = machine.stack.aws.client("glue"), machine.stack.outputs["NormalizeJobName"]

    def running() -> list[str]:
        runs = glue.get_job_runs(JobName=job)["JobRuns"]
        return [run["Id"] for run in runs if run["JobRunState"] == "RUNNING"]

    outcome = run_and_interrupt(
        machine,
        "NormalizeToParquet",
        lambda: glue.batch_stop_job_run(JobName=job, JobRunIds=[one_of(running)]),
    )
    assert outcome.error == "NormalizeToParquetFailed"
    assert (
        "ended STOPPED, not by an error of its own. What was published before stays readable" in outcome.cause
    )


def test_a_canceled_summary_is_reported(machine: Machine) -> None:
    create_summary(machine, DAY.isoformat(), ENDLESS)
    athena = machine.stack.aws.client("athena")

    def running() -> list[str]:
        ids = athena.list_query_executions()["QueryExecutionIds"]
        queries = [athena.get_query_execution(QueryExecutionId=each)["QueryExecution"] for each in ids]
        return [each["QueryExecutionId"] for each in queries if each["Status"]["State"] == "RUNNING"]

    outcome = run_and_interrupt(
        machine, "DailySummary", lambda: athena.stop_query_execution(QueryExecutionId=one_of(running))
    )
    machine.query("DROP VIEW daily_summary")
    assert outcome.error == "DailySummaryFailed"
    assert outcome.cause.startswith("The day is published, but its summary query ")
    assert outcome.cause.endswith("failed: Query cancelled by user")


def test_a_summary_without_a_row_of_the_day_is_reported(machine: Machine) -> None:
    create_summary(machine, "1999-01-01")
    outcome = machine.run(snapshot_date=DAY.isoformat())
    machine.query("DROP VIEW daily_summary")
    assert outcome.error == "DailySummaryFailed"
    assert outcome.cause == f"The day is published, but the view daily_summary has no row for {DAY}."
