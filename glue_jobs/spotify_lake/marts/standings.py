"""How often entities are listed in the day's playlists, and how many followers these have."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.marts.mart import MartInputs


def placements(items: DataFrame, playlists: DataFrame) -> DataFrame:
    """Return the placements of tracks, with the followers of their playlists.

    Args:
        items: playlist_items of a day.
        playlists: of the day.

    Returns:
        playlist_id, position, track_id, followers.
    """
    followers = playlists.select("playlist_id", "followers")
    return (
        items.where(F.col("track_id").isNotNull())
        .select("playlist_id", "position", "track_id")
        .join(followers, on="playlist_id", how="left")
    )


def placements_of_day(inputs: MartInputs) -> DataFrame:
    """Return `placements` of the day."""
    return inputs.kept(_placements)


def _placements(inputs: MartInputs) -> DataFrame:
    return placements(inputs.table(tables.PLAYLIST_ITEMS), inputs.table(tables.PLAYLISTS))


def standings(placed: DataFrame, key: str) -> DataFrame:
    """Return one row per entity.

    Args:
        placed: from `placements`, with the entity of each placement. A placement may have several entities.
        key: the column with the entity.

    Returns:
        The key, playlists, appearances, best_position, reach, playlists_without_followers, rank_by_reach,
        rank_by_playlists.
    """
    in_playlists = placed.groupBy(key, "playlist_id").agg(
        F.count("*").alias("appearances"),
        F.min("position").alias("position"),
        F.max("followers").alias("followers"),  # the same in all rows of a playlist
    )
    return (
        in_playlists.groupBy(key)
        .agg(
            F.count("*").alias("playlists"),
            F.sum("appearances").alias("appearances"),
            F.min("position").alias("best_position"),
            F.sum("followers").alias("reach"),
            F.count_if(F.col("followers").isNull()).alias("playlists_without_followers"),
        )
        .withColumns({"rank_by_reach": _rank("reach"), "rank_by_playlists": _rank("playlists")})
    )


def _rank(name: str) -> Column:
    """The rank among the day's entities. They fit in one task: a row is a few numbers."""
    best_first = Window.orderBy(F.col(name).desc_nulls_last())
    return F.when(F.col(name).isNotNull(), F.rank().over(best_first))
