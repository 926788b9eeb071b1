"""episodes: the podcast episodes that stand in playlists."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake import tables
from spotify_lake.columns import duration, release_date, release_date_precision, text
from spotify_lake.latest import latest
from spotify_lake.spark_schema import conform


def episodes(items: DataFrame) -> DataFrame:
    """Return the rows of episodes from classified items; the latest observation wins."""
    observed = items.where(F.col("item_type") == F.lit("episode")).withColumnRenamed("item_id", "episode_id")
    winners = latest(observed, tables.EPISODES.key, content="item")
    episode = F.col("item")
    return conform(
        winners,
        tables.EPISODES,
        name=text(episode["name"]),
        show_id=text(episode["show"]["id"]),
        show_name=text(episode["show"]["name"]),
        publisher=text(episode["show"]["publisher"]),
        release_date=release_date(episode["release_date"]),
        release_date_precision=release_date_precision(
            episode["release_date"], episode["release_date_precision"]
        ),
        duration_ms=duration(episode["duration_ms"]),
        explicit=episode["explicit"],
        uri=F.col("item_uri"),
    )
