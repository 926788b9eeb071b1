"""Failures behind the fetch: the job, the crawler, the catalog, the summary. The lake stays readable."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from spotify_lake import raw_zone
from tests.e2e.support import DAY, Pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.spark]


@pytest.fixture(scope="module")
def first_run(deployed: Pipeline) -> dict[str, Any]:
    outcome = deployed.run(snapshot_date=DAY.isoformat())
    assert outcome.succeeded, outcome
    assert outcome.output is not None
    return outcome.output


def rows(pipeline: Pipeline) -> int:
    return int(pipeline.query("SELECT count(*) FROM playlist_items")[0][0] or -1)


def test_a_raw_object_that_lost_a_line_fails_the_job_before_anything_is_published(
    pipeline: Pipeline, first_run: dict[str, Any]
) -> None:
    s3, bucket = pipeline.stack.aws.client("s3"), pipeline.stack.outputs["RawBucketName"]
    key = raw_zone.manifest_key(DAY.isoformat(), first_run["run_id"])
    manifest = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    damaged = next(entry for entry in manifest["playlists"] if entry["rows"] > 1)["objects"][0]["key"]
    whole = s3.get_object(Bucket=bucket, Key=damaged)["Body"].read()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    s3.put_object(Bucket=bucket, Key=damaged, Body=gzip.compress(b"".join(lines[:-1])))
    before = rows(pipeline)
    outcome = pipeline.run(snapshot_date=DAY.isoformat())
    s3.put_object(Bucket=bucket, Key=damaged, Body=whole)
    assert outcome.error == "NormalizeToParquetFailed"
    assert "ReconciliationError" in outcome.cause
    assert "Nothing of this run was published" in outcome.cause
    assert rows(pipeline) == before


def test_a_crawl_that_fails_is_told_with_the_crawlers_reason(
    pipeline: Pipeline, first_run: dict[str, Any]
) -> None:
    s3, bucket = pipeline.stack.aws.client("s3"), pipeline.stack.outputs["CuratedBucketName"]
    broken = "tracks/snapshot_date=1999-01-01/part-0.parquet"
    s3.put_object(Bucket=bucket, Key=broken, Body=b"no parquet")
    outcome = pipeline.run(snapshot_date=DAY.isoformat())
    s3.delete_object(Bucket=bucket, Key=broken)
    assert outcome.error == "CrawlerFailed"
    assert "FAILED" in outcome.cause
    assert "start an execution for the same snapshot_date" in outcome.cause
