"""A curated zone on this machine's disk, whose tables a test writes, and the job `build_marts` on it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from spotify_lake.contract import tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import Table
from spotify_lake.marts.config import MartsConfig
from spotify_lake.marts.job import run_days
from spotify_lake.marts.mart import Mart
from spotify_lake.marts.registry import MARTS
from spotify_lake.publishing.marts_report import MartsReport

Row = dict[str, Any]
Tables = Mapping[str, Sequence[Row]]
"""The rows of each table of a day. A column that a row leaves out is null."""


@dataclasses.dataclass
class CuratedLake:
    """A curated zone.

    Attributes:
        spark: the session.
        root: its folder.
        built: the marts that the job builds.
    """

    spark: SparkSession
    root: Path
    built: Sequence[Mart] = MARTS
    _minutes: Iterator[int] = dataclasses.field(default_factory=itertools.count)

    def write_day(self, day: str, content: Tables) -> None:
        """Publish the tables of a day, as normalize_spotify does; a table that is not given has no rows."""
        for table in tables.TABLES:
            write_partition(self.root, table, day, content.get(table.name, ()))

    def build(self, days: str = "all", run_id: str = "marts-1") -> dict[str, MartsReport]:
        config = MartsConfig(f"{self.root.as_uri()}/", run_id, days)
        return run_days(self.spark, config, self._now, self.built)

    def rows(self, table: Table, day: str) -> list[Row]:
        """The rows of a partition, in the order of the table's key."""
        found = pq.read_table(self.folder(table, day), partitioning=None).cast(arrow_schema(table))
        return sorted(found.to_pylist(), key=lambda row: [str(row[name]) for name in table.key])

    def marts(self, day: str) -> dict[str, list[Row]]:
        return {mart.table.name: self.rows(mart.table, day) for mart in self.built}

    def folder(self, table: Table, day: str) -> Path:
        return self.root / table.name / f"snapshot_date={day}"

    def drop(self, table: Table, day: str) -> None:
        """Delete a partition, as somebody may do by hand."""
        shutil.rmtree(self.folder(table, day))

    def _now(self) -> dt.datetime:
        return dt.datetime(2026, 11, 22, tzinfo=dt.UTC) + dt.timedelta(minutes=next(self._minutes))


def write_partition(root: Path, table: Table, day: str, rows: Sequence[Row]) -> None:
    schema = arrow_schema(table)
    unknown = {name for row in rows for name in row} - set(schema.names)
    assert not unknown, f"{table.name} has no column {unknown}"
    folder = root / table.name / f"snapshot_date={day}"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), folder / f"{table.name}.parquet")
