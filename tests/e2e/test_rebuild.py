"""The deployed pipeline rebuilds days from the raw zone without a call to Spotify."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from spotify_lake.contract.marts.registry import ALL_TABLES
from tests.e2e.support import DAY, Pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.spark]
DAYS = (DAY, DAY + dt.timedelta(days=1))
Rows = dict[str, list[Any]]


def all_rows(pipeline: Pipeline) -> Rows:
    """Each table's rows of all days."""
    return {
        table.name: sorted(
            pipeline.query(f"SELECT {', '.join(table.column_names)}, snapshot_date FROM {table.name}"),
            key=repr,
        )
        for table in ALL_TABLES
    }


@pytest.fixture(scope="module")
def fetched(deployed: Pipeline) -> Rows:
    """Two days in the lake."""
    for day in DAYS:
        deployed.spotify.day = day
        outcome = deployed.run(snapshot_date=day.isoformat())
        assert outcome.succeeded, outcome
    return all_rows(deployed)


def delete(pipeline: Pipeline, prefix: str) -> int:
    """Delete the objects of the curated bucket under a prefix; return their number."""
    s3, bucket = pipeline.stack.aws.client("s3"), pipeline.stack.outputs["CuratedBucketName"]
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    for key in keys:
        s3.delete_object(Bucket=bucket, Key=key)
    return len(keys)


def test_all_days_are_rebuilt_identically_into_an_empty_curated_zone(
    pipeline: Pipeline, fetched: Rows
) -> None:
    assert delete(pipeline, "") > 2 * len(ALL_TABLES)
    assert pipeline.query("SELECT * FROM tracks") == []
    pipeline.stack.put_secret({"client_id": "nobody", "client_secret": "none: Spotify is not asked"})
    outcome = pipeline.run(rebuild="all")
    assert outcome.succeeded, outcome
    assert all_rows(pipeline) == fetched
    assert "FetchSpotify" not in pipeline.states()
    output = outcome.output or {}
    assert output["rebuilt"] == {
        "asked": "all",
        "days": 2,
        "first": DAYS[0].isoformat(),
        "last": DAYS[1].isoformat(),
        "left_as_they_are": 0,
        "left": {},
        "rejected_before": 0,
        "rejected_now": 0,
    }
    assert output["snapshot_date"] == DAYS[1].isoformat()
    assert output["rows"]["playlist_items"] == len(fetched["playlist_items"])
    newest = [row for row in fetched["tracks"] if row[-1] == DAYS[1].isoformat()]
    assert int(output["summary"]["tracks"]) == len(newest)
    assert output["calls"] == {"total": 0}


def test_a_deleted_partition_is_rebuilt_and_its_table_registered_with_all_its_days(
    pipeline: Pipeline, fetched: Rows
) -> None:
    assert delete(pipeline, f"albums/snapshot_date={DAYS[1]}/") == 1
    pipeline.stack.aws.client("glue").delete_table(DatabaseName="spotify_lake", Name="albums")
    s3, bucket = pipeline.stack.aws.client("s3"), pipeline.stack.outputs["CuratedBucketName"]
    other = f"tracks/snapshot_date={DAYS[1]}/tracks.parquet"
    before = s3.head_object(Bucket=bucket, Key=other)["LastModified"]
    outcome = pipeline.run(rebuild=DAYS[1].isoformat(), tables=["albums"])
    assert outcome.succeeded, outcome
    assert all_rows(pipeline) == fetched
    assert list((outcome.output or {})["rows"]) == ["albums"]
    assert s3.head_object(Bucket=bucket, Key=other)["LastModified"] == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rebuild": "2025-01-01..2025-12-31"}, "in 2025-01-01..2025-12-31: no day has a complete fetch"),
        ({"rebuild": "all", "reprocess_rejected": True}, "in all: no day has both rejected records"),
    ],
)
def test_a_rebuild_without_any_day_fails_with_the_reason(
    pipeline: Pipeline, fetched: Rows, given: dict[str, Any], said: str
) -> None:
    outcome = pipeline.run(**given)
    assert outcome.error == "NormalizeToParquetFailed"
    assert outcome.cause.startswith(f"NoDayToRebuild: there is no day to rebuild {said}")
    assert all_rows(pipeline) == fetched


def test_a_rebuild_with_playlists_is_refused(pipeline: Pipeline) -> None:
    outcome = pipeline.run(rebuild="all", playlists=["x"])
    assert (outcome.error, pipeline.states()[-1]) == ("InvalidInput", "ResolveRun")
    assert "'playlists' cannot be combined with 'rebuild'" in outcome.cause
