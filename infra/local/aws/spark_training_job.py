"""A small Spark job of the kind that the lake's own job is: it shows which classes such a job loads."""

import datetime as dt
import gzip
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # Spark's own custom

_PACKED = "name string, bucket int, content binary"
_ROW = "id string, at timestamp, day date, count long, flag boolean, tags array<string>"
_RESULT = "array<struct<id: string, count: bigint>>"


def main(root: str) -> None:
    """Read objects whole, pass them through Arrow, spread and keep them, write Parquet below `root`."""
    spark = SparkSession.builder.appName("training").getOrCreate()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(4):
            (Path(folder) / f"{number}.gz").write_bytes(gzip.compress(b"{}"))
        reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        objects = reader.load(Path(folder).as_uri()).select("path", "content")
        kept = (
            objects.mapInArrow(_packed, _PACKED).repartition(2, "bucket").mapInArrow(_same, _PACKED).persist()
        )
        some = kept.where(F.col("name").isin("a", "b")).coalesce(1).mapInArrow(_same, _PACKED).persist()
        everything = kept.union(some)
        everything.where(F.col("name").isin("a")).collect()
        for name in ("a", "b"):
            rows = everything.where(F.col("name") == F.lit(name)).mapInArrow(_rows, _ROW)
            rows.write.mode("overwrite").parquet(f"{root}{name}")
        results = F.inline(F.from_json(F.lit('[{"id": "a", "count": 1}]'), _RESULT))
        spark.range(0, 1, 1, 1).select(results).write.mode("overwrite").parquet(f"{root}results")
    spark.stop()


def _packed(batches: Iterable[Any]) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415  # in Spark's Python worker

    for number, batch in enumerate(batches):
        content = batch.column(1).slice(0, 1)
        yield pa.record_batch(
            [pa.array(["ab"[number % 2]]), pa.array([number], pa.int32()), content.cast(pa.binary())],
            names=["name", "bucket", "content"],
        )


def _same(batches: Iterable[Any]) -> Iterator[Any]:
    yield from batches


def _rows(batches: Iterable[Any]) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415  # in Spark's Python worker

    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for _ in batches:
        yield pa.record_batch(
            [
                pa.array(["a"]),
                pa.array([at], pa.timestamp("us", "UTC")),
                pa.array([at.date()]),
                pa.array([1]),
                pa.array([True]),
                pa.array([["x"]]),
            ],
            names=["id", "at", "day", "count", "flag", "tags"],
        )


if __name__ == "__main__":
    main(sys.argv[1])
