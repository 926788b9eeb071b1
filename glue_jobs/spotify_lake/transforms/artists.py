"""artists: everybody credited on the day's tracks and albums, with the full record where one was read."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spotify_lake import raw_zone, tables
from spotify_lake.columns import first_image, text, whole
from spotify_lake.latest import latest
from spotify_lake.raw_schema import RECORD
from spotify_lake.spark_schema import conform
from spotify_lake.transforms.credits import credited_artists

_RECORD_FIELDS = ("name", "uri", "genres", "followers", "popularity", "images")
_TIE_BREAK = ("kind", "owner_id", "artist_position", "run_id")


def artist_observations(lines: DataFrame, track_winners: DataFrame, album_winners: DataFrame) -> DataFrame:
    """Return every sighting of an artist: full records and credits.

    Columns: artist_id, kind (artist, album, track), owner_id, artist_position, run_id, fetched_at, is_full,
    artist (struct of the record's fields; of a credit only name and uri are known).
    """
    full = lines.where(F.col("source") == F.lit(raw_zone.ARTISTS)).select(
        "artist_id",
        F.lit("artist").alias("kind"),
        F.lit(None).cast("string").alias("owner_id"),
        F.lit(None).cast("int").alias("artist_position"),
        "run_id",
        "fetched_at",
        F.lit(True).alias("is_full"),
        _artist(F.col("entity")),
    )
    by_track = _credits(track_winners, "track", F.col("item")["artists"])
    by_album = _credits(album_winners, "album", F.col("album")["artists"])
    return full.unionByName(by_album).unionByName(by_track)


def artists(observations: DataFrame) -> DataFrame:
    """Return the rows of artists from `artist_observations`.

    A full record without a credit on this day (an artist of former days) makes no row.
    """
    is_credit = ~F.col("is_full")
    of_artist = Window.partitionBy("artist_id")
    credited = observations.withColumn("is_credited", F.max(is_credit).over(of_artist)).where("is_credited")
    winners = latest(credited, tables.ARTISTS.key, content="artist", tie_break=_TIE_BREAK, prefer="is_full")
    artist = F.col("artist")
    return conform(
        winners,
        tables.ARTISTS,
        name=text(artist["name"]),
        genres=F.when(F.col("is_full"), F.coalesce(artist["genres"], F.array().cast("array<string>"))),
        followers=whole(artist["followers"]["total"], "bigint"),
        popularity=whole(artist["popularity"], "int"),
        image_url=first_image(artist["images"]),
        uri=text(artist["uri"]),
    )


def _credits(winners: DataFrame, kind: str, artists_of: Column) -> DataFrame:
    owner = f"{kind}_id"
    return credited_artists(winners, owner, artists_of).select(
        "artist_id",
        F.lit(kind).alias("kind"),
        F.col(owner).alias("owner_id"),
        F.col("artist_position").cast("int").alias("artist_position"),
        F.lit(None).cast("string").alias("run_id"),
        "fetched_at",
        F.lit(False).alias("is_full"),
        _artist(F.struct("name", "uri"), known=("name", "uri")),
    )


def _artist(record: Column, known: tuple[str, ...] = _RECORD_FIELDS) -> Column:
    fields = [
        record[name] if name in known else F.lit(None).cast(RECORD[name].dataType) for name in _RECORD_FIELDS
    ]
    return F.struct(*[field.alias(name) for field, name in zip(fields, _RECORD_FIELDS, strict=True)]).alias(
        "artist"
    )
