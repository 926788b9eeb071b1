"""A day in Spark: the steps of `stages` over tasks, and every table put into the run's staging folder."""

from __future__ import annotations

import dataclasses
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.raw_zone import key_in
from spotify_lake.contract.tables import Table
from spotify_lake.engine import stages
from spotify_lake.engine.exchange import PACKED, PACKED_SCHEMA, Tables, pack, spread, to_stream, unpack
from spotify_lake.engine.outcome import FIGURES, Figures, added_up
from spotify_lake.engine.parquet import to_parquet
from spotify_lake.engine.session import buckets_for
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.publishing.publish import CuratedPaths
from spotify_lake.quality.reconciliation import ObjectFigures
from spotify_lake.quality.rules import Result
from spotify_lake.reading.manifests import read_objects

_LOG = logging.getLogger(__name__)
_CONCURRENT_TABLES: Final = 4
_OF_DAY: Final = tuple(table for table in tables.TABLES if table is not tables.QUALITY_RESULTS)
_Step = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


@dataclasses.dataclass(frozen=True)
class Staged:
    """What was read and what stands in staging.

    Attributes:
        objects: lines and rejects of each raw object, by its key.
        figures: what the steps counted (`outcome.Figures`).
        rows: by table, what the footers of its files say.
    """

    objects: dict[str, ObjectFigures]
    figures: Figures
    rows: dict[str, int]

    def of_kind(self, kind: str) -> dict[str, int]:
        """Return the figures of one kind by what they count; those of 0 are left out."""
        return {name: count for (each, name), count in self.figures.items() if each == kind and count}

    @property
    def values(self) -> dict[str, dict[str, int]]:
        """The rows that are not null in a column, by table and column; those of 0 are left out."""
        counts = self.of_kind("values")
        return {
            table.name: {
                column: counts[f"{table.name}.{column}"]
                for column in table.counted_columns
                if f"{table.name}.{column}" in counts
            }
            for table in _OF_DAY
            if table.counted_columns
        }


def stage(spark: SparkSession, places: CuratedPaths, raw_uri: str, keys: list[str], tasks: int) -> Staged:
    """Read the raw objects once and put every table into the run's staging folder.

    Args:
        spark: the session.
        places: where the run writes.
        raw_uri: the root of the raw zone.
        keys: the raw objects.
        tasks: over how many of them the day is spread.
    """
    buckets = buckets_for(tasks)
    observed = read_objects(spark, raw_uri, keys).mapInArrow(_observing(frozenset(keys), buckets), PACKED)
    decide, decide_artists = (
        _stepping(step, buckets, places, raw_uri) for step in (stages.decide, stages.decide_artists)
    )
    decided = _meet(observed, tasks).mapInArrow(decide, PACKED).persist()
    for_artists = decided.where(F.col("table").isin(*stages.FOR_ARTISTS))
    of_artists = _meet(for_artists, tasks).mapInArrow(decide_artists, PACKED).persist()
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1, "artists") as artists:
        found = _collected(decided, stages.OBJECTS, FIGURES)
        # What is finished is fetched while the last step is under way; Spark's scheduler is fair to both.
        last = artists.submit(_collected, of_artists, FIGURES)
        _fetch_files(decided, Path(name), "decided")
        figures = added_up(found.get(FIGURES), last.result().get(FIGURES))
        _fetch_files(of_artists, Path(name), "of_artists")
        rows = _saved(HadoopFiles(spark), Path(name), places)
    decided.unpersist()
    of_artists.unpersist()
    return Staged(_object_figures(found.get(stages.OBJECTS)), figures, rows)


def _meet(packed: DataFrame, tasks: int) -> DataFrame:
    """Bring each bucket into one task."""
    return packed.coalesce(1) if tasks == 1 else packed.repartition(tasks, "bucket")


