"""The report of a run of the job, and the report of a rebuild of several days: JSON files in `_runs`.

The job writes them. Later runs and the Lambda `publish_catalog` read them, so this module needs nothing but
the standard library.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from spotify_lake.quality.comparisons import LastSeen

Columns: TypeAlias = tuple[tuple[str, str], ...]
"""The names and Glue types of a table's columns, in order."""


@dataclasses.dataclass(frozen=True)
class RunReport:
    """What a run published for a day. Reports of earlier releases lack some fields, which have defaults.

    Attributes:
        run_id: the run.
        snapshot_date: the day.
        published_at: ISO 8601, UTC.
        tables: rows of the tables that the run published.
        runs_read: the fetches the day was made from, in the order in which they completed.
        kept: rows of the day's tables that the run did not replace.
        columns: names and types of the columns of every table of the day, as published.
        values: by table, by column, the number of values that are not null (`comparisons.DayCounts`).
        reconciliation: by source, the counts of its records (`reconciliation.SourceFigures`).
        rejected: rejected records by reason.
        rejected_before: the same for the version of the day that the run replaced.
        quality: the number of checked `rules`, and the `failed` ones (`rules.summary`).
        drift: fields that Spotify added or removed, from the last fetch.
        items: accepted items by playlist; None if they were not recorded.
        absent: playlists of earlier days that this day does not have, with their items when last seen.
        accepted_shrink: items of the playlists whose loss was accepted.
    """

    run_id: str
    snapshot_date: str
    published_at: str
    tables: Mapping[str, int]
    runs_read: tuple[str, ...] = ()
    kept: Mapping[str, int] = dataclasses.field(default_factory=dict)
    columns: Mapping[str, Columns] = dataclasses.field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    reconciliation: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    rejected: Mapping[str, int] = dataclasses.field(default_factory=dict)
    rejected_before: Mapping[str, int] = dataclasses.field(default_factory=dict)
    quality: Mapping[str, Any] = dataclasses.field(default_factory=lambda: {"rules": 0, "failed": []})
    drift: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    items: Mapping[str, int] | None = None
    absent: Mapping[str, LastSeen] = dataclasses.field(default_factory=dict)
    accepted_shrink: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def rows(self) -> dict[str, int]:
        """The rows of every table of the day."""
        return {**self.kept, **self.tables}

    def as_dict(self) -> dict[str, Any]:
        """Return the report as it is stored."""
        return {
            "run_id": self.run_id,
            "snapshot_date": self.snapshot_date,
            "published_at": self.published_at,
            "runs_read": list(self.runs_read),
            "tables": _with_rows(self.tables),
            "kept": _with_rows(self.kept),
            "columns": columns_as_lists(self.columns),
            "values": {table: dict(counts) for table, counts in self.values.items()},
            "reconciliation": {source: dict(counts) for source, counts in self.reconciliation.items()},
            "rejected": dict(self.rejected),
            "rejected_before": dict(self.rejected_before),
            "quality": dict(self.quality),
            "drift": dict(self.drift),
            "items": None if self.items is None else dict(self.items),
            "absent": {playlist: dataclasses.asdict(seen) for playlist, seen in self.absent.items()},
            "accepted_shrink": dict(self.accepted_shrink),
        }

    def to_json(self) -> str:
        """Return the text of the report's file."""
        return json.dumps(self.as_dict(), indent=1)

    @classmethod
    def from_json(cls, text: str) -> RunReport:
        """Read the text of a report's file, of this release or an earlier one."""
        stored: dict[str, Any] = json.loads(text)
        names = {field.name for field in dataclasses.fields(cls)}
        fields = {name: value for name, value in stored.items() if name in names}
        return cls(
            **{
                **fields,
                "tables": _without_rows(stored["tables"]),
                "runs_read": tuple(stored.get("runs_read", ())),
                "kept": _without_rows(stored.get("kept", {})),
                "columns": columns_from_lists(stored.get("columns", {})),
                "absent": {playlist: LastSeen(**seen) for playlist, seen in stored.get("absent", {}).items()},
            }
        )


def _with_rows(tables: Mapping[str, int]) -> dict[str, dict[str, int]]:
    return {name: {"rows": rows} for name, rows in tables.items()}


def _without_rows(stored: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {name: table["rows"] for name, table in stored.items()}


def columns_as_lists(columns: Mapping[str, Columns]) -> dict[str, list[list[str]]]:
    """Return columns by table as JSON has them."""
    return {name: [list(column) for column in each] for name, each in columns.items()}


def columns_from_lists(stored: Mapping[str, Any]) -> dict[str, Columns]:
    """Return columns by table from their JSON."""
    return {name: tuple((column, kind) for column, kind in each) for name, each in stored.items()}


# The names of the first releases stay in the file and in the execution's output.
_STORED_NAMES: Final = {"requested": "asked", "skipped": "left"}


@dataclasses.dataclass(frozen=True)
class RebuildReport:
    """What a rebuild published.

    Attributes:
        run_id: the run.
        requested: the requested days: a day, a range or all. `asked` in the file.
        days: the days that were rebuilt, oldest first.
        skipped: the days that were left unchanged, and why. `left` in the file.
        rows: by table, the rows of all rebuilt days.
        rejected: by reason, the rejected records of all rebuilt days.
        rejected_before: the same before the rebuild.
    """

    run_id: str
    requested: str
    days: tuple[str, ...]
    skipped: Mapping[str, str]
    rows: Mapping[str, int]
    rejected: Mapping[str, int]
    rejected_before: Mapping[str, int]

    @classmethod
    def of_days(
        cls, requested: str, reports: Iterable[RunReport], skipped: Mapping[str, str] | None = None
    ) -> RebuildReport:
        """Return the report of a rebuild from the reports of at least one day, oldest first."""
        rows: Counter[str] = Counter()
        rejected: Counter[str] = Counter()
        before: Counter[str] = Counter()
        days = list(reports)
        for report in days:
            rows.update(report.tables)
            rejected.update(report.rejected)
            before.update(report.rejected_before)
        return cls(
            run_id=days[0].run_id,
            requested=requested,
            days=tuple(report.snapshot_date for report in days),
            skipped=dict(sorted((skipped or {}).items())),
            rows=dict(rows),
            rejected=dict(rejected),
            rejected_before=dict(before),
        )

    def to_json(self) -> str:
        """Return the text of the report's file."""
        stored = {_STORED_NAMES.get(name, name): value for name, value in dataclasses.asdict(self).items()}
        return json.dumps(stored, indent=1)

    @classmethod
    def from_json(cls, text: str) -> RebuildReport:
        """Read the text of a report's file."""
        stored: dict[str, Any] = json.loads(text)
        fields = {
            field.name: stored[_STORED_NAMES.get(field.name, field.name)] for field in dataclasses.fields(cls)
        }
        return cls(**{**fields, "days": tuple(fields["days"])})
