"""Failures after the fetch: the job, the crawler, the catalog, the summary. The lake stays readable."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from typing import Any

import pytest

from infra.local.spotify_api import CLIENT_SECRET, REFRESH_TOKEN, Fault, FaultPlan
from spotify_lake.contract import raw_zone
from tests.e2e.catalog_count import count
from tests.e2e.support import DAY, SECRET, WITHOUT_MARTS, Pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.spark]


CONSENT_ENDING = (dt.datetime.now(dt.UTC) - dt.timedelta(days=160)).isoformat()


@pytest.fixture(scope="module")
def parameters() -> dict[str, str]:
    return WITHOUT_MARTS


@pytest.fixture(scope="module")
def first_run(deployed: Pipeline) -> dict[str, Any]:
    """A run that succeeds after a rate limit, with a consent that ends soon."""
    deployed.stack.put_secret({**SECRET, "consented_at": CONSENT_ENDING})
    deployed.spotify.use_faults(FaultPlan((Fault("rate_limited", path="playlists/*", nth=3, seconds=2),)))
    execution = deployed.start(snapshot_date=DAY.isoformat())
    for step in execution.steps():
        if (step.kind, step.state) == ("entered", "WaitForSpotify"):
            # The state machine's half a minute is shortened, Spotify's is not.
            deployed.forget_shut_door()
    deployed.steps = list(execution.steps())
    outcome = execution.outcome()
    assert outcome.succeeded, outcome
    assert outcome.output is not None
    return {**outcome.output, "states": deployed.states()}


def test_a_rate_limit_is_waited_out_and_nothing_is_missing(
    pipeline: Pipeline, first_run: dict[str, Any]
) -> None:
    assert "WaitForSpotify" in first_run["states"]
    assert first_run["rows"]["playlist_items"] == count(pipeline.spotify.catalog, DAY).items


def test_a_consent_that_ends_soon_causes_a_warning(pipeline: Pipeline, first_run: dict[str, Any]) -> None:
    days_left = first_run["authorization"]["days_left"]
    assert 15 < days_left < 30
    assert any(f"in {days_left} days" in alert and "make authorize" in alert for alert in pipeline.alerts())


def test_no_output_of_a_run_contains_a_secret(pipeline: Pipeline, first_run: dict[str, Any]) -> None:
    aws = pipeline.stack.aws
    aws.save()
    traces = [path.read_bytes() for path in aws.lake.rglob("*") if path.is_file()]
    traces = [gzip.decompress(trace) if trace[:2] == b"\x1f\x8b" else trace for trace in traces]
    traces += [json.dumps(pipeline.alerts()).encode(), json.dumps(first_run).encode(), *log_lines(pipeline)]
    traces += [json.dumps(event, default=str).encode() for event in all_history(pipeline)]
    tokens = [token.encode() for token in pipeline.spotify.accounts.access_tokens]
    assert tokens
    for secret in (CLIENT_SECRET.encode(), REFRESH_TOKEN.encode(), *tokens):
        assert not [trace for trace in traces if secret in trace]


def log_lines(pipeline: Pipeline) -> list[bytes]:
    logs = pipeline.stack.aws.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    lines = [
        event["message"].encode()
        for group in groups
        for event in logs.filter_log_events(logGroupName=group)["events"]
    ]
    assert lines
    return lines


def all_history(pipeline: Pipeline) -> list[dict[str, Any]]:
    client = pipeline.stack.aws.client("stepfunctions")
    arn = pipeline.stack.outputs["StateMachineArn"]
    executions = client.list_executions(stateMachineArn=arn)["executions"]
    assert executions
    return [
        event
        for execution in executions
        for event in client.get_execution_history(executionArn=execution["executionArn"])["events"]
    ]


def rows(pipeline: Pipeline) -> int:
    return int(pipeline.query("SELECT count(*) FROM playlist_items")[0][0] or -1)


def test_a_truncated_raw_object_fails_the_job_before_anything_is_published(
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
    assert "What was published before stays readable" in outcome.cause
    assert rows(pipeline) == before


def test_a_failed_crawl_is_reported_with_the_crawlers_reason(
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


def test_a_view_that_athena_refuses_is_reported_with_athenas_reason(
    pipeline: Pipeline, first_run: dict[str, Any]
) -> None:
    glue, database = pipeline.stack.aws.client("glue"), pipeline.stack.outputs["AthenaDatabase"]
    before = rows(pipeline)
    pipeline.query("DROP VIEW latest_tracks")
    glue.create_table(DatabaseName=database, TableInput={"Name": "latest_tracks"})
    outcome = pipeline.run(snapshot_date=DAY.isoformat())
    glue.delete_table(DatabaseName=database, Name="latest_tracks")
    assert outcome.error == "ViewNotCreated"
    assert "'latest_tracks'" in outcome.cause
    assert "TABLE_ALREADY_EXISTS" in outcome.cause
    assert "start an execution for the same snapshot_date" in outcome.cause
    assert outcome.cause in pipeline.alerts()[-1]
    assert rows(pipeline) == before
