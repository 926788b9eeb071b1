"""The Spark options that belong to the job, and how a day is spread, all in one place."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa
from pyspark.sql import SparkSession

SMALL_ROWS: Final = 20_000
"""Up to so many lines one task does it all: a shuffle would cost more than it saves."""

_ROWS_PER_TASK: Final = 250_000
_WORD: Final = 2**32 - 1

START_OPTIONS: Final = {
    # A progress bar in a log is noise; the job logs a line a table.
    "spark.ui.showConsoleProgress": "false",
    # The last step and the fetching of what is finished go on side by side (see `staging`).
    "spark.scheduler.mode": "FAIR",
    # What travels between tasks is compressed already (see `exchange`).
    "spark.shuffle.compress": "false",
    # The C library keeps what is freed for the next piece; Arrow's own allocator returns it to the system and
    # asks for it anew, which is a tenth of a worker's time.
    "spark.executorEnv.ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""What only holds when it is set before Spark starts."""

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


def job_session(name: str) -> SparkSession:
    """Return the session Glue (or spark-defaults) configured, with the job's options set on it."""
    builder = SparkSession.builder.appName(name)
    for option, value in START_OPTIONS.items():
        builder = builder.config(option, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    for option, value in OPTIONS.items():
        spark.conf.set(option, value)
    return spark


def tasks_for(rows: int, cores: int) -> int:
    """Return over how many tasks a day of so many lines is spread, on so many cores: equal rounds of them."""
    if rows <= SMALL_ROWS:
        return 1
    return cores * max(1, -(-rows // (cores * _ROWS_PER_TASK)))


def buckets_for(tasks: int) -> list[int]:
    """Return a bucket number for each task such that Spark's own hash sends each to another task.

    With numbers of its choice Spark would leave tasks empty and give others two shares. Should it ever hash
    otherwise, the tasks are unequal again, and nothing else changes.
    """
    found: dict[int, int] = {}
    number = 0
    while len(found) < tasks:
        found.setdefault(_spark_hash(number) % tasks, number)
        number += 1
    return [found[task] for task in range(tasks)]


def _spark_hash(number: int) -> int:
    """Spark's hash of an int: MurmurHash3 for 32 bits, seeded with 42."""
    word = _rotated(number * 0xCC9E2D51, 15) * 0x1B873593 & _WORD
    mixed = (_rotated(42 ^ word, 13) * 5 + 0xE6546B64 & _WORD) ^ 4
    mixed = (mixed ^ mixed >> 16) * 0x85EBCA6B & _WORD
    mixed = (mixed ^ mixed >> 13) * 0xC2B2AE35 & _WORD
    mixed ^= mixed >> 16
    return mixed - (mixed >> 31 << 32)


def _rotated(word: int, by: int) -> int:
    word &= _WORD
    return (word << by | word >> 32 - by) & _WORD


def start_workers(spark: SparkSession, tasks: int) -> None:
    """Let Spark start its Python workers and let these import what the job needs: some seconds, once."""
    spark.range(0, tasks, 1, tasks).mapInArrow(_started, "id bigint").collect()


def _started(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    from spotify_lake.engine import stages  # noqa: F401, PLC0415

    gc.freeze()  # Spark has a worker collect its garbage after each task: not through all that is imported
    yield from batches