def _observing(keys: frozenset[str], buckets: Sequence[int]) -> _Step:
    """`stages.observe` on batches of path and content; objects of other keys are passed over."""

    def step(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        objects = (
            (key, content.as_py())
            for batch in batches
            for key, content in zip(map(key_in, batch.column(0).to_pylist()), batch.column(1), strict=True)
            if key in keys
        )
        yield from pack(_spread(stages.observe(objects), buckets))

    return step


def _stepping(
    step: Callable[[Tables], Tables], buckets: Sequence[int], places: CuratedPaths, raw_uri: str
) -> _Step:
    """A step from tables to tables on packed batches; rows that are to be published leave it as Parquet."""

    def packed_step(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        made = step(unpack(batches))
        ready = {table: made.pop(table.name) for table in _OF_DAY if table.name in made}
        if tables.REJECTED_RECORDS in ready:
            ready[tables.REJECTED_RECORDS] = _located(ready[tables.REJECTED_RECORDS], places, raw_uri)
        files = ((table.name, 0, to_parquet(table, rows)) for table, rows in ready.items() if rows.num_rows)
        yield from pack(chain(files, _spread(made, buckets)))

    return packed_step


def _located(rejects: pa.Table, places: CuratedPaths, raw_uri: str) -> pa.Table:
    """Rejected records with the whole URI of their object, or of the partition a row was meant for."""
    uris = [
        places.target(key) if reason == tables.QUALITY_RULE else raw_uri + key
        for key, reason in zip(rejects["object_uri"].to_pylist(), rejects["reason"].to_pylist(), strict=True)
    ]
    number = rejects.column_names.index("object_uri")
    return rejects.set_column(number, "object_uri", pa.array(uris, pa.string()))


def _spread(made: Tables, buckets: Sequence[int]) -> Iterator[tuple[str, int, bytes]]:
    for name, rows in made.items():
        key = stages.SPREAD_BY.get(name)
        pieces = [(buckets[0], rows)] if key is None else spread(rows, key, buckets)
        yield from ((name, bucket, to_stream(piece)) for bucket, piece in pieces if piece.num_rows)


def _collected(packed: DataFrame, *names: str) -> Tables:
    """The tables of these names, brought to the driver."""
    rows = packed.where(F.col("table").isin(*names)).collect()
    return unpack([pa.RecordBatch.from_pylist([row.asDict() for row in rows], schema=PACKED_SCHEMA)])


def _fetch_files(packed: DataFrame, folder: Path, step: str) -> None:
    """Bring the files that a step has finished to a folder of the driver, a task at a time."""
    ready = packed.where(F.col("table").isin(*(table.name for table in _OF_DAY)))
    for number, row in enumerate(ready.toLocalIterator(prefetchPartitions=True)):
        part = folder / row["table"] / f"{step}-{number:06d}.parquet"
        part.parent.mkdir(exist_ok=True)
        part.write_bytes(row["rows"])


def _saved(files: HadoopFiles, folder: Path, places: CuratedPaths) -> dict[str, int]:
    """Upload one file a table; return their rows."""
    with ThreadPoolExecutor(_CONCURRENT_TABLES, "table") as pool:
        uploads = {
            table.name: pool.submit(_uploaded, files, folder / table.name, table, places) for table in _OF_DAY
        }
        return {name: upload.result() for name, upload in uploads.items()}


def _uploaded(files: HadoopFiles, folder: Path, table: Table, places: CuratedPaths) -> int:
    """Join a table's parts in a folder of the driver into the one file of its staging folder."""
    if not folder.exists():
        folder.mkdir()
        (folder / "none.parquet").write_bytes(to_parquet(table, arrow_schema(table).empty_table()))
    files.join_parquet(folder.as_uri())
    (part,) = folder.glob("*.parquet")
    files.upload(part, f"{places.staged(table.name)}/{table.name}.parquet")
    rows = files.parquet_rows(places.staged(table.name))
    _LOG.info("%-17s %9d rows", table.name, rows)
    return rows


def stage_quality_results(files: HadoopFiles, places: CuratedPaths, results: Sequence[Result]) -> int:
    """Put quality_results into the run's staging folder; return the number of its rows."""
    table = tables.QUALITY_RESULTS
    rows = pa.Table.from_pylist([each.as_row() for each in results], schema=arrow_schema(table))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "results.parquet").write_bytes(to_parquet(table, rows))
        return _uploaded(files, Path(folder), table, places)


def _object_figures(objects: pa.Table | None) -> dict[str, ObjectFigures]:
    rows: list[dict[str, Any]] = [] if objects is None else objects.to_pylist()
    return {row.pop("key"): ObjectFigures(**row) for row in rows}
