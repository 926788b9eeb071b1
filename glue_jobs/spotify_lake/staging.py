"""A day in Spark: the steps of `stages` over tasks, and every table written to the run's staging folder."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spotify_lake import stages, tables
from spotify_lake.arrow_schema import arrow_schema
from spotify_lake.exchange import PACKED, PACKED_SCHEMA, Tables, pack, spread, unpack
from spotify_lake.outcome import FIGURES, Figures, added_up
from spotify_lake.publish import Places
from spotify_lake.quality_rules import Result
from spotify_lake.raw_zone import key_in
from spotify_lake.reading import read_objects
from spotify_lake.reconcile import ObjectFigures
from spotify_lake.session import Spread
from spotify_lake.spark_schema import spark_schema
from spotify_lake.storage import HadoopFiles, ParquetFigures
from spotify_lake.tables import Table

_LOG = logging.getLogger(__name__)
_CONCURRENT_TABLES: Final = 4
_OF_DAY: Final = tuple(table for table in tables.TABLES if table is not tables.QUALITY_RESULTS)
_WRITE_OPTIONS: Final = {
    # The staging folder is nobody's to read: no marker file, and no second round of renames.
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
}
_Batches = Iterable[pa.RecordBatch]


@dataclasses.dataclass(frozen=True)
class Staged:
    """What was read and what stands in staging.

    Attributes:
        objects: lines and rejects of each raw object, by its key.
        figures: what the steps counted (`outcome.Figures`).
        files: by table, what the footers of the written files say.
    """

    objects: dict[str, ObjectFigures]
    figures: Figures
    files: dict[str, ParquetFigures]

    def of_kind(self, kind: str) -> dict[str, int]:
        """Return the figures of one kind by what they count; those of 0 are left out."""
        return {name: count for (each, name), count in self.figures.items() if each == kind and count}


def stage(spark: SparkSession, places: Places, raw_uri: str, keys: list[str], how: Spread) -> Staged:
    """Read the raw objects once and write every table to the run's staging folder.

    Args:
        spark: the session.
        places: where the run writes.
        raw_uri: the root of the raw zone.
        keys: the raw objects.
        how: how the day is spread over tasks.
    """
    files = HadoopFiles(spark)
    observed = read_objects(spark, raw_uri, keys).mapInArrow(_observing(frozenset(keys), how.buckets), PACKED)
    decided = _meet(observed, how).mapInArrow(_stepping(stages.decide, how.buckets), PACKED).persist()
    for_artists = decided.where(F.col("table").isin(*stages.FOR_ARTISTS))
    of_artists = (
        _meet(for_artists, how).mapInArrow(_stepping(stages.decide_artists, how.buckets), PACKED).persist()
    )
    everything = decided.union(of_artists)
    found = _collected(everything, stages.OBJECTS, FIGURES)
    with ThreadPoolExecutor(_CONCURRENT_TABLES, "table") as pool:
        writes = {
            table.name: pool.submit(_write, files, _rows(everything, table, places, raw_uri), table, places)
            for table in _OF_DAY
        }
        written = {name: write.result() for name, write in writes.items()}
    outcome = Staged(
        objects=_object_figures(found.get(stages.OBJECTS)),
        figures=added_up(found.get(FIGURES)),
        files=written,
    )
    decided.unpersist()
    of_artists.unpersist()
    return outcome


def _meet(packed: DataFrame, how: Spread) -> DataFrame:
    """Bring each bucket into one task."""
    return packed.coalesce(1) if how.tasks == 1 else packed.repartition(how.tasks, "bucket")


def _observing(keys: frozenset[str], buckets: int) -> Callable[[_Batches], Iterator[pa.RecordBatch]]:
    """`stages.observe` on batches of path and content; objects of other keys are passed over."""

    def step(batches: _Batches) -> Iterator[pa.RecordBatch]:
        objects = (
            (key, content.as_py())
            for batch in batches
            for key, content in zip(map(key_in, batch.column(0).to_pylist()), batch.column(1), strict=True)
            if key in keys
        )
        yield from pack(_spread(stages.observe(objects), buckets))

    return step


def _stepping(
    step: Callable[[Tables], Tables], buckets: int
) -> Callable[[_Batches], Iterator[pa.RecordBatch]]:
    """A step from tables to tables on packed batches."""

    def packed_step(batches: _Batches) -> Iterator[pa.RecordBatch]:
        yield from pack(_spread(step(unpack(batches)), buckets))

    return packed_step


def _spread(made: Tables, buckets: int) -> Iterator[tuple[str, int, pa.Table]]:
    for name, rows in made.items():
        key = stages.SPREAD_BY.get(name)
        if key is None or key not in rows.column_names:
            yield name, 0, rows
        else:
            yield from spread(name, rows, key, buckets)


def _collected(packed: DataFrame, *names: str) -> Tables:
    """The tables of these names, brought to the driver."""
    rows = packed.where(F.col("table").isin(*names)).collect()
    batch = pa.RecordBatch.from_pylist(
        [{"table": row["table"], "bucket": row["bucket"], "rows": bytes(row["rows"])} for row in rows],
        schema=PACKED_SCHEMA,
    )
    return unpack([batch])


def _rows(packed: DataFrame, table: Table, places: Places, raw_uri: str) -> DataFrame:
    """The rows of a table as Spark's own."""
    schema = arrow_schema(table)

    def step(batches: _Batches) -> Iterator[pa.RecordBatch]:
        for rows in unpack(batches).values():
            yield from rows.cast(schema).to_batches()

    rows = packed.where(F.col("table") == F.lit(table.name)).mapInArrow(step, spark_schema(table))
    if table is not tables.REJECTED_RECORDS:
        return rows
    day = places.target("").removeprefix(places.curated_uri)
    is_row = F.col("reason") == F.lit(tables.QUALITY_RULE)
    uri = F.when(is_row, F.concat(F.lit(places.curated_uri), "object_uri", F.lit(day)))
    return rows.withColumn("object_uri", uri.otherwise(F.concat(F.lit(raw_uri), "object_uri")))


def _write(files: HadoopFiles, rows: DataFrame, table: Table, places: Places) -> ParquetFigures:
    folder = places.staged(table.name)
    rows.write.mode("overwrite").options(**_WRITE_OPTIONS).parquet(folder)
    figures = files.parquet_figures(folder)
    _LOG.info("%-17s %9d rows", table.name, figures.rows)
    return figures


def _object_figures(objects: pa.Table | None) -> dict[str, ObjectFigures]:
    rows: list[dict[str, Any]] = [] if objects is None else objects.to_pylist()
    return {row.pop("key"): ObjectFigures(**row) for row in rows}


def stage_quality_results(spark: SparkSession, places: Places, results: Sequence[Result]) -> ParquetFigures:
    """Write quality_results to the run's staging folder."""
    schema = spark_schema(tables.QUALITY_RESULTS)
    # As a literal, and not from Python rows: one small task in the JVM.
    text = F.from_json(
        F.lit(json.dumps([each.as_row() for each in results])), f"array<{schema.simpleString()}>"
    )
    rows = spark.range(0, 1, 1, 1).select(F.inline(text))
    return _write(HadoopFiles(spark), rows, tables.QUALITY_RESULTS, places)
