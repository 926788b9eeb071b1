"""The real job is killed with its JVM at random moments while it publishes a day again."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import normalize_spotify
from spotify_lake.contract import tables
from tests.soak import SOAK_FACTOR
from tests.spark.killed import kill_a_run
from tests.spark.lake import LINES, Lake, Row
from tests.spark.raw_rows import DAY, item, playlist, track, write_run

pytestmark = pytest.mark.spark
# A line of the log, and the maximum number of seconds until the job is killed after it. The first line comes
# before anything is read. After the second one, of a staged table, everything is published in half a second.
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
    """Every table's rows; `lake.rows` reads each file completely, so it fails on a truncated one."""
    lake.spark.catalog.clearCache()
    return {table.name: lake.rows(table.name) for table in tables.TABLES}


def test_a_killed_job_leaves_consistent_tables_and_the_next_one_gives_the_rows_of_an_undisturbed_run(
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
        arguments = {
            "raw_uri": lake.raw.as_uri(),
            "curated_uri": lake.curated.as_uri(),
            "run_id": f"killed-{number}",
            "snapshot_date": DAY,
        }
        kill_a_run(normalize_spotify.__file__, arguments, line, within)
        for name, found in rows(lake).items():
            assert found in (before[name], after[name]), name
    lake.run("job-2")
    assert rows(lake) == after
    assert not any((lake.curated / "_staging").iterdir())
