"""release_profile_daily: the release years of the tracks in the day's playlists."""

from __future__ import annotations

from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.marts.collections import RELEASE_PROFILE_DAILY
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.mart import Mart, MartInputs

_YEARS_OF_DECADE: Final = 10
_UNKNOWN_YEAR: Final = 0


def release_profile_daily(items: DataFrame, tracks: DataFrame, albums: DataFrame) -> DataFrame:
    """Return the release years of a day; the year 0 has the tracks whose release date is unknown.

    Args:
        items: playlist_items of the day.
        tracks, albums: of the day.
    """
    decade = F.col("release_year") - F.col("release_year") % _YEARS_OF_DECADE
    years = albums.select("album_id", F.year("release_date").alias("release_year"))
    rows = (
        items.where(F.col("track_id").isNotNull())
        .join(tracks.select("track_id", "album_id"), on="track_id", how="left")
        .join(years, on="album_id", how="left")
        .withColumn("release_year", F.coalesce("release_year", F.lit(_UNKNOWN_YEAR)))
        .groupBy("release_year")
        .agg(
            F.count("*").alias("placements"),
            F.count_distinct("track_id").alias("tracks"),
            F.count_distinct("playlist_id").alias("playlists"),
        )
        .withColumn("decade", F.when(F.col("release_year") != _UNKNOWN_YEAR, decade))
    )
    return conform(rows, RELEASE_PROFILE_DAILY)


def _build(inputs: MartInputs) -> DataFrame:
    return release_profile_daily(
        inputs.table(tables.PLAYLIST_ITEMS), inputs.table(tables.TRACKS), inputs.table(tables.ALBUMS)
    )


MART: Final = Mart(RELEASE_PROFILE_DAILY, _build)
