"""One Spark session for all Spark tests, and a short way from raw lines to a table's rows."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from spotify_lake.lines import accepted, flattened, judged
from spotify_lake.reading import read_lines
from spotify_lake.session import OPTIONS, options_for
from spotify_lake.staging import table_makers
from tests.spark.raw_rows import Json, write_object

Row = dict[str, Any]
Normalize = Callable[..., list[Row]]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A small local session: two cores, no UI, the job's own options for a small day."""
    warehouse = tmp_path_factory.mktemp("spark")
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master("local[2]").appName("tests")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:MetaspaceSize=256m",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.local.dir": str(warehouse),
    }
    for name, value in {**settings, **OPTIONS, **options_for(rows=1, cores=2)}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def accepted_lines(spark: SparkSession, root: Path, *lines: Json | str) -> DataFrame:
    """Write lines to objects of their sources and read them back as the job does."""
    by_source: dict[str, list[Json | str]] = {}
    for line in lines:
        source = "playlist_items" if isinstance(line, str) else line["source"]
        by_source.setdefault(source, []).append(line)
    objects = [write_object(root, source, group) for source, group in by_source.items()]
    return accepted(flattened(judged(read_lines(spark, [f"{root}/{each.key}" for each in objects]))))


@pytest.fixture
def normalize(spark: SparkSession, tmp_path: Path) -> Normalize:
    """Return a function: table name and raw lines in, the table's rows (by key) out."""
    numbers = count()

    def rows_of(table: str, *lines: Json | str) -> list[Row]:
        root = tmp_path / str(next(numbers))
        make = table_makers(accepted_lines(spark, root, *lines), gather=True)[table]
        return rows_as_dicts(make())

    return rows_of


def rows_as_dicts(rows: DataFrame) -> list[Row]:
    """Collect rows in a fixed order; times come back aware, whatever this machine's time zone."""
    return sorted((_in_utc(row.asDict(recursive=True)) for row in rows.collect()), key=str)


def _in_utc(row: Row) -> Row:
    # pyspark hands out timestamps naive, in the machine's own zone.
    return {
        name: value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
        for name, value in row.items()
    }
