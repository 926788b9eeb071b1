"""A day in Spark: the stages over tasks, and the file of every table in the run's staging folder."""

from __future__ import annotations

import dataclasses
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from spotify_lake.contract import tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.raw_zone import key_in
from spotify_lake.contract.tables import Table
from spotify_lake.engine import stages
from spotify_lake.engine.exchange import (
    FOR_DRIVER,
    FOR_NEXT_STAGE,
    IS_FILE,
    PACKED,
    ArrowPiece,
    ParquetFile,
    Tables,
    distribute,
    from_streams,
    pack,
    to_parquet,
    unpack,
)
from spotify_lake.engine.session import buckets_for, described
from spotify_lake.engine.stage_output import FIGURES, Figures, StageOutput, add_figures
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.publishing.publish import CuratedPaths
from spotify_lake.quality.reconciliation import ObjectFigures
from spotify_lake.quality.rules import Result
from spotify_lake.reading.manifests import read_objects

_LOG = logging.getLogger(__name__)
_CONCURRENT_TABLES: Final = 4
_OF_DAY: Final = tuple(table for table in tables.TABLES if table is not tables.QUALITY_RESULTS)
_PackedStage = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


@dataclasses.dataclass(frozen=True)
class StagedTables:
    """What was read and staged.

    Attributes:
        objects: lines and rejects of each raw object, by its key.
        figures: what the stages counted.
        rows: the number of rows by table, from the footer of its file.
    """

    objects: dict[str, ObjectFigures]
    figures: Figures
    rows: dict[str, int]

    def of_kind(self, kind: str) -> dict[str, int]:
        """Return the figures of one kind by name, without those that are 0."""
        return {name: count for (each, name), count in self.figures.items() if each == kind and count}

    @property
    def values(self) -> dict[str, dict[str, int]]:
        """The number of values that are not null, by table and column, without those that are 0."""
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


def stage(
    spark: SparkSession, places: CuratedPaths, raw_uri: str, keys: list[str], tasks: int
) -> StagedTables:
    """Read the raw objects once and write the file of every table to the run's staging folder.

    Args:
        spark: the session.
        places: the run's paths.
        raw_uri: the root of the raw zone.
        keys: the raw objects.
        tasks: the number of tasks of each stage.
    """
    day = places.snapshot_date
    buckets = buckets_for(spark, tasks) if tasks > 1 else [0]
    observed = read_objects(spark, raw_uri, keys).mapInArrow(_observe_stage(frozenset(keys), buckets), PACKED)
    decide, decide_artists = (
        _stage(function, buckets, places, raw_uri) for function in (stages.decide, stages.decide_artists)
    )
    decided = _distributed(observed, tasks).mapInArrow(decide, PACKED).persist()
    of_artists = _distributed(decided, tasks).mapInArrow(decide_artists, PACKED).persist()
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1, "artists") as artists:
        found = _for_driver(decided, f"{day}: choose and check the rows of all tables but artists")
        # Finished files are fetched while the last stage runs. Spark's scheduler is fair to both.
        last = artists.submit(_for_driver, of_artists, f"{day}: choose and check the rows of artists")
        _fetch_files(decided, Path(name), "decided", f"{day}: fetch the files of all tables but artists")
        figures = add_figures(found.get(FIGURES), last.result().get(FIGURES))
        _fetch_files(of_artists, Path(name), "of_artists", f"{day}: fetch the files of artists")
        rows = _save(HadoopFiles(spark), Path(name), places)
    decided.unpersist()
    of_artists.unpersist()
    return StagedTables(_object_figures(found.get(stages.OBJECTS)), figures, rows)


def _distributed(packed: DataFrame, tasks: int) -> DataFrame:
    """The input of the next stage, all pieces of a bucket in one partition."""
    pieces = packed.where(FOR_NEXT_STAGE)
    return pieces.coalesce(1) if tasks == 1 else pieces.repartition(tasks, "bucket")


