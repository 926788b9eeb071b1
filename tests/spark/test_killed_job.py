"""The real job, its JVM and all, killed at random moments of a day that it publishes anew."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import normalize_spotify
from spotify_lake.contract import tables
from tests.soak import SOAK_FACTOR
from tests.spark.lake import LINES, Lake, Row
from tests.spark.raw_rows import DAY, item, playlist, track, write_run

pytestmark = pytest.mark.spark
SUBMIT = (
    "--master local[2] --conf spark.ui.enabled=false --conf spark.driver.memory=1g"
    " --conf spark.driver.extraJavaOptions='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' pyspark-shell"
)
# A line of the log, and within how many seconds after it the job is killed. The first stands before anything
# is read; after the second, of a staged table, what is left is checked and published within half a second.
MOMENTS = ((b" records in ", 3.0), (b"rejected_records ", 0.6))
LATER = "2026-11-22T08:00:00.000Z"


def write_first(root: Path) -> None:
    write_run(root, LINES)


def write_second(root: Path) -> None:
    lines = [
        playlist("p1", run_id="run-2", name="Renamed", fetched_at=LATER),
        item(track(id="t3"), run_id="run-2"),
    ]
    write_run(root, lines, run_id="run-2", completed_at=LATER)


def rows(lake: Lake) -> dict[str, list[Row]]:
    """Every table's rows; `lake.rows` reads each file whole, so it fails on one that is cut off."""
    lake.spark.catalog.clearCache()
    return {table.name: lake.rows(table.name) for table in tables.TABLES}


def kill_a_run(lake: Lake, run_id: str, line: bytes, within: float) -> None:
    command = [sys.executable, normalize_spotify.__file__, "--run_id", run_id, "--snapshot_date", DAY]
    command += ["--raw_uri", lake.raw.as_uri(), "--curated_uri", lake.curated.as_uri()]
    environment = {
        **os.environ,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": SUBMIT,
        "PYTHONPATH": str(Path(normalize_spotify.__file__).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    # A session of its own, so that the kill takes Python and its JVM at once.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            assert any(line in each for each in process.stdout), "the job ended too soon"
            time.sleep(random.Random(run_id).uniform(0, within))  # a moment, no secret
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_job_that_is_killed_leaves_whole_tables_and_the_next_gives_the_rows_of_an_undisturbed_one(
    spark: SparkSession, tmp_path: Path
) -> None:
    undisturbed, lake = Lake(spark, tmp_path / "undisturbed"), Lake(spark, tmp_path / "disturbed")
    for each in (undisturbed, lake):
        write_first(each.raw)
        each.run()
    before = rows(lake)
    for each in (undisturbed, lake):
        write_second(each.raw)
    undisturbed.run("job-2")
    after = rows(undisturbed)
    assert after != before
    for number, (line, within) in enumerate(MOMENTS * SOAK_FACTOR):
        kill_a_run(lake, f"killed-{number}", line, within)
        for name, found in rows(lake).items():
            assert found in (before[name], after[name]), name
    lake.run("job-2")
    assert rows(lake) == after
    assert not any((lake.curated / "_staging").iterdir())
