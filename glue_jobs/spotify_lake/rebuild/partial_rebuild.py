"""Rebuilding some tables of a day: those left out have to tell of the same state of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spotify_lake.config import JobConfig
from spotify_lake.contract.tables import TABLES
from spotify_lake.errors import TablesWouldDisagree
from spotify_lake.publishing.reports import PublishedDay


def check_fetches(config: JobConfig, stands: PublishedDay | None, runs_read: Sequence[str]) -> None:
    """Refuse to rebuild some tables of a day that was never published, or was since fetched again.

    Raises:
        TablesWouldDisagree: naming the runs.
    """
    if config.is_whole:
        return
    if stands is None:
        raise TablesWouldDisagree(config.snapshot_date, config.tables, "the day was never published")
    if stands.runs_read != tuple(runs_read):
        reason = (
            f"the others were made of the runs {', '.join(stands.runs_read)},"
            f" the raw zone now has {', '.join(runs_read)}"
        )
        raise TablesWouldDisagree(config.snapshot_date, config.tables, reason)


def check_rejected(config: JobConfig, stands: PublishedDay | None, rejected: Mapping[str, int]) -> None:
    """Refuse to rebuild some tables where other records are rejected now than stand in rejected_records.

    A record would be in two tables otherwise, or in none.

    Raises:
        TablesWouldDisagree: with the counts by reason.
    """
    if config.is_whole or stands is None or dict(stands.rejected) == dict(rejected):
        return
    reason = f"{_told(stands.rejected)} stand as rejected, {_told(rejected)} are rejected now"
    raise TablesWouldDisagree(config.snapshot_date, config.tables, reason)


def check_rows(config: JobConfig, stands: PublishedDay | None, rows: Mapping[str, int]) -> None:
    """Refuse to rebuild some tables where one that is left as it is would have other rows now.

    Raises:
        TablesWouldDisagree: naming the tables, with their rows.
    """
    if config.is_whole or stands is None:
        return
    left = {name: count for name, count in stands.rows.items() if name not in config.tables and name in rows}
    other = [
        f"{name} has {count} rows and would have {rows[name]}"
        for name, count in left.items()
        if rows[name] != count
    ]
    if other:
        raise TablesWouldDisagree(config.snapshot_date, config.tables, ", ".join(other))


def kept(config: JobConfig, stands: PublishedDay | None) -> dict[str, dict[str, int]]:
    """Return the figures of the tables that a run leaves as they are, for its report."""
    if stands is None:
        return {}
    return {name: {"rows": rows} for name, rows in stands.rows.items() if name not in config.tables}


def columns(config: JobConfig, stands: PublishedDay | None) -> dict[str, list[list[str]]]:
    """Return the columns of the tables as they stand after a run, for its report: a name and a type each."""
    before = stands.columns if stands else {}
    after = {each.name: each.types for each in TABLES if each.name in config.tables}
    return {name: [list(column) for column in columns] for name, columns in {**before, **after}.items()}


def values(
    config: JobConfig, stands: PublishedDay | None, staged: Mapping[str, Mapping[str, int]]
) -> dict[str, Mapping[str, int]]:
    """Return how many values the columns of every table have after a run, for its report."""
    before = stands.values if stands else {}
    return {**before, **{name: counts for name, counts in staged.items() if name in config.tables}}


def _told(rejected: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(rejected.items())) or "no records"
