"""What the reports in `_runs` say: which days are published, and what stands of each.

The newest report of a day tells all of it: a run that replaced some tables only takes the figures of the
others over from the report before it, as `kept`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

from spotify_lake.contract.tables import PARTITION
from spotify_lake.publishing.publish import PUBLISHED_NAME, RUNS, columns_uri, reports_uri
from spotify_lake.quality.rules import LastSeen

_DAY_PREFIX = f"{PARTITION.name}="

Columns: TypeAlias = tuple[tuple[str, str], ...]
"""The names and Glue types of a table's columns, in order."""


class Reports(Protocol):
    """The file operations needed (`storage.HadoopFiles`)."""

    def exists(self, uri: str) -> bool:
        """Tell whether there is a file or folder."""
        ...

    def names(self, uri: str) -> list[str]:
        """Return the names in a folder, none when it does not exist."""
        ...

    def read_text(self, uri: str) -> str:
        """Return a text file."""
        ...


@dataclasses.dataclass(frozen=True)
class PublishedDay:
    """What stands of a published day.

    Attributes:
        snapshot_date: the day.
        runs_read: the fetches it was made of, in the order in which they completed.
        rows: by table.
        rejected: records by reason.
        items: accepted items by playlist; None when the report is of a version that did not say.
        absent: playlists of earlier days that the day does not have, and what they held last.
        accepted_shrink: items of the playlists whose loss was accepted.
        columns: as they were published, by table; tables that the report does not tell of are left out.
        values: by table, by column, the rows that are not null in it (`quality_rules.DayCounts`).
    """

    snapshot_date: str
    runs_read: tuple[str, ...]
    rows: Mapping[str, int]
    rejected: Mapping[str, int]
    items: Mapping[str, int] | None
    absent: Mapping[str, LastSeen] = dataclasses.field(default_factory=dict)
    accepted_shrink: Mapping[str, int] = dataclasses.field(default_factory=dict)
    columns: Mapping[str, Columns] = dataclasses.field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, snapshot_date: str, report: Mapping[str, Any]) -> PublishedDay:
        """Read it from the newest report of the day."""
        tables = {**report.get("kept", {}), **report["tables"]}
        return cls(
            snapshot_date=snapshot_date,
            runs_read=tuple(report.get("runs_read", ())),
            rows={name: table["rows"] for name, table in tables.items()},
            rejected=report.get("rejected", {}),
            items=report.get("items"),
            absent={playlist: LastSeen(**seen) for playlist, seen in report.get("absent", {}).items()},
            accepted_shrink=report.get("accepted_shrink", {}),
            columns=_columns(report.get("columns", {})),
            values=report.get("values", {}),
        )


def _columns(told: Mapping[str, Any]) -> dict[str, Columns]:
    return {name: tuple((column, kind) for column, kind in columns) for name, columns in told.items()}


def published_columns(files: Reports, curated_uri: str, tables: Iterable[str]) -> dict[str, Columns]:
    """Return the columns with which each of these tables was published last, of whatever day.

    What a version that did not note them has published stands in the report of the newest day.
    """
    uri = columns_uri(curated_uri)
    noted = _columns(json.loads(files.read_text(uri))) if files.exists(uri) else {}
    if noted.keys() >= set(tables):
        return noted
    newest = newest_day(files, curated_uri)
    return {**(newest.columns if newest else {}), **noted}


def newest_day(files: Reports, curated_uri: str, before: str | None = None) -> PublishedDay | None:
    """Return what stands of the newest published day, of those before a day where one is given."""
    for day in reversed(days_with_reports(files, curated_uri)):
        found = published_day(files, curated_uri, day) if before is None or day < before else None
        if found is not None:
            return found
    return None


def days_with_reports(files: Reports, curated_uri: str) -> list[str]:
    """Return the days that have a folder of reports, oldest first; one may be empty."""
    names = files.names(f"{curated_uri}{RUNS}/")
    return sorted(name.removeprefix(_DAY_PREFIX) for name in names if name.startswith(_DAY_PREFIX))


def published_day(files: Reports, curated_uri: str, snapshot_date: str) -> PublishedDay | None:
    """Return what stands of a day; None when it was never published."""
    folder = reports_uri(curated_uri, snapshot_date)
    places = [f"{folder}{run}/{PUBLISHED_NAME}" for run in files.names(folder)]
    reports = [json.loads(files.read_text(place)) for place in places if files.exists(place)]
    if not reports:
        return None
    return PublishedDay.of(
        snapshot_date, max(reports, key=lambda each: (each["published_at"], each["run_id"]))
    )
