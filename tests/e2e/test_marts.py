"""The state BuildMarts: after the tables, alone, failing, and redriven.

`test_state_machine_paths` has a stack that switches it off.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.stand_ins import COMPLETE, PUBLISHED, Machine, deploy_machine
from tests.e2e.support import DAY, PARAMETERS

pytestmark = pytest.mark.e2e
WORKS = "print('nothing to do')\n"
FAILS = "raise RuntimeError('the marts are not right')\n"


@pytest.fixture(scope="module")
def deployed_with_marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with deploy_machine(tmp_path_factory.mktemp("lake"), PARAMETERS) as machine:
        yield machine


@pytest.fixture
def machine(deployed_with_marts: Machine) -> Iterator[Machine]:
    deployed_with_marts.answer("fetch", COMPLETE)
    deployed_with_marts.answer("publish", PUBLISHED)
    for job in ("NormalizeJobName", "BuildMartsJobName"):
        deployed_with_marts.use_script(WORKS, job)
    yield deployed_with_marts
    assert deployed_with_marts.lease() is None, "a run left its lease behind"


def test_the_marts_are_built_between_the_tables_and_the_crawl(machine: Machine) -> None:
    machine.run()
    states = machine.states()
    assert states[states.index("NormalizeToParquet") :][:5] == [
        "NormalizeToParquet",
        "IsJobDone",
        "BuildMarts",
        "IsJobDone",
        "StartCrawler",
    ]


def test_a_rebuild_of_the_marts_begins_with_them(machine: Machine) -> None:
    machine.use_script(FAILS, "NormalizeJobName")
    machine.run(rebuild="all", tables=["marts"])
    assert machine.states()[2:6] == ["WhatNeedsTheLease", "BuildMarts", "IsJobDone", "StartCrawler"]


def test_a_report_that_cannot_be_built_is_a_warning_and_the_run_succeeds(machine: Machine) -> None:
    with machine.summary_of_nothing():
        outcome = machine.run(snapshot_date=DAY.isoformat())
    assert outcome.output is not None, outcome.cause
    report = outcome.output["report"]
    assert report["status"] == "failed"
    assert report["reason"].startswith(f"PartitionMissing: playlist_daily has no partition of {DAY}")
    (alert,) = (
        each for each in machine.alerts() if each.startswith(f"The report of {DAY} could not be built")
    )
    assert report["reason"] in alert


def test_marts_that_fail_end_the_run_and_a_redrive_goes_on_with_them(machine: Machine) -> None:
    machine.use_script(FAILS, "BuildMartsJobName")
    execution = machine.start()
    outcome = machine.finish(execution)
    assert outcome.error == "BuildMartsFailed"
    assert outcome.cause.startswith("RuntimeError: the marts are not right")
    entered = len(machine.states())
    machine.use_script(WORKS, "BuildMartsJobName")
    machine.stack.aws.client("stepfunctions").redrive_execution(executionArn=execution.arn)
    machine.steps = list(execution.steps())
    assert machine.stack.aws.wait_for_work(timeout=30)
    assert machine.states()[entered:][:6] == [
        "BuildMarts",
        "WasRedriven",
        "AcquireLease",
        "WhatNeedsTheLease",
        "BuildMarts",
        "IsJobDone",
    ]


def test_marts_that_somebody_stopped_are_named(machine: Machine) -> None:
    machine.use_script("import time\ntime.sleep(600)\n", "BuildMartsJobName")
    execution = machine.start()
    glue, name = machine.stack.aws.client("glue"), machine.stack.outputs["BuildMartsJobName"]
    for step in execution.steps():
        if (step.kind, step.state) == ("entered", "BuildMarts"):
            while not (runs := glue.get_job_runs(JobName=name)["JobRuns"]):
                pass
            glue.batch_stop_job_run(JobName=name, JobRunIds=[run["Id"] for run in runs])
    outcome = machine.finish(execution)
    assert outcome.error == "BuildMartsFailed"
    assert "ended STOPPED" in outcome.cause
