"""What the published partitions themselves say, where no report does."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import SparkSession

from spotify_lake.contract.tables import PARTITION, PLAYLIST_ITEMS
from spotify_lake.publishing.publish import CuratedPaths
from spotify_lake.publishing.reports import Reports


def days_with_partitions(files: Reports, curated_uri: str, tables: Iterable[str]) -> set[str]:
    """Return the days that at least one of the tables has a partition of."""
    prefix = f"{PARTITION.name}="
    return {
        name.removeprefix(prefix)
        for table in tables
        for name in files.names(f"{curated_uri}{table}/")
        if name.startswith(prefix)
    }


def count_items(spark: SparkSession, files: Reports, curated_uri: str, day: str) -> dict[str, int]:
    """Count the published items of each playlist on a day."""
    folder = CuratedPaths(curated_uri, "", day).target(PLAYLIST_ITEMS.name)
    if not files.exists(folder):
        return {}
    counts = spark.read.schema("playlist_id string").parquet(folder).groupBy("playlist_id").count()
    return {row["playlist_id"]: row["count"] for row in counts.collect()}
