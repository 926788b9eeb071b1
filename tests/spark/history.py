"""A lake of several days: the fetch of each, the job for any of them, and the published rows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from spotify_lake.config import JobConfig
from spotify_lake.contract import tables
from spotify_lake.rebuild.backfill import run_days
from tests.spark.lake import Row, rows_as_dicts
from tests.spark.raw_rows import Json, artist, item, playlist, track, write_run

Rows = dict[str, list[Row]]


def a_day(items: int, *, others: int = 0, name: str = "Slow Mornings") -> list[Json]:
    """The lines of a playlist of `items` tracks, of another of `others`, and of the artist's full record."""
    return [
        playlist("p1", name=name),
        artist("ar1"),
        *(item(track(id=f"t{n}"), position=n) for n in range(items)),
        *(item(track(id=f"o{n}"), playlist_id="p2", position=n) for n in range(others)),
    ]


@dataclasses.dataclass
class History:
    """A raw and a curated folder, and the job; its clock advances by a minute at each call."""

    spark: SparkSession
    root: Path
    times: Iterator[int] = dataclasses.field(default_factory=itertools.count)

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def curated(self) -> Path:
        return self.root / "curated"

    def fetch(self, day: str, lines: list[Json], run_id: str = "run-1") -> None:
        write_run(self.raw, lines, day=day, run_id=run_id, completed_at=f"{day}T05:00:0{run_id[-1]}.000Z")

    def run(self, run_id: str, days: str, **given: Any) -> list[Json]:
        config = JobConfig(f"{self.raw.as_uri()}/", f"{self.curated.as_uri()}/", run_id, days, **given)
        return [report.as_dict() for report in run_days(self.spark, config, self._now)]

    def _now(self) -> dt.datetime:
        return dt.datetime(2026, 11, 22, tzinfo=dt.UTC) + dt.timedelta(minutes=next(self.times))

    def rows(self, day: str) -> Rows:
        """Every table's rows on a day; a table without a partition has none."""
        return {table.name: self.rows_of(table.name, day) for table in tables.TABLES}

    def rows_of(self, table: str, day: str) -> list[Row]:
        folder = self.curated / table / f"snapshot_date={day}"
        return rows_as_dicts(self.spark.read.parquet(str(folder))) if folder.exists() else []

    def files(self) -> dict[str, bytes]:
        """Everything a reader of the tables can see."""
        found = sorted(self.curated.rglob("*.parquet"))
        return {str(path.relative_to(self.curated)): path.read_bytes() for path in found}

    def report(self, day: str, run_id: str) -> Path:
        return self.curated / "_runs" / f"snapshot_date={day}" / f"run_id={run_id}" / "_published.json"

    def rewrite_report(self, day: str, run_id: str, **changes: Any) -> None:
        """Change fields of a report; None removes a field."""
        path = self.report(day, run_id)
        report = {**json.loads(path.read_text("utf-8")), **changes}
        path.write_text(json.dumps({name: value for name, value in report.items() if value is not None}))
        path.with_name(f".{path.name}.crc").unlink(missing_ok=True)

    def empty(self) -> None:
        """Delete the curated zone."""
        shutil.rmtree(self.curated)

    def drop(self, table: str, day: str = "") -> None:
        """Delete a table, or one day of it."""
        shutil.rmtree(self.curated / table / (f"snapshot_date={day}" if day else ""))
