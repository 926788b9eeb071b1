"""The contents of the day's playlists, and how they compare with the open stays of the day before."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_OF_ITEM = ("position", "item_type", "track_id", "episode_id", "item_name")


def contents(items: DataFrame) -> DataFrame:
    """Return one row per playlist and item URI, at its first position.

    Args:
        items: playlist_items of a day. Items without a URI (empty slots) are left out.

    Returns:
        playlist_id, item_uri, position, item_type, track_id, episode_id, item_name.
    """
    return (
        items.where(F.col("item_uri").isNotNull())
        .groupBy("playlist_id", "item_uri")
        .agg(F.min(F.struct(*_OF_ITEM)).alias("first"))
        .select("playlist_id", "item_uri", "first.*")
    )


def compare(items: DataFrame, previous_stays: DataFrame, playlist_daily: DataFrame, *, day: str) -> DataFrame:
    """Compare the day's contents of each playlist with the stays that were open before.

    Args:
        items: playlist_items of the day.
        previous_stays: playlist_stays of the newest earlier day.
        playlist_daily: of the day.
        day: the day.

    Returns:
        One row per item that is or was there: playlist_id, item_uri; the columns of `contents`, null where
        it is not there any more; the columns of the stay with the prefix `old_`, null where it is new;
        playlist_name, previous_snapshot_date; is_read: whether the playlist's contents are of this day.
    """
    open_stays = previous_stays.where("is_open")
    before = open_stays.select(
        "playlist_id",
        "item_uri",
        *(
            F.col(name).alias(f"old_{name}")
            for name in (*_OF_ITEM, "first_day", "last_day", "snapshots", "is_start_known")
        ),
    )
    playlists = playlist_daily.select(
        "playlist_id",
        F.col("name").alias("playlist_name"),
        "previous_snapshot_date",
        F.col("last_snapshot_date").eqNullSafe(F.lit(day)).alias("is_read"),
    )
    return (
        contents(items)
        .join(before, on=["playlist_id", "item_uri"], how="full")
        .join(playlists, on="playlist_id", how="left")
    )
