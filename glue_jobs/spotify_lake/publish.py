"""Staging, and the way from there into place.

```
_staging/run_id=<run>/<table>/part-*.parquet                       written by Spark, checked
<table>/snapshot_date=<day>/                                       moved here when every table is checked
_staging/run_id=<run>/_former/<table>/snapshot_date=<day>/         what stood there, until all is published
_runs/snapshot_date=<day>/run_id=<run>/_published.json             last of all
```

A reader finds whole folders only. When a move fails, what was moved is moved back. A run that was killed
between two moves leaves its `_former` folder, from which the next run puts the former state back (`recover`).
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from spotify_lake.errors import PublishFailed
from spotify_lake.tables import PARTITION, Table

STAGING: Final = "_staging"
RUNS: Final = "_runs"
PUBLISHED_NAME: Final = "_published.json"
_FORMER: Final = "_former"

_LOG = logging.getLogger(__name__)


class Files(Protocol):
    """The file operations publishing needs (`storage.HadoopFiles`)."""

    def exists(self, uri: str) -> bool:
        """Tell whether there is a file or folder."""
        ...

    def names(self, uri: str) -> list[str]:
        """Return the names in a folder, none when it does not exist."""
        ...

    def move(self, source: str, target: str) -> None:
        """Rename a folder; raise `OSError` when that is refused."""
        ...

    def delete(self, uri: str) -> None:
        """Delete a file or folder; nothing happens when there is none."""
        ...

    def write_text(self, uri: str, text: str) -> None:
        """Write a text file."""
        ...


@dataclasses.dataclass(frozen=True)
class Places:
    """Where a run of a day writes."""

    curated_uri: str
    run_id: str
    snapshot_date: str

    @property
    def staging(self) -> str:
        """The run's staging folder."""
        return f"{self.curated_uri}{STAGING}/run_id={self.run_id}/"

    @property
    def published(self) -> str:
        """The run's report."""
        day = f"{PARTITION.name}={self.snapshot_date}"
        return f"{self.curated_uri}{RUNS}/{day}/run_id={self.run_id}/{PUBLISHED_NAME}"

    def staged(self, table: str) -> str:
        """The folder of a table's staged files."""
        return f"{self.staging}{table}"

    def target(self, table: str) -> str:
        """The folder of a table's partition."""
        return f"{self.curated_uri}{table}/{PARTITION.name}={self.snapshot_date}"

    def former(self, table: str) -> str:
        """Where the partition that is being replaced waits."""
        return f"{self.staging}{_FORMER}/{table}/{PARTITION.name}={self.snapshot_date}"


def publish(files: Files, places: Places, tables: Iterable[Table], report: Mapping[str, Any]) -> None:
    """Move every staged table into place, write the report, and clear the staging folder.

    Raises:
        PublishFailed: a move was refused; what had been moved was moved back.
    """
    swapped: list[str] = []
    for table in tables:
        try:
            _swap(files, places, table.name)
        except Exception as error:
            lost = _put_back(files, places, swapped)
            raise PublishFailed(table.name, str(error), not_restored=lost) from error
        swapped.append(table.name)
    files.write_text(places.published, json.dumps(report, indent=1, ensure_ascii=False))
    files.delete(places.staging)


def _swap(files: Files, places: Places, table: str) -> None:
    target, former = places.target(table), places.former(table)
    if files.exists(target):
        files.move(target, former)
    try:
        files.move(places.staged(table), target)
    except Exception:
        _restore(files, former, target)
        raise


def _put_back(files: Files, places: Places, swapped: Iterable[str]) -> list[str]:
    lost = []
    for table in swapped:
        try:
            files.delete(places.target(table))
            _restore(files, places.former(table), places.target(table))
        except Exception:
            _LOG.exception("could not put back %s", table)
            lost.append(table)
    return lost


def _restore(files: Files, former: str, target: str) -> None:
    if files.exists(former):
        files.delete(target)
        files.move(former, target)


def recover(files: Files, curated_uri: str) -> list[str]:
    """Put right what killed runs left behind, and clear their staging; return the run ids found.

    A run that wrote its report was whole; of any other, the partitions it had moved aside are moved back.
    Only one run works at a time (the pipeline's lease), so whatever lies in staging is a dead run's.
    """
    root = f"{curated_uri}{STAGING}/"
    dead = [name.removeprefix("run_id=") for name in files.names(root)]
    for run_id in dead:
        former_root = f"{root}run_id={run_id}/{_FORMER}/"
        for table in files.names(former_root):
            for partition in files.names(f"{former_root}{table}"):
                day = partition.removeprefix(f"{PARTITION.name}=")
                places = Places(curated_uri, run_id, day)
                if not files.exists(places.published):
                    _restore(files, places.former(table), places.target(table))
        files.delete(f"{root}run_id={run_id}")
        _LOG.warning("cleared what the unfinished run %s had left in staging", run_id)
    return dead
