"""The real job `build_marts`, its JVM and all, killed at random moments of a day that it publishes again."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import build_marts
from tests.soak import SOAK_FACTOR
from tests.spark.killed import kill_a_run
from tests.spark.marts.curated_lake import CuratedLake
from tests.spark.marts.days import Contents, day_tables

pytestmark = pytest.mark.spark
DAY = "2026-11-01"
BEFORE: Contents = {"p1": ["t1", "t2"], "p2": ["e1"]}
AFTER: Contents = {"p1": ["t2", "t3", "t1"], "p3": ["t1"]}
# A line of the log, and within how many seconds after it the job is killed. The first is written before
# anything is read, the second when the last mart is staged.
MOMENTS = ((b": requested", 6.0), (b"mart_quality_results", 0.4))


def test_a_job_that_is_killed_leaves_consistent_marts_and_the_next_run_completes_them(
    spark: SparkSession, tmp_path: Path
) -> None:
    undisturbed, lake = CuratedLake(spark, tmp_path / "undisturbed"), CuratedLake(spark, tmp_path / "killed")
    for each in (undisturbed, lake):
        each.write_day(DAY, day_tables(DAY, BEFORE))
        each.build(DAY)
    before = lake.marts(DAY)
    for each in (undisturbed, lake):
        each.write_day(DAY, day_tables(DAY, AFTER))
    undisturbed.build(DAY, "marts-2")
    after = undisturbed.marts(DAY)
    assert after != before
    for number, (line, within) in enumerate(MOMENTS * SOAK_FACTOR):
        arguments = {
            "curated_uri": lake.root.as_uri(),
            "run_id": f"killed-{number}",
            "snapshot_date": DAY,
        }
        kill_a_run(build_marts.__file__, arguments, line, within)
        for name, found in lake.marts(DAY).items():
            assert found in (before[name], after[name]), name
    lake.build(DAY, "marts-2")
    assert lake.marts(DAY) == after
    assert not any((lake.root / "_staging").iterdir())
