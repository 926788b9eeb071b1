"""The Glue job adding a day to a long history, compared with the same day in an empty lake.

With the history, every other playlist of the day is unchanged since an earlier day. Its rows are in the
folder of that day's run, among many that the day does not need.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Final

from rich.table import Table

from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import PlaylistEntry, RunManifest
from tests.benchmarks.bench_job import job
from tests.benchmarks.job_world import DAY, RUN, raw_day
from tests.benchmarks.process import Cost, run

_EMPTY: Final = "empty lake"


def measure(items: int, days: int, times: int) -> Table:
    """Publish a day into both lakes in turn; tabulate medians, and the ratios of each pair of runs."""
    raw = raw_day(items)
    costs: dict[str, list[Cost]] = {_EMPTY: [], f"{days} days, {days * items:,} items": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lakes = ((raw, None), (_raw_history(raw, folder / "raw", days), _history(raw, folder, days)))
        for _ in range(times):
            for runs, (day, before) in zip(costs.values(), lakes, strict=True):
                runs.append(_published(day, folder / "lake", before))
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


def days_before(days: int) -> list[str]:
    """Return so many days before the benchmark's day, the latest first."""
    return [str(dt.date.fromisoformat(DAY) - dt.timedelta(number)) for number in range(1, days + 1)]


def _raw_history(raw: Path, folder: Path, days: int) -> Path:
    """Copy the day's objects to earlier days, and make every other playlist unchanged since one of them."""
    shutil.copytree(raw, folder, copy_function=os.link)
    today = f"snapshot_date={DAY}"
    for objects in list(folder.glob(f"*/*/{today}")):
        for day in days_before(days):
            shutil.copytree(objects, objects.with_name(f"snapshot_date={day}"), copy_function=os.link)
    manifest = folder / raw_zone.manifest_key(DAY, RUN)
    text = manifest.read_text("utf-8")
    for day in days_before(days):
        _rewrite(folder / raw_zone.manifest_key(day, RUN), text.replace(DAY, day))
    _rewrite(manifest, _half_unchanged(text, days))
    return folder


def _half_unchanged(manifest: str, days: int) -> str:
    run = RunManifest.from_json(manifest)
    earlier = itertools.cycle(days_before(days))
    playlists = tuple(
        _unchanged(entry, next(earlier)) if number % 2 else entry
        for number, entry in enumerate(run.playlists)
    )
    return dataclasses.replace(run, playlists=playlists).to_json()


def _unchanged(entry: PlaylistEntry, day: str) -> PlaylistEntry:
    objects = tuple(dataclasses.replace(each, key=each.key.replace(DAY, day)) for each in entry.objects)
    return dataclasses.replace(entry, status="unchanged", objects=objects)


def _rewrite(file: Path, text: str) -> None:
    file.unlink()  # it may be a file of another day as well
    file.write_text(text, "utf-8")


def _history(raw: Path, folder: Path, days: int) -> Path:
    """Publish the day once, and copy its partitions and report to earlier days."""
    command, environment = job(raw, folder)
    run(command, environment, folder)
    curated = folder / "curated"
    for published in list(curated.glob(f"*/snapshot_date={DAY}")):
        for day in days_before(days):
            copy = published.with_name(f"snapshot_date={day}")
            shutil.copytree(published, copy, copy_function=os.link)
            for report in copy.rglob("_published.json"):
                _rewrite(report, report.read_text("utf-8").replace(DAY, day))
        shutil.rmtree(published)
    return curated
