"""The artists of each track."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.marts.mart import MartInputs


def credited(track_artists: DataFrame, artists: DataFrame) -> DataFrame:
    """Return the artists of each track.

    Args:
        track_artists, artists: of the day.

    Returns:
        track_id; artist_id and artist_name of the main artist, the first one that is credited; artist_names
        of all, in the order of the credits. A name that Spotify does not give is left out.
    """
    names = artists.select("artist_id", F.col("name").alias("artist_name"))
    in_order = F.array_sort(F.collect_list(F.struct("artist_position", "artist_id", "artist_name")))
    all_names = F.transform("credits", lambda each: each["artist_name"])
    return (
        track_artists.join(names, on="artist_id", how="left")
        .groupBy("track_id")
        .agg(in_order.alias("credits"))
        .select(
            "track_id",
            F.col("credits")[0]["artist_id"].alias("artist_id"),
            F.col("credits")[0]["artist_name"].alias("artist_name"),
            F.array_join(all_names, ", ").alias("artist_names"),
        )
    )


def credited_of_day(inputs: MartInputs) -> DataFrame:
    """Return `credited` of the day."""
    return inputs.kept(_of_day)


def _of_day(inputs: MartInputs) -> DataFrame:
    return credited(inputs.table(tables.TRACK_ARTISTS), inputs.table(tables.ARTISTS))
