"""`make run` on the bundled catalog: the wall time of the command and of each state."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from rich.table import Table


def measure(times: int) -> Table:
    """Run the command once to warm up and then `times` times, each with a new lake; tabulate medians."""
    walls: list[float] = []
    states: dict[str, list[float]] = defaultdict(list)
    for number in range(times + 1):
        wall, seconds = _run_once()
        if number:
            walls.append(wall)
            for state, took in seconds.items():
                states[state].append(took)
    table = Table("make run, bundled catalog", title=f"Whole run, {times} runs")
    for column in ("min s", "median s", "max s"):
        table.add_column(column, justify="right")
    for state, seconds_taken in states.items():
        table.add_row(f"  {state}", *_figures(seconds_taken))
    executions = [sum(each) for each in zip(*states.values(), strict=True)]
    table.add_row("execution", *_figures(executions))
    table.add_row("whole command", *_figures(walls))
    return table


def _figures(seconds: list[float]) -> tuple[str, str, str]:
    return tuple(f"{value:.1f}" for value in (min(seconds), statistics.median(seconds), max(seconds)))  # type: ignore[return-value]  # three by construction


def _run_once() -> tuple[float, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            sys.executable,
            "-m",
            "infra.local",
            "run",
            "--lake",
            f"{folder}/lake",
            "--report",
            str(report),
        ]
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wall = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(f"the run failed:\n{done.stdout}\n{done.stderr}")
        return wall, json.loads(report.read_text())[0]["states"]