def _observe_stage(keys: frozenset[str], buckets: Sequence[int]) -> _PackedStage:
    """`stages.observe` on batches of path and content. Objects with other keys are skipped."""

    def packed_stage(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        objects = (
            (key, content.as_py())
            for batch in batches
            for key, content in zip(map(key_in, batch.column(0).to_pylist()), batch.column(1), strict=True)
            if key in keys
        )
        yield from pack(_pieces(stages.observe(objects), buckets))

    return packed_stage


def _stage(
    function: Callable[[Tables], StageOutput], buckets: Sequence[int], places: CuratedPaths, raw_uri: str
) -> _PackedStage:
    """A stage on packed batches. Finished rows leave it as Parquet files."""

    def packed_stage(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        output = function(unpack(batches))
        yield from pack(_files(output.rows, places, raw_uri))
        yield from pack(_pieces(output.next_stage, buckets))
        yield from pack(ArrowPiece(name, None, rows) for name, rows in output.driver.items())

    return packed_stage


def _files(rows_by_table: Tables, places: CuratedPaths, raw_uri: str) -> Iterator[ParquetFile]:
    for name, rows in rows_by_table.items():
        located = _located(rows, places, raw_uri) if name == tables.REJECTED_RECORDS.name else rows
        if located.num_rows:
            yield ParquetFile(name, to_parquet(tables.table(name), located))


def _pieces(made: Tables, buckets: Sequence[int]) -> Iterator[ArrowPiece]:
    for name, rows in made.items():
        key = stages.DISTRIBUTE_BY.get(name)
        parts = [(buckets[0], rows)] if key is None else distribute(rows, key, buckets)
        yield from (ArrowPiece(name, bucket, part) for bucket, part in parts if part.num_rows)


def _located(rejects: pa.Table, places: CuratedPaths, raw_uri: str) -> pa.Table:
    """Rejected records with the full URI of the raw object, or of the partition that lacks the row."""
    uris = [
        places.target(key) if reason == tables.QUALITY_RULE else raw_uri + key
        for key, reason in zip(rejects["object_uri"].to_pylist(), rejects["reason"].to_pylist(), strict=True)
    ]
    number = rejects.column_names.index("object_uri")
    return rejects.set_column(number, "object_uri", pa.array(uris, pa.string()))


def _for_driver(packed: DataFrame, description: str) -> Tables:
    with described(packed.sparkSession, description):
        rows = packed.where(FOR_DRIVER).select("table", "arrow_stream").collect()
    return from_streams((row["table"], row["arrow_stream"]) for row in rows)


def _fetch_files(packed: DataFrame, folder: Path, stage_name: str, description: str) -> None:
    """Copy the finished files of a stage to a folder of the driver, one task at a time."""
    files = packed.where(IS_FILE).select("table", "parquet_file")
    with described(packed.sparkSession, description):
        for number, row in enumerate(files.toLocalIterator(prefetchPartitions=True)):
            part = folder / row["table"] / f"{stage_name}-{number:06d}.parquet"
            part.parent.mkdir(exist_ok=True)
            part.write_bytes(row["parquet_file"])


def _save(files: HadoopFiles, folder: Path, places: CuratedPaths) -> dict[str, int]:
    """Upload one file per table and return the numbers of their rows."""
    with ThreadPoolExecutor(_CONCURRENT_TABLES, "table") as pool:
        uploads = {
            table.name: pool.submit(_uploaded, files, folder / table.name, table, places) for table in _OF_DAY
        }
        return {name: upload.result() for name, upload in uploads.items()}


def _uploaded(files: HadoopFiles, folder: Path, table: Table, places: CuratedPaths) -> int:
    """Concatenate a table's files in a folder of the driver, upload the result, and return its rows."""
    if not folder.exists():
        folder.mkdir()
        (folder / "none.parquet").write_bytes(to_parquet(table, arrow_schema(table).empty_table()))
    files.concatenate_parquet(folder.as_uri())
    (part,) = folder.glob("*.parquet")
    files.upload(part, f"{places.staged(table.name)}/{table.name}.parquet")
    rows = files.parquet_rows(places.staged(table.name))
    _LOG.info("%-17s %9d rows", table.name, rows)
    return rows


def stage_quality_results(
    files: HadoopFiles,
    places: CuratedPaths,
    results: Sequence[Result],
    table: Table = tables.QUALITY_RESULTS,
) -> int:
    """Write the results of the rules to the run's staging folder and return the number of rows.

    Args:
        files: the curated zone's files.
        places: the run's paths.
        results: the results.
        table: quality_results, or the mart with the same columns.
    """
    rows = pa.Table.from_pylist([each.as_row() for each in results], schema=arrow_schema(table))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "results.parquet").write_bytes(to_parquet(table, rows))
        return _uploaded(files, Path(folder), table, places)


def _object_figures(objects: pa.Table | None) -> dict[str, ObjectFigures]:
    rows: list[dict[str, Any]] = [] if objects is None else objects.to_pylist()
    return {row.pop("key"): ObjectFigures(**row) for row in rows}
