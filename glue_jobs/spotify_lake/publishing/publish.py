"""Publish staged tables: atomic replacement of each partition, and recovery of interrupted runs.

```
_staging/run_id=<run>/<table>/<table>.parquet              uploaded by the driver and checked
_staging/run_id=<run>/_commit.json                         the report; from here on the run will be published
<table>/snapshot_date=<day>/<table>.parquet                replaced atomically, table by table
_runs/_columns.json                                        the last published columns of each table
_runs/snapshot_date=<day>/run_id=<run>/_published.json     last of all
```

The marts of a day are published in the same way. Their report is `_marts.json`.

A partition is one file with a constant name, so a reader finds the previous file or the new one, and always a
complete one. A run that was killed before its `_commit.json` has changed nothing. One killed after it is
finished by the next run, for any day (`recover`). See infra/decisions/0005.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from spotify_lake.contract.tables import PARTITION
from spotify_lake.errors import PublishFailed, reason_of
from spotify_lake.publishing.run_report import Columns, columns_as_lists, columns_from_lists

STAGING: Final = "_staging"
RUNS: Final = "_runs"
PUBLISHED_NAME: Final = "_published.json"
COLUMNS_NAME: Final = "_columns.json"
COMMIT_NAME: Final = "_commit.json"
_PARQUET: Final = ".parquet"

_LOG = logging.getLogger(__name__)


class Files(Protocol):
    """The file operations publishing needs (`storage.HadoopFiles`)."""

    def exists(self, uri: str) -> bool:
        """Return whether a file or folder exists."""
        ...

    def names(self, uri: str) -> list[str]:
        """Return the names in a folder, none when it does not exist."""
        ...

    def read_text(self, uri: str) -> str:
        """Return the content of a text file."""
        ...

    def replace(self, source: str, target: str) -> None:
        """Atomically replace the target with the source. The source may be kept or removed."""
        ...

    def delete(self, uri: str) -> None:
        """Delete a file or folder, if it exists."""
        ...

    def write_text(self, uri: str, text: str) -> None:
        """Write a text file."""
        ...


class Report(Protocol):
    """The report of a run for a day (`RunReport`, `MartsReport`)."""

    @property
    def snapshot_date(self) -> str:
        """The day."""
        ...

    @property
    def tables(self) -> Mapping[str, int]:
        """Rows of the published tables."""
        ...

    def to_json(self) -> str:
        """Return the text of the report's file."""
        ...


@dataclasses.dataclass(frozen=True)
class _Commit:
    """What a commit record says: the tables to replace, their columns, and the name of the report."""

    snapshot_date: str
    tables: tuple[str, ...]
    columns: Mapping[str, Columns]
    report_name: str

    @classmethod
    def from_json(cls, text: str) -> _Commit:
        """Read a commit record, which is the report of the run."""
        stored: dict[str, Any] = json.loads(text)
        return cls(
            stored["snapshot_date"],
            tuple(stored["tables"]),
            columns_from_lists(stored.get("columns", {})),
            stored.get("report_name", PUBLISHED_NAME),
        )


def reports_uri(curated_uri: str, snapshot_date: str) -> str:
    """Return the folder of a day's reports."""
    return f"{curated_uri}{RUNS}/{PARTITION.name}={snapshot_date}/"


def columns_uri(curated_uri: str) -> str:
    """Return the file with the last published columns of each table."""
    return f"{curated_uri}{RUNS}/{COLUMNS_NAME}"


