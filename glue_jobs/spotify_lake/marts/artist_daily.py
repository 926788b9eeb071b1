"""artist_daily: where each artist is listed, the reach, followers and popularity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.marts.entities import ARTIST_DAILY
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.changes import is_observed, with_changes
from spotify_lake.marts.mart import Mart, MartInputs
from spotify_lake.marts.standings import placements_of_day, standings


def artist_daily(
    placed: DataFrame,
    track_artists: DataFrame,
    artists: DataFrame,
    previous: DataFrame,
    before: Mapping[int, DataFrame | None],
    *,
    day: str,
) -> DataFrame:
    """Return the artists of a day's tracks.

    Args:
        placed: from `placements`.
        track_artists, artists: of the day.
        previous: artist_daily of the newest earlier day.
        before: artist_daily by days before, see `with_changes`.
        day: the day.
    """
    by_artist = placed.join(track_artists.select("track_id", "artist_id"), on="track_id", how="inner")
    tracks = by_artist.groupBy("artist_id").agg(F.count_distinct("track_id").alias("tracks"))
    read = artists.select(
        "artist_id",
        "name",
        "followers",
        "popularity",
        F.when(F.col("is_full"), F.col("fetched_at")).alias("observed_at"),
    )
    earlier = previous.select("artist_id", F.col("observed_at").alias("old_observed_at"))
    rows = (
        standings(by_artist, "artist_id")
        .join(tracks, on="artist_id", how="left")
        .join(read, on="artist_id", how="left")
        .join(earlier, on="artist_id", how="left")
        .withColumn("is_observed", is_observed("observed_at", "observed_at", "old_observed_at", day=day))
    )
    changed = with_changes(
        rows,
        before,
        key="artist_id",
        columns=(
            "tracks",
            "playlists",
            "appearances",
            "best_position",
            "reach",
            "followers",
            "popularity",
        ),
        observed={"followers": "observed_at", "popularity": "observed_at"},
        comparable={"reach": "playlists_without_followers"},
    )
    return conform(changed, ARTIST_DAILY)


def _build(inputs: MartInputs) -> DataFrame:
    return artist_daily(
        placements_of_day(inputs),
        inputs.table(tables.TRACK_ARTISTS),
        inputs.table(tables.ARTISTS),
        inputs.previous(ARTIST_DAILY),
        inputs.before(ARTIST_DAILY),
        day=inputs.day,
    )


MART: Final = Mart(ARTIST_DAILY, _build, is_state=True)
