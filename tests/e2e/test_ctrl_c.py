"""Ctrl-C or SIGTERM at any moment of `make run`: one line says what was published; no traceback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra.local.stack import open_stack
from spotify_lake.publishing.publish import RUNS
from tests.project import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.spark]
_DRIVER = "spark_driver.py"
_HANGS_AFTER = 600  # seconds


class Run:
    """A run of the pipeline in its own process group, as a shell starts it."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SPOTIFY_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "run", "--lake", str(lake), "--date", "2026-11-20"],
            cwd=ROOT,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _HANGS_AFTER
        while not is_so():
            assert time.monotonic() < deadline
            assert self.process.poll() is None, "it ended too early"
            time.sleep(0.01)

    def wait_for_line(self, pattern: str) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if re.search(pattern, line):
                return
        raise AssertionError(f"no line was like {pattern}")

    def loads_packages(self) -> bool:
        return "site-packages" in Path(f"/proc/{self.process.pid}/maps").read_text()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def has_job(self) -> bool:
        drivers = [child for child in self.children() if _DRIVER in " ".join(_command_of(child))]
        return len(drivers) > 1  # the process that drivers are forked from, and a driver

    def press_ctrl_c(self) -> str:
        """Send Ctrl-C to every process of the group, as a terminal does; return the line that is printed."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.last_line()

    def terminate(self) -> str:
        """Send SIGTERM to the one process, as `timeout` does; return the line that is printed."""
        self.process.terminate()
        return self.last_line()

    def last_line(self) -> str:
        _, message = self.process.communicate(timeout=_HANGS_AFTER)
        assert self.process.returncode == 130, message
        lines = message.strip().splitlines()
        assert len(lines) == 1, message
        return lines[0]


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended
        return []


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started = Run(tmp_path / "lake")
    yield started
    started.process.kill()
    started.process.wait()


def reports(lake: Path) -> list[Path]:
    return list((lake / "s3").rglob(f"{RUNS}/snapshot_date=*/run_id=*/_published.json"))


def test_while_modules_are_loaded(run: Run) -> None:
    run.wait_until(run.loads_packages)
    assert run.press_ctrl_c() == "Stopped."
    assert not run.lake.exists()


def test_while_the_stack_is_deployed(run: Run) -> None:
    run.wait_for_line("Starting the local AWS")
    assert run.press_ctrl_c() == "Stopped."


def test_when_the_execution_has_just_started(run: Run) -> None:
    run.wait_for_line("^Execution ")
    assert run.press_ctrl_c().startswith("Stopped. Nothing was published.")


@pytest.mark.parametrize("stop", [Run.press_ctrl_c, Run.terminate])
def test_while_the_job_runs_everything_that_was_started_ends(run: Run, stop: Callable[[Run], str]) -> None:
    run.wait_until(run.has_job)
    children = run.children()
    assert stop(run).startswith("Stopped. Nothing was published. What was fetched is kept")
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert reports(run.lake) == []


def test_after_the_job_the_day_is_published_and_the_line_says_so(run: Run) -> None:
    run.wait_for_line("NormalizeToParquet")
    line = run.press_ctrl_c()
    assert line.startswith("Stopped. 2026-11-20 (10 tables, ")
    assert (
        "was published. The catalog and the views are not up to date: `make rebuild DAYS=2026-11-20`" in line
    )
    assert len(reports(run.lake)) == 1


def test_after_the_catalog_everything_is_up_to_date(run: Run) -> None:
    run.wait_for_line("PublishCatalog")
    line = run.press_ctrl_c()
    assert "was published. The catalog and the views are up to date." in line
    with open_stack(run.lake) as stack:
        tables = stack.aws.client("glue").get_tables(DatabaseName=stack.outputs["AthenaDatabase"])[
            "TableList"
        ]
    assert {"tracks", "latest_tracks"} <= {table["Name"] for table in tables}