@dataclasses.dataclass(frozen=True)
class CuratedPaths:
    """The paths that a run of a day writes to."""

    curated_uri: str
    run_id: str
    snapshot_date: str

    @property
    def staging(self) -> str:
        """The run's staging folder."""
        return f"{self.curated_uri}{STAGING}/run_id={self.run_id}/"

    @property
    def reports(self) -> str:
        """The folder of the day's reports."""
        return reports_uri(self.curated_uri, self.snapshot_date)

    @property
    def published(self) -> str:
        """The run's report."""
        return self.report(PUBLISHED_NAME)

    def report(self, name: str) -> str:
        """The run's report of that name."""
        return f"{self.reports}run_id={self.run_id}/{name}"

    def staged(self, table: str) -> str:
        """The folder of a table's staged file."""
        return f"{self.staging}{table}"

    def target(self, table: str) -> str:
        """The folder of a table's partition."""
        return self.partition(table, self.snapshot_date)

    def partition(self, table: str, day: str) -> str:
        """The folder of a table's partition of a day."""
        return f"{self.curated_uri}{table}/{PARTITION.name}={day}"

    def file(self, table: str) -> str:
        """The file of a table's partition."""
        return f"{self.target(table)}/{table}{_PARQUET}"

    @property
    def commit(self) -> str:
        """The file that commits the run: once it exists, the run will be published."""
        return f"{self.staging}{COMMIT_NAME}"


def publish(files: Files, places: CuratedPaths, report: Report) -> None:
    """Replace the partition of every table in the report, write the report, and clear the staging folder.

    Raises:
        PublishFailed: a file could not be replaced. The next run continues from there.
    """
    text = report.to_json()
    _write(files, places, places.commit, text)
    _finish(files, places, _Commit.from_json(text))


def _finish(files: Files, places: CuratedPaths, commit: _Commit) -> None:
    """Do the rest of a committed run. This is idempotent."""
    where = "the report"
    try:
        for where in commit.tables:
            _put(files, places, where)
        where = f"{RUNS}/{COLUMNS_NAME}"
        _record_columns(files, places, commit)
        where = "the report"
        _write(files, places, places.report(commit.report_name), files.read_text(places.commit))
    except Exception as error:
        raise PublishFailed(where, reason_of(error)) from error
    files.delete(places.staging)


def _put(files: Files, places: CuratedPaths, table: str) -> None:
    file, target = places.file(table), places.target(table)
    # On a disk there is no staged file left if an earlier attempt has renamed it.
    for name in files.names(places.staged(table)):
        if name.endswith(_PARQUET):
            files.replace(f"{places.staged(table)}/{name}", file)
    for name in files.names(target):
        if name.endswith(_PARQUET) and f"{target}/{name}" != file:
            files.delete(f"{target}/{name}")


def _record_columns(files: Files, places: CuratedPaths, commit: _Commit) -> None:
    """Record the columns of the published tables. Later contracts must be compatible with them."""
    uri = columns_uri(places.curated_uri)
    before = json.loads(files.read_text(uri)) if files.exists(uri) else {}
    published = {name: each for name, each in commit.columns.items() if name in commit.tables}
    after = {**before, **columns_as_lists(published)}
    if after != before:
        _write(files, places, uri, json.dumps(after, indent=1))


def _write(files: Files, places: CuratedPaths, uri: str, text: str) -> None:
    """Write a text file atomically, through the staging folder."""
    new = f"{places.staging}_new{uri.rsplit('/', 1)[1]}"
    files.write_text(new, text)
    files.replace(new, uri)


def recover(files: Files, curated_uri: str) -> list[str]:
    """Finish the committed runs that were killed, clear the staging folder, and return their run ids.

    Only one run works at a time (the pipeline's lease), so everything in staging belongs to killed runs.
    """
    root = f"{curated_uri}{STAGING}/"
    killed = [name.removeprefix("run_id=") for name in files.names(root)]
    for run_id in killed:
        commit = f"{root}run_id={run_id}/{COMMIT_NAME}"
        if files.exists(commit):
            committed = _Commit.from_json(files.read_text(commit))
            _finish(files, CuratedPaths(curated_uri, run_id, committed.snapshot_date), committed)
            _LOG.warning("published what the interrupted run %s had committed", run_id)
        else:
            files.delete(f"{root}run_id={run_id}")
            _LOG.warning("cleared what the interrupted run %s had left in staging", run_id)
    return killed
