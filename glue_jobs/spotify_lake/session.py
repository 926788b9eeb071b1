"""The Spark options that belong to the job, all in one place."""

from __future__ import annotations

from typing import Final

from pyspark.sql import SparkSession

SMALL_ROWS: Final = 20_000
"""Up to so many lines one partition does it all: a shuffle would cost more than it saves."""

_ROWS_PER_PARTITION: Final = 100_000

OPTIONS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # INT96, Spark's default, has no statistics and is deprecated; Athena engine 3 reads microseconds.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # A line with one field of a wrong type keeps the other fields, so that it can be told where it belongs.
    "spark.sql.json.enablePartialResults": "true",
    "spark.sql.adaptive.enabled": "true",
    # One manifest names many objects; below this number the driver looks them up itself, without a job.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "256",
}


def job_session(name: str) -> SparkSession:
    """Return the session Glue (or spark-defaults) configured, with the job's options set on it."""
    # A progress bar in a log is noise; the job logs a line a table.
    builder = SparkSession.builder.appName(name).config("spark.ui.showConsoleProgress", "false")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    for option, value in OPTIONS.items():
        spark.conf.set(option, value)
    return spark


def is_small(rows: int) -> bool:
    """Tell whether a day of so many lines is worked on in one partition."""
    return rows <= SMALL_ROWS


def options_for(rows: int, cores: int) -> dict[str, str]:
    """Return the options that depend on the size of the day.

    A large day has one partition a core at least (adaptive execution merges those that turn out small). A
    small one is over before compiled code pays: interpreting its expressions saves a quarter of the job's
    CPU time.
    """
    if is_small(rows):
        return {
            "spark.sql.shuffle.partitions": "1",
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        }
    return {
        "spark.sql.shuffle.partitions": str(max(cores, rows // _ROWS_PER_PARTITION)),
        "spark.sql.codegen.wholeStage": "true",
        "spark.sql.codegen.factoryMode": "FALLBACK",
    }
