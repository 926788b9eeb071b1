"""The rarer paths of the deployed state machine, with stand-ins for the functions and the job behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.aws import glue_crawler
from tests.e2e.stand_ins import COMPLETE, KNOWN, UNKNOWN, Machine
from tests.e2e.support import DAY

pytestmark = pytest.mark.e2e
CONTINUE = {"status": "CONTINUE", "cursor": {"round": 1}}


def rate_limited(seconds: int) -> dict[str, str]:
    cause = {"message": "Too many calls.", "retry_after_seconds": seconds, "blocked_until": 0}
    return {"raises": "RateLimited", "message": json.dumps(cause)}


@pytest.fixture
def crawl(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A crawl that runs until the event is set."""
    may_end = threading.Event()
    find_new_folders = glue_crawler.find_new_folders

    def held(*arguments: Any) -> Any:
        may_end.wait(60)
        return find_new_folders(*arguments)

    monkeypatch.setattr(glue_crawler, "find_new_folders", held)
    yield may_end
    may_end.set()


def test_the_fetch_is_called_until_it_is_complete(machine: Machine) -> None:
    machine.answer("fetch", CONTINUE, CONTINUE, COMPLETE)
    outcome = machine.run()
    assert outcome.error == "DailySummaryFailed"  # the stand-ins publish nothing
    assert machine.states().count("FetchSpotify") == 3
    assert "NormalizeToParquet" in machine.states()


def test_a_rebuild_starts_at_the_job_without_calling_spotify(machine: Machine) -> None:
    outcome = machine.run(rebuild="2026-11-01..2026-11-20")
    assert outcome.error == "DailySummaryFailed"  # the stand-ins publish nothing
    assert machine.states()[:4] == ["ResolveRun", "AcquireLease", "WhatNeedsTheLease", "NormalizeToParquet"]
    assert "FetchSpotify" not in machine.states()


def test_a_fetch_that_never_completes_is_stopped(machine: Machine) -> None:
    machine.answer("fetch", CONTINUE)
    outcome = machine.run()
    assert outcome.error == "FetchTookTooLong"
    assert "after 200 rounds" in outcome.cause


def test_waits_add_up_to_the_maximum(machine: Machine) -> None:
    machine.answer("fetch", rate_limited(40))
    outcome = machine.run(max_wait_seconds=100)
    assert outcome.error == "RateLimited"
    assert machine.states().count("WaitForSpotify") == 2
    assert "Too many calls." in outcome.cause
    assert "come to 120 s" in outcome.cause


def test_a_function_that_was_killed_is_called_again(machine: Machine) -> None:
    machine.answer("fetch", {"raises": "Sandbox.Timedout", "message": "timed out"}, COMPLETE)
    machine.run()
    assert [step.state for step in machine.steps if step.kind == "retried"] == ["FetchSpotify"]
    assert "NormalizeToParquet" in machine.states()


def test_a_run_that_lost_its_lease_writes_nothing(machine: Machine) -> None:
    machine.answer("fetch", rate_limited(10_000), COMPLETE)
    execution = machine.start()
    for step in execution.steps():
        if step.state == "WaitForSpotify" and step.kind == "entered":
            machine.take_lease("another-run")
            machine.answer("fetch", CONTINUE)
    outcome = machine.finish(execution)
    assert outcome.error == "LeaseLost"
    assert (machine.lease() or {})["run_id"] == {"S": "another-run"}
    machine.drop_lease()


def test_the_lease_of_a_dead_run_expires(machine: Machine) -> None:
    machine.take_lease("dead-run", expires_at=1_000)
    machine.run()
    assert "FetchSpotify" in machine.states()


def test_a_failed_job_is_reported_with_its_last_line(machine: Machine) -> None:
    machine.use_script("raise RuntimeError('the disk is full')\n")
    outcome = machine.run()
    assert outcome.error == "NormalizeToParquetFailed"
    assert outcome.cause.startswith("RuntimeError: the disk is full")
    assert "/aws-glue/jobs" in outcome.cause


def test_a_running_crawl_is_waited_for_before_a_new_one_starts(
    machine: Machine, crawl: threading.Event
) -> None:
    glue = machine.stack.aws.client("glue")
    glue.start_crawler(Name=machine.stack.outputs["CrawlerName"])
    execution = machine.start()
    retried = []
    for step in execution.steps():
        if step.state == "StartCrawler" and step.kind == "failed":
            crawl.set()
            retried.append(step.detail)
    machine.finish(execution)
    assert retried
    assert set(retried) == {"Glue.CrawlerRunningException"}
    crawls = glue.list_crawls(CrawlerName=machine.stack.outputs["CrawlerName"])["Crawls"]
    assert len(crawls) >= 2


def test_the_wait_for_a_crawl_is_limited(machine: Machine, crawl: threading.Event) -> None:
    outcome = machine.run()
    crawl.set()
    assert outcome.error == "CrawlerTookTooLong"
    assert "start an execution for the same snapshot_date (or rebuild)" in outcome.cause
    assert machine.states().count("GetCrawler") == 181


def test_a_stopped_crawl_is_reported(machine: Machine, crawl: threading.Event) -> None:
    execution = machine.start()
    for step in execution.steps():
        if step.state == "WaitForCrawler" and step.kind == "entered" and not crawl.is_set():
            machine.stack.aws.client("glue").stop_crawler(Name=machine.stack.outputs["CrawlerName"])
            crawl.set()
    assert machine.finish(execution).error == "CrawlerFailed"


def test_a_job_that_published_nothing_is_reported(machine: Machine) -> None:
    machine.answer("publish", {"raises": "ReportMissing", "message": "There is no s3://x/_published.json."})
    outcome = machine.run()
    assert (outcome.error, outcome.cause) == ("ReportMissing", "There is no s3://x/_published.json.")


def test_a_failed_summary_is_reported_with_athenas_reason(machine: Machine) -> None:
    outcome = machine.run()
    assert outcome.error == "DailySummaryFailed"
    assert "daily_summary" in outcome.cause
    assert "The day is published" in outcome.cause


def test_unknown_figures_are_null_in_the_output(machine: Machine) -> None:
    with machine.summary_of_nothing():
        outcome = machine.run(snapshot_date=DAY.isoformat())
    assert outcome.output is not None, outcome.cause
    assert outcome.output["summary"] == dict.fromkeys(KNOWN, "1") | dict.fromkeys(UNKNOWN)


def test_a_run_without_marts_has_no_report_and_says_why(machine: Machine) -> None:
    with machine.summary_of_nothing():
        outcome = machine.run(snapshot_date=DAY.isoformat())
    assert outcome.output is not None, outcome.cause
    assert outcome.output["report"]["status"] == "skipped"
    assert "marts, which this run did not build" in outcome.output["report"]["reason"]
    assert not any("report" in alert for alert in machine.alerts())
