"""playlist_stays: how long each item has been in a playlist without a break."""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.marts.playlists import PLAYLIST_DAILY, PLAYLIST_STAYS
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.contents import compare
from spotify_lake.marts.mart import Mart, MartInputs


def playlist_stays(
    items: DataFrame, previous: DataFrame, playlist_daily: DataFrame, *, day: str
) -> DataFrame:
    """Return the stays that are open on a day, and those that ended on it.

    Args:
        items: playlist_items of the day.
        previous: playlist_stays of the newest earlier day.
        playlist_daily: of the day.
        day: the day.
    """
    compared = compare(items, previous, playlist_daily, day=day)
    is_there = F.col("position").isNotNull()
    is_new = F.col("old_position").isNull()
    first_day = F.when(is_new, F.lit(day)).otherwise(F.col("old_first_day"))
    last_day = F.when(is_there, F.lit(day)).otherwise(F.col("old_last_day"))
    rows = compared.select(
        "playlist_id",
        "item_uri",
        *(
            _latest(name, is_there)
            for name in ("item_type", "track_id", "episode_id", "item_name", "position")
        ),
        first_day.alias("first_day"),
        last_day.alias("last_day"),
        (F.datediff(last_day.cast("date"), first_day.cast("date")) + 1).alias("days"),
        (F.coalesce("old_snapshots", F.lit(0)) + is_there.cast("int")).alias("snapshots"),
        (is_there | ~F.col("is_read")).alias("is_open"),
        F.when(is_new, F.col("previous_snapshot_date").isNotNull())
        .otherwise(F.col("old_is_start_known"))
        .alias("is_start_known"),
    )
    return conform(rows, PLAYLIST_STAYS)


def _latest(name: str, is_there: Column) -> Column:
    return F.when(is_there, F.col(name)).otherwise(F.col(f"old_{name}")).alias(name)


def _build(inputs: MartInputs) -> DataFrame:
    return playlist_stays(
        inputs.table(tables.PLAYLIST_ITEMS),
        inputs.previous(PLAYLIST_STAYS),
        inputs.built(PLAYLIST_DAILY),
        day=inputs.day,
    )


MART: Final = Mart(PLAYLIST_STAYS, _build, needs=(PLAYLIST_DAILY,), is_state=True)
