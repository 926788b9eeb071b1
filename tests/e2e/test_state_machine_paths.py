"""The rarer paths of the deployed state machine, with stand-ins for the functions and the job behind it."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.aws import crawled_folders, glue_crawler
from infra.local.spotify_api import SpotifyApi
from infra.local.stack import open_stack
from tests.e2e.support import PARAMETERS, Pipeline

pytestmark = pytest.mark.e2e
# Short enough that 180 polls of the crawler, ten seconds apart, pass in a few seconds.
WAIT_SCALE = 0.001
COMPLETE = {
    "status": "COMPLETE",
    "api_mode": "extended",
    "playlists": {"fetched": 1, "unchanged": 0, "skipped": [], "skipped_total": 0},
    "calls": {"total": 1},
    "authorization": {"days_left": None},
    "drift": {},
}
CONTINUE = {"status": "CONTINUE", "cursor": {"round": 1}}
PUBLISHED = {"rows": {"tracks": 1}, "rejected": {}, "quality": {"rules": 1, "failed": []}}
FUNCTIONS = {"fetch": "FetchSpotify", "publish": "PublishCatalog"}
STAND_IN = """
import json
ANSWERS = json.loads({answers!r})
calls = 0
def handler(event, context):
    global calls
    answer = ANSWERS[min(calls, len(ANSWERS) - 1)]
    calls += 1
    if "raises" in answer:
        raise type(answer["raises"], (Exception,), {{}})(answer["message"])
    return answer
"""


def rate_limited(seconds: int) -> dict[str, str]:
    told = {"message": "Too many calls.", "retry_after_seconds": seconds, "blocked_until": 0}
    return {"raises": "RateLimited", "message": json.dumps(told)}


class Machine(Pipeline):
    """A deployed stack whose functions answer what a test tells them to."""

    def answer(self, which: str, *answers: dict[str, Any]) -> None:
        """Let a function give these answers, one a call, the last one for ever."""
        client = self.stack.aws.client("lambda")
        (found,) = (
            each for each in client.list_functions()["Functions"] if FUNCTIONS[which] in each["FunctionName"]
        )
        module, _, function = found["Handler"].rpartition(".")
        assert function == "handler"
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr(f"{module.replace('.', '/')}.py", STAND_IN.format(answers=json.dumps(answers)))
        client.update_function_code(FunctionName=found["FunctionName"], ZipFile=code.getvalue())

    def use_script(self, text: str) -> None:
        """Let the Glue job run this script."""
        job = self.stack.aws.client("glue").get_job(JobName=self.stack.outputs["NormalizeJobName"])["Job"]
        bucket, _, key = job["Command"]["ScriptLocation"].removeprefix("s3://").partition("/")
        self.stack.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())

    def take_lease(self, run_id: str, expires_at: int = 9_999_999_999) -> None:
        lease = {"S": "spotify_pipeline"}
        item = {"lease_name": lease, "run_id": {"S": run_id}, "expires_at": {"N": str(expires_at)}}
        self.stack.aws.client("dynamodb").put_item(TableName=self.lease_table, Item=item)

    def drop_lease(self) -> None:
        key = {"lease_name": {"S": "spotify_pipeline"}}
        self.stack.aws.client("dynamodb").delete_item(TableName=self.lease_table, Key=key)


@pytest.fixture(scope="module")
def deployed_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    lake = tmp_path_factory.mktemp("lake")
    with SpotifyApi() as spotify, open_stack(lake, wait_scale=WAIT_SCALE, parameters=PARAMETERS) as stack:
        yield Machine(stack, spotify)


@pytest.fixture
def machine(deployed_machine: Machine) -> Iterator[Machine]:
    deployed_machine.answer("fetch", COMPLETE)
    deployed_machine.answer("publish", PUBLISHED)
    deployed_machine.use_script("print('nothing to do')\n")
    yield deployed_machine
    assert deployed_machine.lease() is None, "a run left its lease behind"


@pytest.fixture
def crawl(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A crawl that goes on until the event is set."""
    may_end = threading.Event()
    find_tables = crawled_folders.find_tables

    def held(*arguments: Any) -> Any:
        may_end.wait(60)
        return find_tables(*arguments)

    monkeypatch.setattr(glue_crawler, "find_tables", held)
    yield may_end
    may_end.set()


def test_the_fetch_goes_round_until_it_is_complete(machine: Machine) -> None:
    machine.answer("fetch", CONTINUE, CONTINUE, COMPLETE)
    outcome = machine.run()
    assert outcome.error == "DailySummaryFailed"  # the stand-ins publish nothing
    assert machine.states().count("FetchSpotify") == 3
    assert "NormalizeToParquet" in machine.states()


def test_a_fetch_that_never_completes_is_ended(machine: Machine) -> None:
    machine.answer("fetch", CONTINUE)
    outcome = machine.run()
    assert outcome.error == "FetchTookTooLong"
    assert "after 200 rounds" in outcome.cause


def test_waits_add_up_and_end_at_the_bound(machine: Machine) -> None:
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
    outcome = execution.outcome()
    assert outcome.error == "LeaseLost"
    assert (machine.lease() or {})["run_id"] == {"S": "another-run"}
    machine.drop_lease()


def test_a_lease_that_a_dead_run_left_behind_frees_itself(machine: Machine) -> None:
    machine.take_lease("dead-run", expires_at=1_000)
    machine.run()
    assert "FetchSpotify" in machine.states()


def test_a_job_that_fails_is_told_with_its_last_line(machine: Machine) -> None:
    machine.use_script("raise RuntimeError('the disk is full')\n")
    outcome = machine.run()
    assert outcome.error == "NormalizeToParquetFailed"
    assert outcome.cause.startswith("RuntimeError: the disk is full")
    assert "/aws-glue/jobs" in outcome.cause


def test_a_crawl_that_is_running_is_waited_for_and_then_ours_runs(
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
    assert retried
    assert set(retried) == {"Glue.CrawlerRunningException"}
    crawls = glue.list_crawls(CrawlerName=machine.stack.outputs["CrawlerName"])["Crawls"]
    assert len(crawls) >= 2


def test_a_crawl_that_never_ends_is_not_waited_for_without_end(
    machine: Machine, crawl: threading.Event
) -> None:
    outcome = machine.run()
    crawl.set()
    assert outcome.error == "CrawlerTookTooLong"
    assert machine.states().count("GetCrawler") == 181


def test_a_crawl_that_somebody_stopped_is_told(machine: Machine, crawl: threading.Event) -> None:
    execution = machine.start()
    for step in execution.steps():
        if step.state == "WaitForCrawler" and step.kind == "entered" and not crawl.is_set():
            machine.stack.aws.client("glue").stop_crawler(Name=machine.stack.outputs["CrawlerName"])
            crawl.set()
    assert execution.outcome().error == "CrawlerFailed"


def test_a_job_that_published_nothing_is_told(machine: Machine) -> None:
    machine.answer("publish", {"raises": "ReportMissing", "message": "There is no s3://x/_published.json."})
    outcome = machine.run()
    assert (outcome.error, outcome.cause) == ("ReportMissing", "There is no s3://x/_published.json.")


def test_a_summary_that_fails_is_told_with_athenas_reason(machine: Machine) -> None:
    outcome = machine.run()
    assert outcome.error == "DailySummaryFailed"
    assert "daily_summary" in outcome.cause
    assert "The day is published" in outcome.cause
