"""The Glue job against the same work in DuckDB, Polars and pandas: same raw objects in, same rows out.

Each run is a new, cold process. The engines take turns, so that noise of the machine affects all alike.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
from rich.table import Table

from infra.local.aws.glue_script import job_arguments
from infra.local.aws.spark_script import SparkScript
from spotify_lake.contract import tables
from tests.benchmarks.cold_job import Process, cold_job
from tests.benchmarks.job_world import DAY, raw_day
from tests.benchmarks.process import Cost, TooMuchMemory, run

ROOT: Final = Path(__file__).resolve().parents[2]
_NOT_COMPARED: Final = (tables.REJECTED_RECORDS, tables.QUALITY_RESULTS)
_COMPARED: Final = tuple(table for table in tables.TABLES if table not in _NOT_COMPARED)
JOB: Final = "our job"
HEAD: Final = ("engine", "wall s", "CPU s", "peak MB", "job / engine, wall", "job / engine, CPU")

Contents = dict[str, tuple[int, int]]


class RowsDiffer(AssertionError):
    """An engine's tables differ from those of the job."""


def measure(
    items: int, times: int, engines: Sequence[str], memory: int, cores: int | None = None
) -> dict[str, list[Cost]]:
    """Run the job and each engine in turn, `times` times; every run must give the rows of the first job run.

    Returns:
        The cost of each run; none for an engine that needed more memory than that.

    Raises:
        RowsDiffer: naming engine and tables.
    """
    raw = raw_day(items)
    makers: dict[str, Callable[[Path], Process]] = {JOB: lambda folder: job(raw, folder)}
    makers |= {name: _yardstick(name, raw) for name in engines}
    costs: dict[str, list[Cost]] = {name: [] for name in makers}
    expected: Contents = {}
    for _ in range(times):
        for name, make in list(makers.items()):
            with tempfile.TemporaryDirectory() as folder:
                command, environment = make(Path(folder))
                try:
                    costs[name].append(run(command, environment, Path(folder), cores, memory))
                except TooMuchMemory:
                    if name == JOB:
                        raise
                    costs[name].clear()
                    del makers[name]
                    continue
                contents = _contents(Path(folder) / "curated")
            expected = expected or contents
            if differing := [table for table in expected if contents[table] != expected[table]]:
                detail = ", ".join(f"{each}: {contents[each]}, {expected[each]}" for each in differing)
                raise RowsDiffer(f"{name} and the job differ in (rows, hash) of {detail}")
    return costs


def tabulate(items: int, costs: Mapping[str, Sequence[Cost]]) -> Table:
    """Show medians, and the job's wall and CPU time as a multiple of each engine's."""
    name, *figures = HEAD
    table = Table(name, title=f"{items:,} items, {os.cpu_count()} cores, median of cold processes")
    for column in figures:
        table.add_column(column, justify="right")
    for row in rows(costs):
        table.add_row(*row)
    return table


def rows(costs: Mapping[str, Sequence[Cost]]) -> list[tuple[str, ...]]:
    """Return the rows of the table, with the ratios of each pair of runs."""
    ours = costs[JOB]
    made: list[tuple[str, ...]] = []
    for name, runs in costs.items():
        if not runs:
            made.append((name, "out of memory", "", "", "", ""))
            continue
        wall, cpu, peak = (
            statistics.median(getattr(each, figure) for each in runs) for figure in ("wall", "cpu", "peak")
        )
        walls = statistics.median(a.wall / b.wall for a, b in zip(ours, runs, strict=True))
        cpus = statistics.median(a.cpu / b.cpu for a, b in zip(ours, runs, strict=True))
        made.append((name, f"{wall:.1f}", f"{cpu:.1f}", f"{peak:,.0f}", f"{walls:.2f}", f"{cpus:.2f}"))
    return made


def markdown(measured: Mapping[int, Mapping[str, Sequence[Cost]]]) -> str:
    """Return the results of several sizes, each with its runs by engine, as one Markdown table."""
    columns = ("items", "runs", *HEAD)
    cells = [
        columns,
        ("---",) * len(columns),
        *(
            (f"{items:,}", str(len(costs[JOB])), *row)
            for items, costs in measured.items()
            for row in rows(costs)
        ),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def job(raw: Path, folder: Path) -> Process:
    """Return the command of the job as infra/local starts it: with the package as a zip and s3:// URIs."""
    curated = folder / "curated"
    curated.mkdir(exist_ok=True)
    library = shutil.make_archive(str(folder / "spotify_lake"), "zip", ROOT / "glue_jobs", "spotify_lake")
    arguments = {
        "--raw_uri": "s3://raw/",
        "--curated_uri": "s3://curated/",
        "--run_id": "bench",
        "--snapshot_date": DAY,
    }
    script = SparkScript(
        script=ROOT / "glue_jobs" / "normalize_spotify.py",
        arguments=job_arguments("bench", "jr_bench", arguments),
        folder=folder / "spark",
        buckets={"raw": raw, "curated": curated},
        py_files=[Path(library)],
    )
    return cold_job(script)


def _yardstick(name: str, raw: Path) -> Callable[[Path], Process]:
    module = f"tests.benchmarks.yardstick_{name}"

    def make(folder: Path) -> Process:
        command = [sys.executable, "-m", module, str(raw), str(folder / "curated")]
        return command, {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "glue_jobs")))}

    return make


def _contents(curated: Path) -> Contents:
    """The number of rows of each table, and a hash that does not depend on their order."""
    contents = {}
    for table in _COMPARED:
        files = f"{curated}/{table.name}/snapshot_date={DAY}/*.parquet"
        columns = ", ".join(f"{each.name}::{_duckdb_type(each.type)}" for each in table.columns)
        query = f"SELECT count(*), coalesce(sum(hash({columns})), 0) FROM read_parquet('{files}')"
        contents[table.name] = duckdb.execute(query).fetchall()[0]
    return contents


def _duckdb_type(glue_type: str) -> str:
    return "varchar[]" if glue_type == "array<string>" else glue_type
