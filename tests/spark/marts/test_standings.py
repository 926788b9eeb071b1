"""Where entities are listed, and how far the followers of their playlists are known."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession

from spotify_lake.marts.changes import with_changes
from spotify_lake.marts.standings import placements, standings

pytestmark = pytest.mark.spark


def rows(found: DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in found.select(*columns).orderBy(columns[0]).collect()]


def test_reach_counts_each_playlist_once_and_names_the_number_of_unknown_ones(spark: SparkSession) -> None:
    items = spark.createDataFrame(
        [
            ("p1", 0, "t1"),
            ("p1", 4, "t1"),
            ("p2", 2, "t1"),
            ("p2", 1, "t2"),
            ("p3", 0, "t3"),
            ("p3", 9, None),
            ("p1", 7, "t4"),
        ],
        "playlist_id string, position int, track_id string",
    )
    playlists = spark.createDataFrame(
        [("p1", 100), ("p2", None), ("p3", 100)], "playlist_id string, followers long"
    )
    found = standings(placements(items, playlists), "track_id")
    assert rows(
        found, "track_id", "playlists", "appearances", "best_position", "reach", "playlists_without_followers"
    ) == [("t1", 2, 3, 0, 100, 1), ("t2", 1, 1, 1, None, 1), ("t3", 1, 1, 0, 100, 0), ("t4", 1, 1, 7, 100, 0)]
    assert rows(found, "track_id", "rank_by_reach", "rank_by_playlists") == [
        ("t1", 1, 1),
        ("t2", None, 2),
        ("t3", 1, 2),
        ("t4", 1, 2),
    ]


def test_reach_is_compared_only_if_as_many_playlists_are_unknown(spark: SparkSession) -> None:
    columns = "track_id string, reach long, unknown int"
    today = spark.createDataFrame([("t1", 10, 0), ("t2", 10, 1), ("t3", None, 1)], columns)
    then = spark.createDataFrame([("t1", 7, 0), ("t2", 7, 0), ("t3", 7, 1)], columns)
    found = with_changes(
        today, {1: then, 7: None}, key="track_id", columns=("reach",), comparable={"reach": "unknown"}
    )
    assert rows(found, "track_id", "reach_change_1d") == [
        ("t1", 3),
        ("t2", None),
        ("t3", None),
    ]
