"""The function: what it writes, skips, sends and answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from build_report.errors import PartitionMissing
from build_report.handler import handler
from common.events import InvalidEvent
from spotify_lake.contract.marts.playlists import PLAYLIST_DAILY
from spotify_lake.contract.tables import PLAYLISTS
from tests.unit.build_report.lake import CURATED, DAY, RAW, WritableLake

INDEX = f"reports/snapshot_date={DAY}/index.html"
LATEST = "reports/latest.html"
CONTEXT = SimpleNamespace(
    function_name="report", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="id"
)


@pytest.fixture(autouse=True)
def queue(lake: WritableLake, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A queue that is subscribed to the alert topic."""
    topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
    queue = boto3.resource("sqs").create_queue(QueueName="alerts")
    boto3.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue.attributes["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    variables = {
        "CURATED_BUCKET": CURATED,
        "RAW_BUCKET": RAW,
        "DATABASE": "spotify_lake",
        "GLUE_WORKERS": "2",
        "GLUE_EXECUTION_CLASS": "STANDARD",
        "REPORT_DIGEST": "daily",
        "ALERT_TOPIC_ARN": topic,
        "AWS_REGION": "eu-central-1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return queue


def call(**changes: Any) -> Any:
    event = {"run_id": "r", "snapshot_date": DAY, "is_rebuild": False, "with_marts": True}
    return handler({**event, **changes}, CONTEXT)


def sent(queue: Any) -> list[str]:
    return [message.body for message in queue.receive_messages(MaxNumberOfMessages=10)]


def test_the_page_is_written_for_the_day_and_as_the_latest(lake: WritableLake) -> None:
    lake.put_empty_day()
    answer = call()
    assert answer == {
        "status": "written",
        "uri": f"s3://{CURATED}/{INDEX}",
        "link": f"https://eu-central-1.console.aws.amazon.com/s3/object/{CURATED}?region=eu-central-1"
        f"&prefix=reports/snapshot_date%3D{DAY}/index.html",
        "is_latest": True,
        "verdict": f"No playlist was read on {DAY}; no quality rule was checked.",
        "digest": True,
    }
    assert lake.text(INDEX) == lake.text(LATEST)
    for key in (INDEX, LATEST):
        stored = lake.s3.head_object(Bucket=CURATED, Key=key)
        assert (stored["ContentType"], stored["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")
        assert "ContentEncoding" not in stored


def test_an_older_day_does_not_become_the_latest(lake: WritableLake, queue: Any) -> None:
    lake.put_empty_day()
    lake.put_object("reports/snapshot_date=2026-11-21/index.html", b"later")
    lake.put_object(LATEST, b"later")
    answer = call()
    assert (answer["is_latest"], answer["digest"]) == (False, False)
    assert lake.text(LATEST) == "later"
    assert DAY in lake.text(INDEX)
    assert sent(queue) == []


def test_the_digest_is_sent_once_per_day(lake: WritableLake, queue: Any) -> None:
    lake.put_empty_day()
    answers = [call(), call()]
    assert [answer["digest"] for answer in answers] == [True, False]
    (message,) = sent(queue)
    assert message.startswith(answers[0]["verdict"])
    assert answers[0]["link"] in message


@pytest.mark.parametrize("changes", [{"is_rebuild": True}, {"frequency": "none"}])
def test_no_digest_of_a_rebuild_or_without_the_parameter(
    lake: WritableLake, queue: Any, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    lake.put_empty_day()
    monkeypatch.setenv("REPORT_DIGEST", changes.pop("frequency", "daily"))
    assert call(**changes)["digest"] is False
    assert sent(queue) == []


def test_the_weekly_digest_is_sent_once_also_when_nothing_was_read_later_in_the_week(
    lake: WritableLake, queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_DIGEST", "weekly")
    lake.put_empty_day("2026-11-19")
    lake.put_empty_day()
    assert call()["digest"] is False
    assert sent(queue) == []


def test_a_run_without_marts_is_skipped_with_the_reason(lake: WritableLake) -> None:
    answer = call(with_marts=False)
    assert answer["status"] == "skipped"
    assert "marts" in answer["reason"]
    assert "Contents" not in lake.s3.list_objects_v2(Bucket=CURATED)


def test_a_day_without_marts_is_an_error_and_writes_nothing(lake: WritableLake) -> None:
    lake.put(PLAYLISTS, [])
    with pytest.raises(PartitionMissing, match=PLAYLIST_DAILY.name):
        call()
    assert "Contents" not in lake.s3.list_objects_v2(Bucket=CURATED, Prefix="reports/")


def test_an_event_without_a_day_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="snapshot_date"):
        call(snapshot_date=None)
