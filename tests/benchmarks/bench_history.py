"""The Glue job adding a day to a long history, against the same day in an empty lake."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Final

from rich.table import Table

from tests.benchmarks.bench_job import job
from tests.benchmarks.job_world import DAY, raw_day
from tests.benchmarks.process import Cost, run

_EMPTY: Final = "empty lake"


def measure(items: int, days: int, times: int) -> Table:
    """Publish a day of so many items into both lakes in turn; tabulate medians, and ratios run by run."""
    raw = raw_day(items)
    costs: dict[str, list[Cost]] = {_EMPTY: [], f"{days} days, {days * items:,} items": []}
    with tempfile.TemporaryDirectory() as folder:
        history = _history(raw, Path(folder), days)
        for _ in range(times):
            for runs, before in zip(costs.values(), (None, history), strict=True):
                runs.append(_published(raw, Path(folder) / "lake", before))
    table = Table("history", title=f"Adding a day of {items:,} items, median of cold processes")
    for column in ("wall s", "CPU s", "read MB", "wall / empty", "CPU / empty", "read / empty"):
        table.add_column(column, justify="right")
    for name, runs in costs.items():
        figures = [(each.wall, each.cpu, each.read) for each in runs]
        bases = [(each.wall, each.cpu, each.read) for each in costs[_EMPTY]]
        medians = [statistics.median(each[place] for each in figures) for place in range(3)]
        ratios = [
            statistics.median(a[place] / b[place] for a, b in zip(figures, bases, strict=True))
            for place in range(3)
        ]
        table.add_row(name, *(f"{each:.1f}" for each in medians), *(f"{each:.2f}" for each in ratios))
    return table


def _published(raw: Path, folder: Path, history: Path | None) -> Cost:
    folder.mkdir()
    if history is not None:
        shutil.copytree(history, folder / "curated", copy_function=os.link)
    command, environment = job(raw, folder)
    cost = run(command, environment, folder)
    shutil.rmtree(folder)
    return cost


def _history(raw: Path, folder: Path, days: int) -> Path:
    """Publish the day once, and give its partitions and report to the days before it."""
    command, environment = job(raw, folder)
    run(command, environment, folder)
    curated = folder / "curated"
    for published in list(curated.glob(f"*/snapshot_date={DAY}")):
        for number in range(1, days + 1):
            day = str(dt.date.fromisoformat(DAY) - dt.timedelta(number))
            copy = published.with_name(f"snapshot_date={day}")
            shutil.copytree(published, copy, copy_function=os.link)
            for report in copy.rglob("_published.json"):
                text = report.read_text("utf-8").replace(DAY, day)
                report.unlink()  # it is the published day's own file as well
                report.write_text(text, "utf-8")
        shutil.rmtree(published)
    return curated
