"""The message about a run that was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from infra.local.execution import Execution
from infra.local.stack import Stack
from infra.local.stopped import stop
from spotify_lake.publishing.run_report import RunReport


class StoppedExecution:
    """An execution named run-1 that was stopped after these states."""

    name = "run-1"

    def __init__(self, *completed: str) -> None:
        self._completed = set(completed)
        self.is_stopped = False

    def stop(self) -> None:
        self.is_stopped = True

    def completed_states(self) -> set[str]:
        return self._completed


@pytest.fixture
def stack() -> Iterator[Any]:
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="curated")
        client = lambda service: boto3.client(service, region_name="us-east-1")  # noqa: E731
        yield SimpleNamespace(aws=SimpleNamespace(client=client), outputs={"CuratedBucketName": "curated"})


def put(stack: Any, key: str, day: str) -> None:
    body = RunReport("run-1", day, published_at="", tables={"tracks": 1200, "albums": 34}).to_json()
    stack.aws.client("s3").put_object(Bucket="curated", Key=key, Body=body)


def message(stack: Any, *completed: str) -> str:
    execution = StoppedExecution(*completed)
    line = str(stop(cast("Stack", stack), cast("Execution", execution)))
    assert execution.is_stopped
    return line


def test_nothing_was_published(stack: Any) -> None:
    put(stack, "_runs/snapshot_date=2026-11-20/run_id=an-earlier-run/_published.json", "2026-11-20")
    assert message(stack, "FetchSpotify") == (
        "Stopped. Nothing was published. What was fetched is kept: the next run continues from it."
    )


def test_a_day_was_published_and_the_catalog_was_not(stack: Any) -> None:
    put(stack, "_runs/snapshot_date=2026-11-20/run_id=run-1/_published.json", "2026-11-20")
    assert message(stack, "FetchSpotify", "NormalizeToParquet") == (
        "Stopped. 2026-11-20 (2 tables, 1,234 rows) was published. The catalog and the views are not up to"
        " date: `make rebuild DAYS=2026-11-20` updates them."
    )


def test_a_day_and_the_catalog_were_published(stack: Any) -> None:
    put(stack, "_runs/snapshot_date=2026-11-20/run_id=run-1/_published.json", "2026-11-20")
    assert message(stack, "NormalizeToParquet", "PublishCatalog").endswith(
        "was published. The catalog and the views are up to date."
    )


def test_some_days_of_a_rebuild_were_published_and_one_in_part(stack: Any) -> None:
    for day in ("2026-11-20", "2026-11-21"):
        put(stack, f"_runs/snapshot_date={day}/run_id=run-1/_published.json", day)
    put(stack, "_staging/run_id=run-1/_commit.json", "2026-11-22")
    assert message(stack) == (
        "Stopped. 2026-11-20 to 2026-11-21 (2 days, 2,468 rows) were published. The catalog and the"
        " views are not up to date: `make rebuild DAYS=2026-11-21` updates them. Publishing 2026-11-22 was"
        " under way: some of its tables may be new and others not. The next run finishes it."
    )
