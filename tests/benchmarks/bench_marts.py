"""The job `build_marts` on top of 28 days and of a long history, and the saved queries on that history."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.table import Table

from infra.local.athena.engine import Engine
from infra.local.aws.glue_script import job_arguments
from infra.local.aws.spark_script import SparkScript
from infra.saved_queries import saved_queries
from spotify_lake.contract.marts.registry import ALL_TABLES, MARTS
from spotify_lake.marts.mart import WINDOW_DAYS
from tests.athena_lake import DATABASE, curated_folder, register_tables
from tests.benchmarks.bench_history import days_before
from tests.benchmarks.bench_job import ROOT, job
from tests.benchmarks.cold_job import Process, cold_job
from tests.benchmarks.job_world import DAY, raw_day
from tests.benchmarks.process import Cost, run

_OVER_TABLES: Final = Path(__file__).with_name("over_tables")


def measure(items: int, days: int, times: int) -> Table:
    """Build the marts of a day on top of `WINDOW_DAYS` days and of `days` days, in turn.

    Args:
        items: items of a day.
        days: days of the long history.
        times: runs of each.
    """
    costs: dict[int, list[Cost]] = {WINDOW_DAYS: [], days: []}
    with tempfile.TemporaryDirectory() as name:
        published = _published(items, Path(name))
        for _ in range(times):
            for number, runs in costs.items():
                with _lake(published, number, Path(name) / "lake") as curated:
                    _drop(curated, [mart.name for mart in MARTS])
                    runs.append(_built(curated))
    table = Table("days before", title=f"Marts of a day of {items:,} items, median of cold processes")
    for column in ("wall s", "CPU s", "read MB", "wall / 28", "CPU / 28", "read / 28"):
        table.add_column(column, justify="right")
    for number, runs in costs.items():
        figures = [(each.wall, each.cpu, each.read) for each in runs]
        bases = [(each.wall, each.cpu, each.read) for each in costs[WINDOW_DAYS]]
        ratios = [[a / b for a, b in zip(*pair, strict=True)] for pair in zip(figures, bases, strict=True)]
        cells = [f"{each:.1f}" for each in _medians(figures)] + [f"{each:.2f}" for each in _medians(ratios)]
        table.add_row(str(number), *cells)
    return table


def ask(items: int, days: int, times: int) -> Table:
    """Run every saved query on a lake of `days` days, and those of marts over the tables as well.

    The queries over the tables lack some columns, such as the names of playlists.
    """
    table = Table("saved query", title=f"{days} days of {items:,} items, median of {times} runs")
    for column in ("MB scanned", "s", "over tables: MB", "s"):
        table.add_column(column, justify="right")
    over_tables = {path.stem: path.read_text("utf-8") for path in _OVER_TABLES.glob("*.sql")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _lake(_published(items, folder), days - 1, curated_folder(folder)):
            engine = register_tables(folder)
            for query in saved_queries():
                statements = [query.sql, *filter(None, [over_tables.get(query.name)])]
                costs = [_asked(engine, sql, times) for sql in statements]
                table.add_row(query.name, *(f"{figure:.2f}" for cost in costs for figure in cost))
    return table


def _asked(engine: Engine, sql: str, times: int) -> tuple[float, float]:
    """The MB that a statement scans, and the median of its seconds."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        output = engine.run(sql, DATABASE)
        seconds.append(time.perf_counter() - started)
    return output.scanned_bytes / 1e6, statistics.median(seconds)


def _medians(rows: Sequence[Sequence[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def _published(items: int, folder: Path) -> Path:
    """A curated zone with the tables and the marts of one day."""
    command, environment = job(raw_day(items), folder)
    run(command, environment, folder)
    shutil.rmtree(folder / "spark")
    _built(folder / "curated")
    return folder / "curated"


def _built(curated: Path) -> Cost:
    """Build the marts of the day in a cold process."""
    with tempfile.TemporaryDirectory() as name:
        command, environment = _marts_job(curated, Path(name))
        return run(command, environment, Path(name))


def _marts_job(curated: Path, folder: Path) -> Process:
    library = shutil.make_archive(str(folder / "spotify_lake"), "zip", ROOT / "glue_jobs", "spotify_lake")
    arguments = {"--curated_uri": "s3://curated/", "--run_id": "bench", "--snapshot_date": DAY}
    script = SparkScript(
        script=ROOT / "glue_jobs" / "build_marts.py",
        arguments=job_arguments("bench", "jr_bench", arguments),
        folder=folder / "spark",
        buckets={"curated": curated},
        py_files=[Path(library)],
    )
    return cold_job(script)


@contextmanager
def _lake(published: Path, days: int, target: Path) -> Iterator[Path]:
    """A copy of the published day's zone that has the same day on so many days before it too."""
    shutil.copytree(published, target, copy_function=os.link)
    for table in ALL_TABLES:
        for day in days_before(days):
            of_day = target / table.name / f"snapshot_date={DAY}"
            if of_day.exists():
                shutil.copytree(of_day, of_day.with_name(f"snapshot_date={day}"), copy_function=os.link)
    try:
        yield target
    finally:
        shutil.rmtree(target)


def _drop(curated: Path, marts: Sequence[str]) -> None:
    for name in marts:
        shutil.rmtree(curated / name / f"snapshot_date={DAY}", ignore_errors=True)
