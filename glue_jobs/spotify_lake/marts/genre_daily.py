"""genre_daily: the genres of the day's playlists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.marts.collections import GENRE_DAILY, NO_GENRE
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.changes import with_changes
from spotify_lake.marts.mart import Mart, MartInputs
from spotify_lake.marts.standings import placements_of_day


def genre_daily(
    placed: DataFrame,
    track_artists: DataFrame,
    artists: DataFrame,
    before: Mapping[int, DataFrame | None],
) -> DataFrame:
    """Return the genres of a day.

    Args:
        placed: from `placements`.
        track_artists, artists: of the day.
        before: genre_daily by days before, see `with_changes`.
    """
    has_genre = F.size("genres") > 0
    genres = F.when(has_genre, F.array_distinct("genres")).otherwise(F.array(F.lit(NO_GENRE)))
    by_artist = placed.join(track_artists.select("track_id", "artist_id"), on="track_id", how="inner")
    of_artists = artists.select("artist_id", F.explode(genres).alias("genre"))
    totals = by_artist.agg(*(each.alias(f"all_{name}") for name, each in _figures().items()))
    rows = (
        by_artist.join(of_artists, on="artist_id", how="inner")
        .groupBy("genre")
        .agg(F.count("*").alias("appearances"), *(each.alias(name) for name, each in _figures().items()))
        .crossJoin(totals)
        .withColumns({f"{name[:-1]}_share": F.col(name) / F.col(f"all_{name}") for name in _figures()})
    )
    return conform(
        with_changes(rows, before, key="genre", columns=("placements", "placement_share")), GENRE_DAILY
    )


def _figures() -> dict[str, Column]:
    return {
        "placements": F.count_distinct(F.struct("playlist_id", "position")),
        "tracks": F.count_distinct("track_id"),
        "artists": F.count_distinct("artist_id"),
    }


def _build(inputs: MartInputs) -> DataFrame:
    return genre_daily(
        placements_of_day(inputs),
        inputs.table(tables.TRACK_ARTISTS),
        inputs.table(tables.ARTISTS),
        inputs.before(GENRE_DAILY),
    )


MART: Final = Mart(GENRE_DAILY, _build)
