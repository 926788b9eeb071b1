"""Run the job on catalogs and find those whose published rows differ from the reference."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from spotify_lake.config import JobConfig
from spotify_lake.contract import tables
from spotify_lake.engine import session
from spotify_lake.job import run
from tests.spark.generated.layout import LaidOut, Layout, lay_out
from tests.spark.generated.lines import Catalog
from tests.spark.raw_rows import DAY, Json
from tests.spark.reference.day import Day, Zones, normalised
from tests.spark.reference.reading import Row

NOW: Final = dt.datetime(2026, 11, 22, 6, 30, tzinfo=dt.UTC)
_OWNER: Final = re.compile(r"cat(\d{4})")
_CONTENT: Final = [table.name for table in tables.TABLES if table is not tables.QUALITY_RESULTS]
_OF_ROWS: Final = ("not_null", "unique", "range", "values", "foreign_key", "stored_items")

Differences = dict[int, list[str]]
"""Descriptions of the differences, by the catalog's index in the batch."""


class Comparison:
    """Compares the job with the reference on many catalogs at once.

    Args:
        spark: the session.
        root: an empty folder.
        layout: how days are laid out.
        patch: sets the job's limits that decide on the number of tasks.
    """

    def __init__(self, spark: SparkSession, root: Path, layout: Layout, patch: pytest.MonkeyPatch) -> None:
        self._spark, self._root, self._layout, self._patch = spark, root, layout, patch
        self.runs = 0

    def differences(self, catalogs: Sequence[Catalog]) -> Differences:
        """Run the job on all catalogs at once. If it fails, run it on each half."""
        try:
            return self._compared(catalogs)
        except Exception as error:
            if len(catalogs) == 1:
                return {0: [f"{type(error).__name__}: {error}"[:3000]]}
        middle = len(catalogs) // 2
        second = self.differences(catalogs[middle:])
        return self.differences(catalogs[:middle]) | {middle + index: each for index, each in second.items()}

    def _compared(self, catalogs: Sequence[Catalog]) -> Differences:
        self.runs += 1
        root = self._root / str(self.runs)
        zones = Zones(f"{(root / 'raw').as_uri()}/", f"{(root / 'curated').as_uri()}/", DAY)
        day = lay_out(root / "raw", catalogs, self._layout)
        expected = normalised(day.manifests, day.lines, zones)
        report = self._run(zones, sum(map(len, day.lines.values())))
        found = _Differences(day, zones)
        published = {table.name: _published(root / "curated", table.name) for table in tables.TABLES}
        for name in _CONTENT:
            found.compare(name, expected.rows[name], published[name])
        reported = _figures(report) | {"failing": _failing(published[tables.QUALITY_RESULTS.name])}
        figures = _expected_figures(expected)
        if not found.by_catalog and reported != figures:
            raise AssertionError(f"the report says {reported}, it should say {figures}")
        return found.by_catalog

    def _run(self, zones: Zones, rows: int) -> Json:
        layout, conf = self._layout, self._spark.conf
        self._patch.setattr(session, "SMALL_ROWS", 10**6 if layout.tasks == 1 else 0)
        self._patch.setattr(session, "_ROWS_PER_TASK", -(-rows // layout.tasks))
        original = {name: str(conf.get(name)) for name in layout.options}
        try:
            for name, value in layout.options.items():
                conf.set(name, value)
            day = (zones.raw_uri, zones.curated_uri, "job-1", zones.snapshot_date)
            config = JobConfig(*day, max_rejected_percent=100)  # the catalogs contain many invalid lines
            return run(self._spark, config, lambda: NOW).as_dict()
        finally:
            for name, value in original.items():
                conf.set(name, value)


def _published(curated: Path, name: str) -> list[Row]:
    path = curated / name / f"{tables.PARTITION.name}={DAY}" / f"{name}.parquet"
    rows: list[Row] = pq.ParquetFile(path).read().to_pylist()
    return rows


def _failing(results: Sequence[Row]) -> dict[str, int]:
    return {
        row["rule"]: row["failing"] for row in results if row["check_name"] in _OF_ROWS and row["failing"]
    }


def _figures(report: Json) -> Json:
    rows = {name: report["tables"][name]["rows"] for name in _CONTENT}
    return {"rows": rows} | {name: report[name] for name in ("reconciliation", "rejected", "items", "values")}


def _expected_figures(day: Day) -> Json:
    return {
        "rows": {name: len(day.rows[name]) for name in _CONTENT},
        "reconciliation": day.reconciliation,
        "rejected": day.rejected,
        "items": day.items,
        "failing": day.failing,
        "values": day.values,
    }


class _Differences:
    """Missing and unexpected rows, by the catalog that they belong to."""

    def __init__(self, day: LaidOut, zones: Zones) -> None:
        self._day, self._zones = day, zones
        self.by_catalog: Differences = {}

    def compare(self, table: str, expected: Sequence[Row], published: Sequence[Row]) -> None:
        wanted, found = Counter(map(_as_text, expected)), Counter(map(_as_text, published))
        for problem, rows in (("missing", wanted - found), ("unexpected", found - wanted)):
            for row in rows.elements():
                self.by_catalog.setdefault(self._owner(row), []).append(f"{table}: {problem}: {row}")

    def _owner(self, row: str) -> int:
        content = json.loads(row)
        if content.get("line_number"):
            key = content["object_uri"].removeprefix(self._zones.raw_uri)
            return self._day.owners[key, content["line_number"]]
        owner = _OWNER.search(row)
        assert owner, f"a row of no catalog: {row}"
        return int(owner[1])


def _as_text(row: Mapping[str, Any]) -> str:
    if row.get("reason") == tables.QUALITY_RULE:
        # A quarantined row is JSON, whose white space does not matter.
        row = {**row, "raw_text": json.loads(row["raw_text"])}
    return json.dumps(row, default=str, ensure_ascii=False, sort_keys=True)
