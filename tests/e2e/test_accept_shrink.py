"""A playlist that lost most of its items stops the deployed pipeline, until the input accepts the loss."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.e2e.support import DAY, WITHOUT_MARTS, Pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.spark]
NEXT_DAY = DAY + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def parameters() -> dict[str, str]:
    return WITHOUT_MARTS


@pytest.fixture(scope="module")
def shrunk_playlist(deployed: Pipeline) -> str:
    """Run a day, then change its report so that one playlist was ten times as long."""
    first = deployed.run(snapshot_date=DAY.isoformat())
    assert first.succeeded, first
    s3, bucket = deployed.stack.aws.client("s3"), deployed.stack.outputs["CuratedBucketName"]
    found = s3.list_objects_v2(Bucket=bucket, Prefix="_runs/")["Contents"]
    (key,) = (each["Key"] for each in found if each["Key"].endswith("/_published.json"))
    report = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    playlist: str = max(report["items"], key=lambda each: report["items"][each])
    report["items"][playlist] *= 10
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(report))
    # Hadoop keeps a checksum file next to each file on a disk, which no longer matches.
    s3.delete_object(Bucket=bucket, Key=key.replace("_published.json", "._published.json.crc"))
    return playlist


def test_the_run_ends_with_the_numbers_and_publishes_nothing(
    pipeline: Pipeline, shrunk_playlist: str
) -> None:
    pipeline.spotify.day = NEXT_DAY
    outcome = pipeline.run(snapshot_date=NEXT_DAY.isoformat())
    assert outcome.error == "NormalizeToParquetFailed"
    assert outcome.cause is not None
    assert outcome.cause.startswith("QualityGateError: quality rules were broken, nothing was published")
    assert f"{shrunk_playlist} " in outcome.cause
    assert f"since {DAY}" in outcome.cause
    assert "accept_shrink: true" in outcome.cause
    days = pipeline.query("SELECT DISTINCT snapshot_date FROM playlist_items")
    assert days == [(DAY.isoformat(),)]


def test_with_accept_shrink_the_day_is_published_with_a_warning_in_the_output(
    pipeline: Pipeline, shrunk_playlist: str
) -> None:
    pipeline.spotify.day = NEXT_DAY
    outcome = pipeline.run(snapshot_date=NEXT_DAY.isoformat(), accept_shrink=True)
    assert outcome.succeeded, outcome
    assert outcome.output is not None
    quality = outcome.output["quality"]
    (failed,) = quality["failed"]
    assert failed["rule"] == "playlist_items.playlist_id:playlist_shrink"
    assert failed["severity"] == "warn"
    assert failed["detail"].startswith(f"{shrunk_playlist} ")
    broken = pipeline.query(
        f"SELECT rule FROM quality_results WHERE NOT is_passed AND snapshot_date = '{NEXT_DAY}'"
    )
    assert broken == [(failed["rule"],)]
