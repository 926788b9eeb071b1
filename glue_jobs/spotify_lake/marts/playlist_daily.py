"""playlist_daily: every playlist so far, the day of its latest contents, its size and its followers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.marts.playlists import PLAYLIST_DAILY
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.changes import is_observed, with_changes
from spotify_lake.marts.mart import Mart, MartInputs

_CARRIED: Final = (
    "name",
    "last_snapshot_date",
    "previous_snapshot_date",
    "days_without_contents",
    "items",
    "followers_observed_at",
)


def playlist_daily(
    items: DataFrame,
    playlists: DataFrame,
    previous: DataFrame,
    before: Mapping[int, DataFrame | None],
    *,
    day: str,
) -> DataFrame:
    """Return every playlist of a day and of the days before it.

    A playlist has contents on a day if it has items, or if its record says that it is empty.

    Args:
        items: playlist_items of the day.
        playlists: of the day.
        previous: playlist_daily of the newest earlier day.
        before: playlist_daily by days before, see `with_changes`.
        day: the day.
    """
    listed = playlists.select(
        "playlist_id",
        "name",
        "item_count",
        "followers",
        "followers_observed_at",
        F.lit(True).alias("is_listed"),
    )
    read = items.groupBy("playlist_id").agg(F.count("*").alias("items"))
    earlier = previous.select("playlist_id", *(F.col(name).alias(f"old_{name}") for name in _CARRIED))
    known = listed.join(read, on="playlist_id", how="full").join(earlier, on="playlist_id", how="full")
    has_contents = F.col("items").isNotNull() | F.coalesce(F.col("item_count") == 0, F.lit(False))
    rows = known.select(
        "playlist_id",
        F.coalesce("name", "old_name").alias("name"),
        F.coalesce("is_listed", F.lit(False)).alias("is_listed"),
        F.when(has_contents, F.lit(day))
        .otherwise(F.col("old_last_snapshot_date"))
        .alias("last_snapshot_date"),
        F.when(has_contents, F.col("old_last_snapshot_date"))
        .otherwise(F.col("old_previous_snapshot_date"))
        .alias("previous_snapshot_date"),
        F.when(has_contents, 0)
        .otherwise(F.col("old_days_without_contents") + 1)
        .alias("days_without_contents"),
        F.when(has_contents, F.coalesce("items", F.lit(0))).otherwise(F.col("old_items")).alias("items"),
        "followers",
        "followers_observed_at",
        is_observed("followers", "followers_observed_at", "old_followers_observed_at", day=day).alias(
            "is_followers_observed"
        ),
    )
    changed = with_changes(
        rows,
        before,
        key="playlist_id",
        columns=("items", "followers"),
        observed={"followers": "followers_observed_at"},
    )
    return conform(changed, PLAYLIST_DAILY)


def _build(inputs: MartInputs) -> DataFrame:
    return playlist_daily(
        inputs.table(tables.PLAYLIST_ITEMS),
        inputs.table(tables.PLAYLISTS),
        inputs.previous(PLAYLIST_DAILY),
        inputs.before(PLAYLIST_DAILY),
        day=inputs.day,
    )


MART: Final = Mart(PLAYLIST_DAILY, _build, is_state=True)
