"""The views that compare days, over tables in which some values are older than their day."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import awswrangler as wr
import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.local.aws import LocalAws
from publish_catalog.catalog import describe_table, register_days
from publish_catalog.view_sql import all_views
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import table

DAYS = ("2026-11-20", "2026-11-21", "2026-11-22")


def at(day: str) -> dt.datetime:
    """Five o'clock on a day, when the run of that day fetches."""
    return dt.datetime.fromisoformat(f"{day}T05:00:00+00:00")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """Three days of one playlist, one track and one artist, without a new observation on the second day."""
    with LocalAws(lake=tmp_path_factory.mktemp("lake")) as local, pytest.MonkeyPatch.context() as patch:
        for name, value in local.environment.items():
            patch.setenv(name, value)
        for bucket in ("curated", "results"):
            local.client("s3").create_bucket(Bucket=bucket)
        local.client("glue").create_database(DatabaseInput={"Name": "lake"})
        for day, read_on, figure in zip(DAYS, (DAYS[0], DAYS[0], DAYS[2]), (40, 40, 43), strict=True):
            observed = {"popularity": figure, "fetched_at": at(read_on)}
            put(local, day, "tracks", track_id="t", **observed)
            put(local, day, "artists", artist_id="a", is_full=True, followers=figure * 100, **observed)
            put(local, day, "track_artists", track_id="t", artist_id="a", artist_position=0)
            put(local, day, "playlist_items", playlist_id="p", track_id="t", position=0, item_type="track")
        counted = {"followers": 7, "followers_observed_at": at(DAYS[0])}
        put(local, DAYS[0], "playlists", playlist_id="p", name="old", fetched_at=at(DAYS[0]), **counted)
        put(local, DAYS[1], "playlists", playlist_id="p", name="renamed", fetched_at=at(DAYS[1]))
        for name in ("playlists", "tracks", "artists", "track_artists", "playlist_items"):
            describe_table(local.client("glue"), "lake", table(name), f"s3://curated/{name}/")
            register_days("lake", table(name), f"s3://curated/{name}/")
        for view in all_views():
            if view.name in {"latest_playlists", "track_trends", "artist_trends"}:
                ask(view.statement)
        yield local


def put(aws: LocalAws, day: str, of: str, **row: Any) -> None:
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row], arrow_schema(table(of))), content)
    key = f"{of}/snapshot_date={day}/{of}.parquet"
    aws.client("s3").put_object(Bucket="curated", Key=key, Body=content.getvalue())


def ask(sql: str) -> list[list[str | None]]:
    query = wr.athena.start_query_execution(sql, database="lake", s3_output="s3://results/", wait=True)
    client = boto3.client("athena")
    rows = client.get_query_results(QueryExecutionId=query["QueryExecutionId"])["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]


@pytest.mark.usefixtures("aws")
def test_the_latest_row_of_a_playlist_has_the_newest_known_followers_with_their_time() -> None:
    found = ask(
        "SELECT name, snapshot_date, followers, date_format(followers_observed_at, '%Y-%m-%d %H:%i')"
        " FROM latest_playlists"
    )
    assert found == [["renamed", DAYS[1], "7", f"{DAYS[0]} 05:00"]]


@pytest.mark.usefixtures("aws")
def test_a_change_of_popularity_is_null_on_a_day_without_a_newer_observation() -> None:
    found = ask(
        "SELECT popularity, popularity_change, date_format(popularity_observed_at, '%Y-%m-%d')"
        " FROM track_trends ORDER BY snapshot_date"
    )
    assert found == [["40", None, DAYS[0]], ["40", None, DAYS[0]], ["43", "3", DAYS[2]]]


@pytest.mark.usefixtures("aws")
def test_a_change_of_an_artists_followers_is_null_on_a_day_without_a_newer_observation() -> None:
    found = ask(
        "SELECT followers_change, popularity_change, date_format(observed_at, '%Y-%m-%d')"
        " FROM artist_trends ORDER BY snapshot_date"
    )
    assert found == [[None, None, DAYS[0]], [None, None, DAYS[0]], ["300", "3", DAYS[2]]]
