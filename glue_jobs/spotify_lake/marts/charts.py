"""chart_totals and chart_positions: each playlist as a chart."""

from __future__ import annotations

from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.marts.playlists import CHART_POSITIONS, CHART_TOTALS, PLAYLIST_DAILY
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.credits import credited_of_day
from spotify_lake.marts.mart import Mart, MartInputs

_KEY: Final = ["playlist_id", "track_id"]


def chart_totals(items: DataFrame, previous: DataFrame, *, day: str) -> DataFrame:
    """Return the totals of every track that was ever in a playlist.

    Args:
        items: playlist_items of the day.
        previous: chart_totals of the newest earlier day.
        day: the day.
    """
    ranks = (
        items.where(F.col("track_id").isNotNull()).groupBy(*_KEY).agg((F.min("position") + 1).alias("rank"))
    )
    carried = ("first_day", "last_day", "last_rank", "peak_rank", "peak_day", "days_on_chart")
    before = previous.select(*_KEY, *(F.col(name).alias(f"old_{name}") for name in carried))
    is_there = F.col("rank").isNotNull()
    is_peak = is_there & (F.col("old_peak_rank").isNull() | (F.col("rank") < F.col("old_peak_rank")))
    rows = ranks.join(before, on=_KEY, how="full").select(
        *_KEY,
        F.coalesce("old_first_day", F.lit(day)).alias("first_day"),
        F.when(is_there, F.lit(day)).otherwise(F.col("old_last_day")).alias("last_day"),
        F.coalesce("rank", "old_last_rank").alias("last_rank"),
        F.least("rank", "old_peak_rank").alias("peak_rank"),
        F.when(is_peak, F.lit(day)).otherwise(F.col("old_peak_day")).alias("peak_day"),
        (F.coalesce("old_days_on_chart", F.lit(0)) + is_there.cast("int")).alias("days_on_chart"),
    )
    return conform(rows, CHART_TOTALS)


def chart_positions(
    totals: DataFrame,
    previous_totals: DataFrame,
    playlist_daily: DataFrame,
    tracks: DataFrame,
    credited_artists: DataFrame,
    *,
    day: str,
) -> DataFrame:
    """Return the tracks of the day's playlists with their ranks.

    Args:
        totals: chart_totals of the day.
        previous_totals: of the newest earlier day.
        playlist_daily: of the day.
        tracks: of the day.
        credited_artists: from `credited`.
        day: the day.
    """
    before = previous_totals.select(
        *_KEY, F.col("last_day").alias("old_day"), F.col("last_rank").alias("old_rank")
    )
    playlists = playlist_daily.select(
        "playlist_id", F.col("name").alias("playlist_name"), "previous_snapshot_date"
    )
    was_there = F.col("old_day") == F.col("previous_snapshot_date")
    rows = (
        totals.where(F.col("last_day") == day)
        .join(before, on=_KEY, how="left")
        .join(playlists, on="playlist_id", how="left")
        .join(tracks.select("track_id", F.col("name").alias("track_name")), on="track_id", how="left")
        .join(credited_artists, on="track_id", how="left")
        .withColumn("chart_rank", F.col("last_rank"))
        .withColumn("previous_rank", F.when(was_there, F.col("old_rank")))
    )
    return conform(rows, CHART_POSITIONS)


def _build_totals(inputs: MartInputs) -> DataFrame:
    return chart_totals(inputs.table(tables.PLAYLIST_ITEMS), inputs.previous(CHART_TOTALS), day=inputs.day)


def _build_positions(inputs: MartInputs) -> DataFrame:
    return chart_positions(
        inputs.built(CHART_TOTALS),
        inputs.previous(CHART_TOTALS),
        inputs.built(PLAYLIST_DAILY),
        inputs.table(tables.TRACKS),
        credited_of_day(inputs),
        day=inputs.day,
    )


TOTALS: Final = Mart(CHART_TOTALS, _build_totals, is_state=True)
POSITIONS: Final = Mart(CHART_POSITIONS, _build_positions, needs=(CHART_TOTALS, PLAYLIST_DAILY))
