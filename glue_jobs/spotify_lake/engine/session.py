"""The job's Spark session: its options, the number of tasks, and the descriptions of its Spark jobs."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
from pyspark.sql import SparkSession

SMALL_ROWS: Final = 20_000
"""A day of at most this many lines is processed by one task: a shuffle would cost more than it saves."""

_ROWS_PER_TASK: Final = 250_000
_NUMBERS_PER_TASK: Final = 32

START_OPTIONS: Final = {
    # The job logs one line per table. A progress bar would only clutter the log.
    "spark.ui.showConsoleProgress": "false",
    # The last stage runs while finished files are fetched (see `staging`).
    "spark.scheduler.mode": "FAIR",
    # The rows in a shuffle are compressed already (see `exchange`).
    "spark.shuffle.compress": "false",
    # The C library reuses freed memory. Arrow's own allocator returns it to the system and requests it again,
    # which takes a tenth of a worker's time.
    "spark.executorEnv.ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""Options that only take effect when they are set before Spark starts."""

OPTIONS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.adaptive.enabled": "true",
    # Raw objects are small (a page of a playlist) and many. An object in S3 has no location, and on a disk
    # looking it up costs one process per object.
    "spark.sql.files.openCostInBytes": str(16 * 1024),
    "spark.sql.files.maxPartitionBytes": str(16 * 1024 * 1024),
    "spark.sql.sources.ignoreDataLocality": "true",
    # Up to this number the driver looks up objects itself, without a Spark job.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "256",
    # A row is a whole raw object, Arrow table or Parquet file: tens of kilobytes, not bytes.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "128",
    "spark.sql.inMemoryColumnarStorage.batchSize": "128",
}


def job_session(
    name: str, start_options: Mapping[str, str] = START_OPTIONS, options: Mapping[str, str] = OPTIONS
) -> SparkSession:
    """Return the session Glue (or spark-defaults) configured, with a job's options set on it.

    Args:
        name: the job's name.
        start_options: options that only take effect when they are set before Spark starts.
        options: the others.
    """
    builder = SparkSession.builder.appName(name)
    for option, value in start_options.items():
        builder = builder.config(option, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    for option, value in options.items():
        spark.conf.set(option, value)
    return spark


def tasks_for(rows: int, cores: int) -> int:
    """Return the number of tasks for a day of `rows` lines: a multiple of the cores, so that none idles."""
    if rows <= SMALL_ROWS:
        return 1
    return cores * max(1, -(-rows // (cores * _ROWS_PER_TASK)))


@contextmanager
def described(spark: SparkSession, description: str) -> Iterator[None]:
    """Describe the Spark jobs that this thread starts meanwhile, for the Spark UI."""
    spark.sparkContext.setJobDescription(description)
    try:
        yield
    finally:
        spark.sparkContext.setJobDescription(None)  # type: ignore[arg-type]  # clears it


def buckets_for(spark: SparkSession, tasks: int) -> list[int]:
    """Return a bucket number for each task that `repartition(tasks, "bucket")` sends to a task of its own.

    The numbers 0 to `tasks - 1` would leave some tasks empty and give others two buckets.
    """
    last = tasks * _NUMBERS_PER_TASK
    query = f"SELECT transform(sequence(0, {last}), number -> pmod(hash(number), {tasks})) AS task_of_number"
    with described(spark, "Ask how Spark distributes the buckets"):
        (row,) = spark.sql(query).collect()
    return [row["task_of_number"].index(task) for task in range(tasks)]


def start_workers(spark: SparkSession, tasks: int) -> None:
    """Start Spark's Python workers and import the job's modules in them, which takes some seconds."""
    with described(spark, "Start the Python workers"):
        spark.range(0, tasks, 1, tasks).mapInArrow(_started, "id bigint").collect()


def _started(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    from spotify_lake.engine import stages  # noqa: F401, PLC0415

    gc.freeze()  # Spark makes a worker collect garbage after each task; this exempts all imported objects
    yield from batches
