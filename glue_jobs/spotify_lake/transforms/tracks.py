"""tracks and track_artists: the day's tracks, the latest observation of each, and who is credited."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake import tables
from spotify_lake.columns import duration, id_of, isrc, text, whole
from spotify_lake.latest import latest
from spotify_lake.spark_schema import conform
from spotify_lake.transforms.credits import credited_artists


def latest_tracks(items: DataFrame) -> DataFrame:
    """Return one classified item a track: `track_id`, `item` (the whole track) and `fetched_at`.

    Local files are no tracks: they have no id, and stand in playlist_items only.
    """
    observed = items.where(F.col("item_type") == F.lit("track")).withColumnRenamed("item_id", "track_id")
    return latest(observed, tables.TRACKS.key, content="item").select(
        "track_id", "item", "item_uri", "fetched_at"
    )


def tracks(winners: DataFrame) -> DataFrame:
    """Return the rows of tracks from `latest_tracks`."""
    track = F.col("item")
    linked_from = track["linked_from"]
    album = track["album"]
    return conform(
        winners,
        tables.TRACKS,
        name=text(track["name"]),
        album_id=id_of(album["id"], album["uri"], "album"),
        duration_ms=duration(track["duration_ms"]),
        explicit=track["explicit"],
        isrc=isrc(track["external_ids"]["isrc"]),
        popularity=whole(track["popularity"], "int"),
        disc_number=whole(track["disc_number"], "int"),
        track_number=whole(track["track_number"], "int"),
        is_playable=track["is_playable"],
        restriction_reason=text(track["restrictions"]["reason"]),
        linked_from_id=id_of(linked_from["id"], linked_from["uri"], "track"),
        preview_url=text(track["preview_url"]),
        uri=F.col("item_uri"),
    )


def track_artists(winners: DataFrame) -> DataFrame:
    """Return the rows of track_artists from `latest_tracks`."""
    credits_ = credited_artists(winners, "track_id", F.col("item")["artists"])
    return conform(credits_, tables.TRACK_ARTISTS)
