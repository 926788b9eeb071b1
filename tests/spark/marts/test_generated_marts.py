"""All marts over one history of generated days, compared with what plain Python counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from pyspark.sql import SparkSession

from spotify_lake.contract.marts import collections, entities, trends
from spotify_lake.contract.marts import playlists as contract
from spotify_lake.contract.tables import Table
from tests.soak import SOAK_FACTOR
from tests.spark.marts.curated_lake import CuratedLake, Row, Tables
from tests.spark.marts.generated import history
from tests.spark.marts.generated_catalog import GeneratedCatalog
from tests.spark.marts.reference import History
from tests.spark.marts.reference_collections import collections_of
from tests.spark.marts.reference_entities import Entities
from tests.spark.marts.reference_trends import trend_rows

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module", params=range(SOAK_FACTOR))
def built(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> tuple[CuratedLake, dict[str, Tables]]:
    """A lake with the marts of generated days, and the tables of each day."""
    lake = CuratedLake(spark, tmp_path_factory.mktemp("lake"))
    catalog = GeneratedCatalog(request.param)
    days: dict[str, Tables] = {
        day: catalog.tables(day, contents) for day, contents in history(request.param, playlists=25).items()
    }
    for day, tables in days.items():
        lake.write_day(day, tables)
    lake.build()
    return lake, days


def by_key(lake: CuratedLake, mart: Any, day: str, columns: Mapping[str, str]) -> dict[Any, Row]:
    """A mart's rows by key, with some of its columns, named as the reference names them."""
    return {
        row[mart.key[0]] if len(mart.key) == 1 else tuple(row[name] for name in mart.key): {
            name: row[column] for name, column in columns.items()
        }
        for row in lake.rows(mart, day)
    }


def same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


OF_PLAYLIST = {
    "name": "name",
    "listed": "is_listed",
    "last": "last_snapshot_date",
    "previous": "previous_snapshot_date",
    "without": "days_without_contents",
    "items": "items",
}
OF_STAY = same("first_day", "last_day", "snapshots", "is_open", "is_start_known", "position")
OF_TOTAL = same("first_day", "last_day", "last_rank", "peak_rank", "peak_day", "days_on_chart")
OF_POSITION = same("chart_rank", "previous_rank", "peak_rank", "days_on_chart", "first_day", "peak_day")
OF_CHANGE = same("change", "position", "previous_position", "days_between")


def test_marts_of_playlists_are_what_counting_day_by_day_gives(
    built: tuple[CuratedLake, dict[str, Tables]],
) -> None:
    lake, days = built
    counted = History()
    for day, content in days.items():
        expected = counted.add(day, content)
        daily = expected["playlist_daily"]
        for row in daily.values():
            del row["ranks"]
        assert by_key(lake, contract.PLAYLIST_DAILY, day, OF_PLAYLIST) == daily
        assert by_key(lake, contract.PLAYLIST_STAYS, day, OF_STAY) == expected["playlist_stays"]
        assert by_key(lake, contract.CHART_TOTALS, day, OF_TOTAL) == expected["chart_totals"]
        assert by_key(lake, contract.CHART_POSITIONS, day, OF_POSITION) == expected["chart_positions"]
        check_changes(by_key(lake, contract.PLAYLIST_CHANGES, day, OF_CHANGE), expected["playlist_changes"])


def test_marts_of_entities_are_what_counting_day_by_day_gives(
    built: tuple[CuratedLake, dict[str, Tables]],
) -> None:
    lake, days = built
    counted = Entities()
    for day, tables in days.items():
        expected = counted.add(day, tables)
        for mart in (entities.TRACK_DAILY, entities.ARTIST_DAILY):
            assert lake.rows(mart, day) == in_order(mart, expected[mart.name].values()), (mart.name, day)


def test_marts_of_genres_releases_and_recordings_are_what_counting_gives(
    built: tuple[CuratedLake, dict[str, Tables]],
) -> None:
    lake, days = built
    genres: dict[str, dict[str, Row]] = {}
    for day, tables in days.items():
        expected = collections_of(day, tables, genres)
        genres[day] = {row["genre"]: row for row in expected["genre_daily"]}
        for mart in (
            collections.GENRE_DAILY,
            collections.RELEASE_PROFILE_DAILY,
            collections.RECORDINGS,
            collections.DUPLICATES,
        ):
            assert lake.rows(mart, day) == in_order(mart, expected[mart.name]), (mart.name, day)


def test_trends_are_what_the_statistics_give_step_by_step(
    built: tuple[CuratedLake, dict[str, Tables]],
) -> None:
    lake, days = built
    sources = {
        "track": entities.TRACK_DAILY,
        "artist": entities.ARTIST_DAILY,
        "playlist": contract.PLAYLIST_DAILY,
    }
    rows: dict[str, dict[str, list[Row]]] = {kind: {} for kind in sources}
    directions = set()
    for day in days:
        for kind, mart in sources.items():
            rows[kind][day] = lake.rows(mart, day)
        found = lake.rows(trends.TREND_SIGNALS, day)
        expected = in_order(trends.TREND_SIGNALS, trend_rows(day, rows))
        assert len(found) == len(expected)
        for row, other in zip(found, expected, strict=True):
            assert row == pytest.approx(other, abs=1e-9), day
        directions |= {row["direction"] for row in found if row["p_value"] is not None}
    assert "none" in directions


def in_order(mart: Table, rows: Iterable[Row]) -> list[Row]:
    """Rows as `CuratedLake.rows` returns them."""
    whole = [{name: row[name] for name in mart.column_names} for row in rows]
    return sorted(whole, key=lambda row: [str(row[name]) for name in mart.key])


def check_changes(found: dict[Any, Row], expected: dict[Any, Row]) -> None:
    """Added and removed items are those of the reference; the items that were not moved are in order."""
    stayed = {key: row for key, row in expected.items() if row["change"] == "stayed"}
    moved = {key: row for key, row in found.items() if row["change"] == "moved"}
    assert {key: row for key, row in found.items() if key not in moved} == {
        key: row for key, row in expected.items() if key not in stayed
    }
    assert {key: row | {"change": "stayed"} for key, row in moved.items()}.items() <= stayed.items()
    for playlist in {key[0] for key in stayed}:
        rest = [row for key, row in stayed.items() if key[0] == playlist and key not in moved]
        in_order = sorted(rest, key=lambda row: int(row["position"]))
        assert all(a["previous_position"] < b["previous_position"] for a, b in pairwise(in_order))
