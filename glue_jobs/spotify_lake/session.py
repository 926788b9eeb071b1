"""The Spark options that belong to the job, and how a day is spread, all in one place."""

from __future__ import annotations

import dataclasses
from typing import Final

from pyspark.sql import SparkSession

SMALL_ROWS: Final = 20_000
"""Up to so many lines one task does it all: a shuffle would cost more than it saves."""

_ROWS_PER_TASK: Final = 250_000
_BUCKETS_PER_TASK: Final = 24
"""Spark hashes the buckets' numbers over the tasks; so many of them make the tasks about equal."""

OPTIONS: Final = {
    "spark.sql.session.timeZone": "UTC",
    # INT96, Spark's default, has no statistics and is deprecated; Athena engine 3 reads microseconds.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Dates before 1582 and times before 1900 are written as they are, as Spark 4 does by default.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.adaptive.enabled": "true",
    # Raw objects are small (a page of a playlist) and many, and nothing is near an object in S3. Asking for
    # the location costs, on a disk, a process an object.
    "spark.sql.files.openCostInBytes": str(16 * 1024),
    "spark.sql.files.maxPartitionBytes": str(16 * 1024 * 1024),
    "spark.sql.sources.ignoreDataLocality": "true",
    # One manifest names many objects; below this number the driver looks them up itself, without a job.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "256",
    # A row is a whole object or a packed table: tens of kilobytes, not bytes.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "128",
    "spark.sql.inMemoryColumnarStorage.batchSize": "128",
}


@dataclasses.dataclass(frozen=True)
class Spread:
    """Over how many tasks a day is spread between its steps, and over how many buckets."""

    tasks: int
    buckets: int


def job_session(name: str) -> SparkSession:
    """Return the session Glue (or spark-defaults) configured, with the job's options set on it."""
    # A progress bar in a log is noise; the job logs a line a table.
    builder = SparkSession.builder.appName(name).config("spark.ui.showConsoleProgress", "false")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    for option, value in OPTIONS.items():
        spark.conf.set(option, value)
    return spark


def spread_for(rows: int, cores: int) -> Spread:
    """Return how a day of so many lines is spread over a cluster of so many cores."""
    if rows <= SMALL_ROWS:
        return Spread(1, 1)
    tasks = max(cores, -(-rows // _ROWS_PER_TASK))
    return Spread(tasks, tasks * _BUCKETS_PER_TASK)
