"""Rebuilds of some tables of a day. The tables that are left out must agree with the rebuilt ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spotify_lake.config import JobConfig
from spotify_lake.contract.tables import TABLES
from spotify_lake.errors import TablesWouldDisagree
from spotify_lake.publishing.run_report import Columns, RunReport


def check_fetches(config: JobConfig, published: RunReport | None, runs_read: Sequence[str]) -> None:
    """Refuse to rebuild some tables of a day that was never published, or was fetched again since.

    Raises:
        TablesWouldDisagree: naming the runs.
    """
    if config.has_all_tables:
        return
    if published is None:
        raise TablesWouldDisagree(config.snapshot_date, config.tables, "the day was never published")
    if published.runs_read != tuple(runs_read):
        reason = (
            f"the others were made of the runs {', '.join(published.runs_read)},"
            f" the raw zone now has {', '.join(runs_read)}"
        )
        raise TablesWouldDisagree(config.snapshot_date, config.tables, reason)


def check_rejected(config: JobConfig, published: RunReport | None, rejected: Mapping[str, int]) -> None:
    """Refuse to rebuild some tables if other records are rejected now than are in rejected_records.

    Otherwise a record would be in two tables, or in none.

    Raises:
        TablesWouldDisagree: with the counts by reason.
    """
    if config.has_all_tables or published is None or dict(published.rejected) == dict(rejected):
        return
    reason = (
        f"rejected_records holds {_counted(published.rejected)}, now {_counted(rejected)} would be rejected"
    )
    raise TablesWouldDisagree(config.snapshot_date, config.tables, reason)


def check_rows(config: JobConfig, published: RunReport | None, rows: Mapping[str, int]) -> None:
    """Refuse to rebuild some tables if a table that is left out would have a different number of rows now.

    Raises:
        TablesWouldDisagree: naming the tables, with their rows.
    """
    if config.has_all_tables or published is None:
        return
    different = [
        f"{name} has {count} rows and would have {rows[name]}"
        for name, count in published.rows.items()
        if name not in config.tables and name in rows and rows[name] != count
    ]
    if different:
        raise TablesWouldDisagree(config.snapshot_date, config.tables, ", ".join(different))


def kept(config: JobConfig, published: RunReport | None) -> dict[str, int]:
    """Return the rows of the tables that a run does not replace, for its report."""
    if published is None:
        return {}
    return {name: rows for name, rows in published.rows.items() if name not in config.tables}


def columns(config: JobConfig, published: RunReport | None) -> dict[str, Columns]:
    """Return the columns of every table after a run, for its report."""
    before = published.columns if published else {}
    return {**before, **{table.name: table.types for table in TABLES if table.name in config.tables}}


def values(
    config: JobConfig, published: RunReport | None, staged: Mapping[str, Mapping[str, int]]
) -> dict[str, Mapping[str, int]]:
    """Return the number of values in the columns of every table after a run, for its report."""
    before = published.values if published else {}
    return {**before, **{name: counts for name, counts in staged.items() if name in config.tables}}


def _counted(rejected: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(rejected.items())) or "no records"
