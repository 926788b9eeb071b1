"""playlist_items: what stands at each position of each playlist."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spotify_lake import tables
from spotify_lake.columns import duration, id_of, is_local_uri, known_instant, local_uri_part, text
from spotify_lake.latest import latest
from spotify_lake.lines import is_item
from spotify_lake.spark_schema import conform

_MS_PER_SECOND = 1000.0


def classified_items(lines: DataFrame) -> DataFrame:
    """Keep the items of accepted lines and add `item_type`, `item_id`, `item_uri` and `item_is_local`.

    A null item and one that has neither an id nor a local URI are `unavailable`: Spotify keeps the slot of
    what it has withdrawn.
    """
    item = F.col("item")
    uri = text(item["uri"])
    is_local = F.coalesce(F.col("is_local"), item["is_local"], F.lit(False)) | is_local_uri(uri)
    is_episode = F.coalesce(
        (item["type"] == F.lit("episode")) | uri.startswith("spotify:episode:"), F.lit(False)
    )
    is_track = F.coalesce(item["type"], F.lit("track")) == F.lit("track")
    identifier = F.when(is_episode, id_of(item["id"], uri, "episode")).otherwise(
        id_of(item["id"], uri, "track")
    )
    item_type = (
        F.when(item.isNull(), F.lit("unavailable"))
        .when(is_local, F.lit("local"))
        .when(identifier.isNull(), F.lit("unavailable"))
        .when(is_episode, F.lit("episode"))
        .when(is_track, F.lit("track"))
        .otherwise(F.lit("unavailable"))
    )
    return (
        lines.where(is_item())
        .withColumn("item_type", item_type)
        .withColumn("item_id", identifier)
        .withColumn("item_uri", uri)
        .withColumn("item_is_local", is_local)
    )


def playlist_items(items: DataFrame) -> DataFrame:
    """Return the table's rows from classified items.

    A position read twice (a page read again after an interruption) is one row, the later reading.
    """
    by_place = latest(items, tables.PLAYLIST_ITEMS.key, content="item", tie_break=("source", "run_id"))
    return conform(by_place, tables.PLAYLIST_ITEMS, **_columns())


def _columns() -> dict[str, Column]:
    item = F.col("item")
    uri = F.col("item_uri")
    is_local = F.col("item_type") == F.lit("local")
    seconds = local_uri_part(uri, 5)
    local_seconds = F.when(is_local & seconds.rlike(r"^\d{1,9}$"), seconds).cast("double")
    local_title = F.when(is_local, local_uri_part(uri, 4))
    local_artist = F.coalesce(text(F.get(item["artists"], F.lit(0))["name"]), local_uri_part(uri, 2))
    local_album = F.coalesce(text(item["album"]["name"]), local_uri_part(uri, 3))
    return {
        "track_id": F.when(F.col("item_type") == F.lit("track"), F.col("item_id")),
        "episode_id": F.when(F.col("item_type") == F.lit("episode"), F.col("item_id")),
        "item_name": F.coalesce(text(item["name"]), local_title),
        "local_artist_name": F.when(is_local, local_artist),
        "local_album_name": F.when(is_local, local_album),
        "added_at": known_instant(F.col("added_at")),
        "added_by_id": text(F.col("added_by_id")),
        "is_local": F.col("item_is_local"),
        "duration_ms": F.coalesce(
            duration(item["duration_ms"]), duration(local_seconds * F.lit(_MS_PER_SECOND))
        ),
    }
