"""`make query`: a small query, a large result, and one day of a long history, with the command's start."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from rich.table import Table

from infra.local.lake_folder import write_catalog

_FIRST_DAY: Final = dt.date(2025, 1, 1)
_SERDE: Final = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_COLUMNS: Final = {"playlist_id": "string", "position": "int", "track_id": "string", "duration_ms": "bigint"}


def measure(days: int, items: int, rows: int, times: int) -> Table:
    """Ask a lake of `days` days with `items` items each; tabulate the wall time of the command.

    Args:
        days: days of the history.
        items: items of each day.
        rows: rows of the large result.
        times: runs of each query, after one to warm up.
    """
    last = _FIRST_DAY + dt.timedelta(days=days - 1)
    queries = {
        "small query": "select 1",
        f"{rows:,} rows to CSV": f"select * from items limit {rows}",
        f"one day of {days} x {items:,} items": (
            f"select count(*), sum(duration_ms) from items where snapshot_date = '{last}'"
        ),
    }
    table = Table("make query", title=f"Queries of a lake's folder, {times} runs")
    for column in ("min s", "median s", "max s", "KiB scanned"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder)
        _fill(lake, days, items)
        for name, sql in queries.items():
            walls = [_wall(lake, sql, "csv") for _ in range(times + 1)][1:]
            figures = (min(walls), statistics.median(walls), max(walls))
            table.add_row(name, *(f"{wall:.2f}" for wall in figures), _scanned(lake, sql))
    return table


def _fill(lake: Path, days: int, items: int) -> None:
    """Write a table `items` with the same rows on each day."""
    bucket = lake / "s3" / "curated"
    bucket.mkdir(parents=True)
    first = bucket / "first.parquet"
    pq.write_table(_items(items), first, compression="zstd")
    partitions = []
    for day in _days(days):
        folder = bucket / "items" / f"snapshot_date={day}"
        folder.mkdir(parents=True)
        shutil.copyfile(first, folder / "items.parquet")
        location = f"s3://curated/items/snapshot_date={day}/"
        partitions.append({"Values": [day], "StorageDescriptor": {"Location": location}})
    storage = {
        "Columns": [{"Name": name, "Type": kind} for name, kind in _COLUMNS.items()],
        "Location": "s3://curated/items/",
        "SerdeInfo": {"SerializationLibrary": _SERDE},
    }
    described = {
        "Name": "items",
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "snapshot_date", "Type": "string"}],
        "StorageDescriptor": storage,
    }
    write_catalog(lake, {"spotify_lake": {"items": {"table": described, "partitions": partitions}}})


def _days(count: int) -> Iterator[str]:
    for number in range(count):
        yield (_FIRST_DAY + dt.timedelta(days=number)).isoformat()


def _items(count: int) -> pa.Table:
    numbers = range(count)
    return pa.table({
        "playlist_id": [f"playlist{number % 200:014}" for number in numbers],
        "position": pa.array(numbers, pa.int32()),
        "track_id": [f"track{number * 7919 % count:017}" for number in numbers],
        "duration_ms": pa.array([180_000 + number % 90_000 for number in numbers], pa.int64()),
    })  # fmt: skip


def _wall(lake: Path, sql: str, form: str) -> float:
    started = time.perf_counter()
    _query(lake, sql, form)
    return time.perf_counter() - started


def _scanned(lake: Path, sql: str) -> str:
    """The KiB that the summary below a table reports."""
    return _query(lake, sql, "table").splitlines()[-1].rpartition("; ")[2].split()[0]


def _query(lake: Path, sql: str, form: str) -> str:
    command = [
        sys.executable,
        "-m",
        "infra.local.sql",
        "query",
        "--lake",
        str(lake),
        "--format",
        form,
        "--",
        sql,
    ]
    # Compiled modules are kept, as `make` keeps them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"the query failed:\n{done.stderr}")
    return done.stdout
