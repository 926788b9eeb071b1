"""albums and album_artists: the albums of all observed tracks, the latest observation of each."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake import tables
from spotify_lake.columns import first_image, id_of, release_date, release_date_precision, text, whole
from spotify_lake.latest import TIE_BREAK, latest
from spotify_lake.spark_schema import conform
from spotify_lake.transforms.credits import credited_artists


def latest_albums(items: DataFrame) -> DataFrame:
    """Return one album a row from classified items: `album_id`, `album` (struct) and `fetched_at`."""
    album = F.col("item")["album"]
    observed = (
        items.where(F.col("item_type") == F.lit("track"))
        .select(*TIE_BREAK, "fetched_at", album.alias("album"))
        .withColumn("album_id", id_of(F.col("album")["id"], F.col("album")["uri"], "album"))
        .where(F.col("album_id").isNotNull())
    )
    return latest(observed, tables.ALBUMS.key, content="album").select("album_id", "album", "fetched_at")


def albums(winners: DataFrame) -> DataFrame:
    """Return the rows of albums from `latest_albums`."""
    album = F.col("album")
    return conform(
        winners,
        tables.ALBUMS,
        name=text(album["name"]),
        album_type=text(F.lower(album["album_type"])),
        release_date=release_date(album["release_date"]),
        release_date_precision=release_date_precision(album["release_date"], album["release_date_precision"]),
        total_tracks=whole(album["total_tracks"], "int"),
        upc=text(album["external_ids"]["upc"]),
        label=text(album["label"]),
        popularity=whole(album["popularity"], "int"),
        image_url=first_image(album["images"]),
        uri=text(album["uri"]),
    )


def album_artists(winners: DataFrame) -> DataFrame:
    """Return the rows of album_artists from `latest_albums`."""
    credits_ = credited_artists(winners, "album_id", F.col("album")["artists"])
    return conform(credits_, tables.ALBUM_ARTISTS)
