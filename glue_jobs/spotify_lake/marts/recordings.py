"""recordings and duplicates: track ids of the same recording, in the lake and in a playlist."""

from __future__ import annotations

from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.marts.collections import DUPLICATES, RECORDINGS
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.credits import credited_of_day
from spotify_lake.marts.mart import Mart, MartInputs


def recordings(
    items: DataFrame, tracks: DataFrame, albums: DataFrame, credited_artists: DataFrame
) -> DataFrame:
    """Return the recordings of a day with their track ids, the canonical one first.

    Args:
        items: playlist_items of the day.
        tracks, albums: of the day.
        credited_artists: from `credited`.
    """
    listed = items.groupBy("track_id").agg(
        F.count("*").alias("placements"), F.collect_set("playlist_id").alias("playlist_ids")
    )
    # The smallest struct is the canonical track. Null would come before every date.
    released = F.coalesce("release_date", F.lit("9999-12-31").cast("date"))
    version = F.struct(
        (-F.size("playlist_ids")).alias("playlists"),
        released.alias("released"),
        "track_id",
        "album_id",
        "name",
    )
    by_isrc = (
        tracks.where(F.col("isrc").isNotNull())
        .join(listed, on="track_id", how="inner")
        .join(albums.select("album_id", "release_date"), on="album_id", how="left")
        .groupBy("isrc")
        .agg(
            F.sort_array(F.collect_list(version)).alias("versions"),
            F.sum("placements").alias("placements"),
            F.collect_list("playlist_ids").alias("playlist_ids"),
        )
    )
    album_ids = F.transform("versions", lambda each: each["album_id"])
    rows = by_isrc.select(
        "isrc",
        F.col("versions")[0]["track_id"].alias("canonical_track_id"),
        F.col("versions")[0]["name"].alias("name"),
        F.size("versions").alias("tracks"),
        F.transform("versions", lambda each: each["track_id"]).alias("track_ids"),
        F.array_distinct(F.filter(album_ids, lambda each: each.isNotNull())).alias("album_ids"),
        F.size(F.array_distinct(F.flatten("playlist_ids"))).alias("playlists"),
        "placements",
    )
    artists = credited_artists.select(F.col("track_id").alias("canonical_track_id"), "artist_name")
    return conform(rows.join(artists, on="canonical_track_id", how="left"), RECORDINGS)


def duplicates(
    items: DataFrame, playlists: DataFrame, tracks: DataFrame, credited_artists: DataFrame
) -> DataFrame:
    """Return the recordings that are in a playlist more than once.

    Args:
        items: playlist_items of a day.
        playlists, tracks: of the day.
        credited_artists: from `credited`.
    """
    copy = F.struct("position", "track_id", "track_name", "artist_name")
    rows = (
        items.where(F.col("track_id").isNotNull())
        .join(tracks.select("track_id", "isrc", F.col("name").alias("track_name")), on="track_id", how="left")
        .join(credited_artists.select("track_id", "artist_name"), on="track_id", how="left")
        .withColumn("recording_id", F.coalesce("isrc", "track_id"))
        .groupBy("playlist_id", "recording_id", "isrc")
        .agg(F.sort_array(F.collect_list(copy)).alias("copies_in_order"))
        .where(F.size("copies_in_order") > 1)
        .join(playlists.select("playlist_id", F.col("name").alias("playlist_name")), "playlist_id", "left")
    )
    return conform(
        rows.select(
            "playlist_id",
            "playlist_name",
            "recording_id",
            "isrc",
            F.col("copies_in_order")[0]["track_name"].alias("track_name"),
            F.col("copies_in_order")[0]["artist_name"].alias("artist_name"),
            F.size("copies_in_order").alias("copies"),
            F.transform("copies_in_order", lambda each: each["position"]).alias("positions"),
            F.transform("copies_in_order", lambda each: each["track_id"]).alias("track_ids"),
        ),
        DUPLICATES,
    )


def _build_recordings(inputs: MartInputs) -> DataFrame:
    return recordings(
        inputs.table(tables.PLAYLIST_ITEMS),
        inputs.table(tables.TRACKS),
        inputs.table(tables.ALBUMS),
        credited_of_day(inputs),
    )


def _build_duplicates(inputs: MartInputs) -> DataFrame:
    return duplicates(
        inputs.table(tables.PLAYLIST_ITEMS),
        inputs.table(tables.PLAYLISTS),
        inputs.table(tables.TRACKS),
        credited_of_day(inputs),
    )


RECORDINGS_MART: Final = Mart(RECORDINGS, _build_recordings)
DUPLICATES_MART: Final = Mart(DUPLICATES, _build_duplicates)
