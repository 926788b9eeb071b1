"""The credits on a track or an album, as rows."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spotify_lake.columns import id_of, text


def credited_artists(winners: DataFrame, owner: str, artists: Column) -> DataFrame:
    """Return one row a credit.

    Columns: the owner's id, artist_id, artist_position (0-based), name, uri, fetched_at. A credit without
    an id (local files, withdrawn albums) has nothing to join to and is left out; its neighbours keep their
    positions. An artist named twice keeps the first place.

    Args:
        winners: one row a track or album, with the owner's id and `fetched_at`.
        owner: the name of the owner's id column.
        artists: its array of simplified artists.
    """
    credit = F.col("credit")
    ids = F.transform(artists, lambda artist: id_of(artist["id"], artist["uri"], "artist"))
    rows = winners.select(
        owner, "fetched_at", ids.alias("ids"), F.posexplode(artists).alias("artist_position", "credit")
    ).withColumn("artist_id", id_of(credit["id"], credit["uri"], "artist"))
    # In SQL, because pyspark's array_position takes a literal only.
    is_first_mention = F.expr("array_position(ids, artist_id) = artist_position + 1")
    return rows.where(is_first_mention).select(
        owner,
        "artist_id",
        "artist_position",
        text(credit["name"]).alias("name"),
        text(credit["uri"]).alias("uri"),
        "fetched_at",
    )
