"""track_daily: where each track is listed, its reach and its popularity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.marts.entities import TRACK_DAILY
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.changes import is_observed, with_changes
from spotify_lake.marts.credits import credited_of_day
from spotify_lake.marts.mart import Mart, MartInputs
from spotify_lake.marts.standings import placements_of_day, standings


def track_daily(
    placed: DataFrame,
    tracks: DataFrame,
    credited_artists: DataFrame,
    previous: DataFrame,
    before: Mapping[int, DataFrame | None],
    *,
    day: str,
) -> DataFrame:
    """Return the tracks of a day.

    Args:
        placed: from `placements`.
        tracks: of the day.
        credited_artists: from `credited`.
        previous: track_daily of the newest earlier day.
        before: track_daily by days before, see `with_changes`.
        day: the day.
    """
    read = tracks.select(
        "track_id",
        "name",
        "popularity",
        F.when(F.col("popularity").isNotNull(), F.col("fetched_at")).alias("popularity_observed_at"),
    )
    earlier = previous.select("track_id", F.col("popularity_observed_at").alias("old_observed_at"))
    rows = (
        standings(placed, "track_id")
        .join(read, on="track_id", how="left")
        .join(credited_artists, on="track_id", how="left")
        .join(earlier, on="track_id", how="left")
        .withColumn(
            "is_popularity_observed",
            is_observed("popularity", "popularity_observed_at", "old_observed_at", day=day),
        )
    )
    changed = with_changes(
        rows,
        before,
        key="track_id",
        columns=("playlists", "appearances", "best_position", "reach", "popularity"),
        observed={"popularity": "popularity_observed_at"},
        comparable={"reach": "playlists_without_followers"},
    )
    return conform(changed, TRACK_DAILY)


def _build(inputs: MartInputs) -> DataFrame:
    return track_daily(
        placements_of_day(inputs),
        inputs.table(tables.TRACKS),
        credited_of_day(inputs),
        inputs.previous(TRACK_DAILY),
        inputs.before(TRACK_DAILY),
        day=inputs.day,
    )


MART: Final = Mart(TRACK_DAILY, _build, is_state=True)
