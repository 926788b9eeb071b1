"""The Spark session of the job `build_marts`, and its options for a day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pyspark.sql import SparkSession

from spotify_lake.engine.session import job_session

SMALL_ROWS: Final = 5_000
"""A day of at most this many playlist items is read by one task: nothing is shuffled then."""

START_OPTIONS: Final = {
    "spark.ui.showConsoleProgress": "false",
    # Several marts are built at the same time.
    "spark.scheduler.mode": "FAIR",
    "spark.executorEnv.ARROW_DEFAULT_MEMORY_POOL": "system",
}
OPTIONS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.ignoreDataLocality": "true",
    # The driver looks up the few files of a window itself, without a Spark job.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "256",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    # Spark describes the plan of every query for its UI, in full by default.
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.debug.maxToStringFields": "10",
}
_LOOKED_UP: Final = ("functions", "org.apache.spark.sql.functions", "PythonUtils")
_SMALL: Final = {
    # All rows are in one task, so that joins need no exchange; a broadcast would be one.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.shuffle.partitions": "1",
    # Compiling code for a few thousand rows takes longer than interpreting it.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


class _Members:
    """A Java class each of whose members is looked up once."""

    def __init__(self, java_class: Any) -> None:
        self._java_class = java_class

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._java_class, name)
        setattr(self, name, member)
        return member


def marts_session(name: str) -> SparkSession:
    """Return the session Glue (or spark-defaults) configured, with the job's options."""
    spark = job_session(name, START_OPTIONS, OPTIONS)
    keep_lookups(spark._jvm)
    return spark


def keep_lookups(jvm: Any) -> None:
    """Make PySpark look up the functions that it calls in the JVM once, not at every call.

    It looks up the class by its short name, for which Py4J searches several packages in all jars, and then
    the function. Both take several times longer than the call.
    """
    for name in _LOOKED_UP:
        if not isinstance(vars(jvm).get(name), _Members):
            setattr(jvm, name, _Members(getattr(jvm, name)))


@contextmanager
def day_options(spark: SparkSession, *, is_small: bool) -> Iterator[None]:
    """Set the options for the marts of a day, and restore the previous ones afterwards."""
    options = _SMALL if is_small else {}
    before = {option: spark.conf.get(option) for option in options}
    for option, value in options.items():
        spark.conf.set(option, value)
    try:
        yield
    finally:
        for option, earlier in before.items():
            spark.conf.set(option, str(earlier))
