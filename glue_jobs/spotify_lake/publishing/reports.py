"""The published days, from the reports in `_runs` and the partitions of the tables.

The latest report of a day describes all of it: a run that replaces some tables only copies the figures of the
others from the report before it, as `kept`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from pyspark.sql import SparkSession

from spotify_lake.contract.tables import PARTITION, PLAYLIST_ITEMS
from spotify_lake.engine.session import described
from spotify_lake.publishing.publish import PUBLISHED_NAME, RUNS, CuratedPaths, columns_uri, reports_uri
from spotify_lake.publishing.run_report import Columns, RunReport, columns_from_lists
from spotify_lake.quality.comparisons import PreviousSnapshot

_DAY_PREFIX = f"{PARTITION.name}="


class Reports(Protocol):
    """The file operations needed (`storage.HadoopFiles`)."""

    def exists(self, uri: str) -> bool:
        """Return whether a file or folder exists."""
        ...

    def names(self, uri: str) -> list[str]:
        """Return the names in a folder, none when it does not exist."""
        ...

    def read_text(self, uri: str) -> str:
        """Return the content of a text file."""
        ...


def published_day(files: Reports, curated_uri: str, snapshot_date: str) -> RunReport | None:
    """Return the latest report of a day; None when the day was never published."""
    folder = reports_uri(curated_uri, snapshot_date)
    uris = [f"{folder}{run}/{PUBLISHED_NAME}" for run in files.names(folder)]
    reports = [RunReport.from_json(files.read_text(uri)) for uri in uris if files.exists(uri)]
    return max(reports, key=lambda each: (each.published_at, each.run_id), default=None)


def days_with_reports(files: Reports, curated_uri: str) -> list[str]:
    """Return the days that have a folder of reports, oldest first. A folder may be empty."""
    names = files.names(f"{curated_uri}{RUNS}/")
    return sorted(name.removeprefix(_DAY_PREFIX) for name in names if name.startswith(_DAY_PREFIX))


def newest_day(files: Reports, curated_uri: str, before: str | None = None) -> RunReport | None:
    """Return the latest report of the newest published day, or of the newest one before a day."""
    for day in reversed(days_with_reports(files, curated_uri)):
        found = published_day(files, curated_uri, day) if before is None or day < before else None
        if found is not None:
            return found
    return None


def previous_snapshot(
    files: Reports,
    curated_uri: str,
    snapshot_date: str,
    count_items: Callable[[str], Mapping[str, int]],
) -> PreviousSnapshot | None:
    """Return the figures of the newest published day before a day; None when there is none.

    A day that was fetched and never published is skipped: its figures did not pass the quality rules.

    Args:
        files: the curated zone's files.
        curated_uri: its root.
        snapshot_date: the day to compare.
        count_items: counts a published day's items by playlist, for a report that does not have them.
    """
    found = newest_day(files, curated_uri, before=snapshot_date)
    if found is None:
        return None
    items = count_items(found.snapshot_date) if found.items is None else found.items
    return PreviousSnapshot(found.snapshot_date, rows=found.rows, items=items, absent=found.absent)


def published_columns(files: Reports, curated_uri: str, tables: Iterable[str]) -> dict[str, Columns]:
    """Return the columns with which each of these tables was last published, on any day.

    Earlier releases recorded them in the reports only. For those the newest day's report is used.
    """
    uri = columns_uri(curated_uri)
    recorded = columns_from_lists(json.loads(files.read_text(uri))) if files.exists(uri) else {}
    if recorded.keys() >= set(tables):
        return recorded
    newest = newest_day(files, curated_uri)
    return {**(newest.columns if newest else {}), **recorded}


def days_with_partitions(files: Reports, curated_uri: str, tables: Iterable[str]) -> set[str]:
    """Return the days for which at least one of the tables has a partition."""
    return {
        name.removeprefix(_DAY_PREFIX)
        for table in tables
        for name in files.names(f"{curated_uri}{table}/")
        if name.startswith(_DAY_PREFIX)
    }


def count_items(spark: SparkSession, files: Reports, curated_uri: str, day: str) -> dict[str, int]:
    """Count the published items of each playlist on a day."""
    folder = CuratedPaths(curated_uri, "", day).target(PLAYLIST_ITEMS.name)
    if not files.exists(folder):
        return {}
    counts = spark.read.schema("playlist_id string").parquet(folder).groupBy("playlist_id").count()
    with described(spark, f"{day}: count the published items of each playlist"):
        return {row["playlist_id"]: row["count"] for row in counts.collect()}
