"""The job's use of Spark: descriptions in the Spark UI, and one bucket per task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spotify_lake.engine import session
from spotify_lake.engine.session import buckets_for
from tests.spark.lake import LINES, Lake, Row
from tests.spark.raw_rows import DAY, write_run

pytestmark = pytest.mark.spark


def descriptions(spark: SparkSession) -> dict[int, str | None]:
    """The description of every Spark job so far, by the job's number."""
    jvm_jobs: Any = spark._jsc.sc().statusStore().jobsList(None)
    jobs = [jvm_jobs.apply(number) for number in range(jvm_jobs.size())]
    return {job.jobId(): job.description().get() if job.description().isDefined() else None for job in jobs}


def test_every_spark_job_is_described(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "SMALL_ROWS", 0)
    before = descriptions(spark)
    lake = Lake(spark, tmp_path)
    write_run(lake.raw, LINES)
    lake.run()
    described = {job: text for job, text in descriptions(spark).items() if job not in before}
    assert None not in described.values()
    assert f"{DAY}: choose and check the rows of artists" in described.values()


@pytest.mark.parametrize("tasks", [2, 7, 64])
def test_spark_sends_each_bucket_to_a_task_of_its_own(spark: SparkSession, tasks: int) -> None:
    buckets = spark.createDataFrame([(each,) for each in buckets_for(spark, tasks)], "bucket int")
    spread = buckets.repartition(tasks, "bucket").withColumn("task", F.spark_partition_id())
    rows: list[Row] = [row.asDict() for row in spread.collect()]
    assert [row["task"] for row in sorted(rows, key=lambda row: int(row["task"]))] == list(range(tasks))
