"""The marts of playlists over days on which playlists change, are missing, or cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from spotify_lake.contract.marts import playlists as contract
from spotify_lake.marts import charts, playlist_changes, playlist_daily, playlist_stays
from tests.spark.marts.curated_lake import CuratedLake
from tests.spark.marts.days import day_tables

pytestmark = pytest.mark.spark
MARTS = (playlist_daily.MART, playlist_changes.MART, playlist_stays.MART, charts.TOTALS, charts.POSITIONS)
FIRST, SECOND, THIRD, FOURTH = (f"2026-11-0{number}" for number in (1, 2, 4, 5))


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> CuratedLake:
    return CuratedLake(spark, tmp_path, MARTS)


def test_a_playlists_first_contents_are_not_a_change(lake: CuratedLake) -> None:
    lake.write_day(FIRST, day_tables(FIRST, {"p1": ["t1", "t2"]}))
    lake.write_day(SECOND, day_tables(SECOND, {"p1": ["t2"], "p2": ["t1"]}))
    lake.build()
    assert lake.rows(contract.PLAYLIST_CHANGES, FIRST) == []
    (row,) = lake.rows(contract.PLAYLIST_CHANGES, SECOND)
    assert row == {
        "playlist_id": "p1",
        "playlist_name": "P1",
        "change": "removed",
        "item_name": "T1",
        "item_type": "track",
        "position": 0,
        "track_id": "t1",
        "episode_id": None,
        "item_uri": "spotify:track:t1",
        "previous_snapshot_date": FIRST,
        "previous_position": 0,
        "days_between": 1,
    }


def test_changes_are_against_the_playlists_own_previous_contents_whatever_days_are_missing(
    lake: CuratedLake,
) -> None:
    lake.write_day(FIRST, day_tables(FIRST, {"p1": ["t1"], "p2": ["t1"]}))
    lake.write_day(SECOND, day_tables(SECOND, {"p2": ["t1"]}))
    lake.write_day(THIRD, day_tables(THIRD, {"p1": ["t1", "t2"], "p2": ["t1", "t3"]}))
    lake.build()
    found = {
        row["playlist_id"]: (row["item_name"], row["previous_snapshot_date"], row["days_between"])
        for row in lake.rows(contract.PLAYLIST_CHANGES, THIRD)
    }
    assert found == {"p1": ("T2", FIRST, 3), "p2": ("T3", SECOND, 2)}


def test_a_playlist_that_cannot_be_read_any_more_has_lost_nothing(lake: CuratedLake) -> None:
    lake.write_day(FIRST, day_tables(FIRST, {"p1": ["t1"], "p2": ["t1"]}))
    lake.write_day(SECOND, day_tables(SECOND, {"p1": None, "p2": ["t1"]}))
    lake.build()
    assert lake.rows(contract.PLAYLIST_CHANGES, SECOND) == []
    stays = {row["playlist_id"]: row for row in lake.rows(contract.PLAYLIST_STAYS, SECOND)}
    assert {name: (row["is_open"], row["last_day"]) for name, row in stays.items()} == {
        "p1": (True, FIRST),
        "p2": (True, SECOND),
    }
    daily = {row["playlist_id"]: row for row in lake.rows(contract.PLAYLIST_DAILY, SECOND)}
    assert (daily["p1"]["is_listed"], daily["p1"]["items"], daily["p1"]["days_without_contents"]) == (
        True,
        1,
        1,
    )


def test_an_emptied_playlist_has_lost_all_of_its_items(lake: CuratedLake) -> None:
    lake.write_day(FIRST, day_tables(FIRST, {"p1": ["t1", "t2"]}))
    lake.write_day(SECOND, day_tables(SECOND, {"p1": []}))
    lake.write_day(THIRD, day_tables(THIRD, {"p1": ["t1"]}))
    lake.build()
    assert [row["change"] for row in lake.rows(contract.PLAYLIST_CHANGES, SECOND)] == ["removed", "removed"]
    (back,) = lake.rows(contract.PLAYLIST_CHANGES, THIRD)
    assert (back["change"], back["previous_snapshot_date"]) == ("added", SECOND)


def test_leaving_and_returning_are_two_stays(lake: CuratedLake) -> None:
    for day, items in (
        (FIRST, ["t1", "t2"]),
        (SECOND, ["t2"]),
        (THIRD, ["t1", "t2"]),
        (FOURTH, ["t1", "t2"]),
    ):
        lake.write_day(day, day_tables(day, {"p1": items}))
    lake.build()
    stays = {
        day: [
            (row["first_day"], row["last_day"], row["days"], row["snapshots"], row["is_open"])
            for row in lake.rows(contract.PLAYLIST_STAYS, day)
            if row["track_id"] == "t1"
        ]
        for day in (FIRST, SECOND, THIRD, FOURTH)
    }
    assert stays == {
        FIRST: [(FIRST, FIRST, 1, 1, True)],
        SECOND: [(FIRST, FIRST, 1, 1, False)],
        THIRD: [(THIRD, THIRD, 1, 1, True)],
        FOURTH: [(THIRD, FOURTH, 2, 2, True)],
    }


def test_a_chart_has_the_names_of_its_tracks_and_artists(lake: CuratedLake) -> None:
    credited = [
        {"track_id": "t1", "artist_id": each, "artist_position": place}
        for each, place in (("ada", 3), ("bo", 1), ("no-name", 2))
    ]
    artists = [
        {"artist_id": each, "name": name} for each, name in (("ada", "Ada"), ("bo", "Bo"), ("no-name", None))
    ]
    lake.write_day(
        FIRST, day_tables(FIRST, {"p1": ["e1", None, "t1"]}, track_artists=credited, artists=artists)
    )
    lake.build()
    assert lake.rows(contract.CHART_POSITIONS, FIRST) == [
        {
            "playlist_id": "p1",
            "playlist_name": "P1",
            "chart_rank": 3,
            "previous_rank": None,
            "peak_rank": 3,
            "days_on_chart": 1,
            "track_id": "t1",
            "track_name": "T1",
            "artist_id": "bo",
            "artist_name": "Bo",
            "artist_names": "Bo, Ada",
            "first_day": FIRST,
            "peak_day": FIRST,
        }
    ]
