"""The file of every mart of a day in the run's staging folder, checked against its rules."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import Table
from spotify_lake.engine.exchange import to_parquet
from spotify_lake.engine.session import described
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.marts.mart import Mart, MartInputs
from spotify_lake.quality import row_checks, rules
from spotify_lake.quality.rules import Result

_CONCURRENT_MARTS: Final = 3


@dataclasses.dataclass(frozen=True)
class StagedMart:
    """A mart in the staging folder.

    Attributes:
        rows: the number of its rows.
        results: the results of its rules.
        is_changed: whether its rows differ from those that are published for the day.
    """

    rows: int
    results: list[Result]
    is_changed: bool


def stage_marts(inputs: MartInputs, marts: Sequence[Mart]) -> dict[str, StagedMart]:
    """Write every mart of a day to the staging folder, several at a time, and check them.

    Args:
        inputs: the partitions to read.
        marts: the marts, each after those that it needs.

    Returns:
        The staged marts by name, in their order.
    """
    files = HadoopFiles(inputs.spark)
    staged: dict[str, Future[StagedMart]] = {}

    def stage(mart: Mart) -> StagedMart:
        for need in mart.needs:
            staged[need.name].result()
        return _staged(inputs, files, mart)

    with ThreadPoolExecutor(_CONCURRENT_MARTS, "mart") as pool:
        # Those that wait for others come last, and what they wait for is never behind them.
        for mart in sorted(marts, key=lambda mart: bool(mart.needs)):
            staged[mart.table.name] = pool.submit(stage, mart)
        return {mart.table.name: staged[mart.table.name].result() for mart in marts}


def _staged(inputs: MartInputs, files: HadoopFiles, mart: Mart) -> StagedMart:
    table = mart.table
    order = [(name, "ascending") for name in table.key]
    with described(inputs.spark, f"{inputs.day}: build {table.name}"):
        made = _collected(mart.build(inputs), arrow_schema(table)).sort_by(order)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / f"{table.name}.parquet"
        file.write_bytes(to_parquet(table, made))
        files.upload(file, f"{inputs.places.staged(table.name)}/{file.name}")
    failing = row_checks.check(table, made).failing
    results = rules.row_results(rules.rules_of(table), failing, {table.name: made.num_rows}, orphaned={})
    published = _published(files, inputs.places.target(table.name), table)
    is_changed = published is None or not made.equals(published.sort_by(order))
    return StagedMart(made.num_rows, results, is_changed)


def _collected(rows: DataFrame, schema: pa.Schema) -> pa.Table:
    """The rows with the types of an Arrow schema. The public method, `toArrow`, came with Spark 4."""
    batches = rows._collect_as_arrow()
    return pa.concat_tables(
        [schema.empty_table(), *(pa.Table.from_batches([batch]).cast(schema) for batch in batches)]
    )


def _published(files: HadoopFiles, folder: str, table: Table) -> pa.Table | None:
    """The rows of a partition with the columns of the contract; None if it does not exist."""
    if not files.exists(folder):
        return None
    with tempfile.TemporaryDirectory() as name:
        parts = [pq.read_table(path) for path in files.download_parquet(folder, Path(name))]
    schema = arrow_schema(table)
    return pa.concat_tables([schema.empty_table(), *(_with_columns(part, schema) for part in parts)])


def _with_columns(part: pa.Table, schema: pa.Schema) -> pa.Table:
    """A part with every column of a schema; a partition of an earlier release may lack some."""
    columns = [
        part[field.name].cast(field.type)
        if field.name in part.column_names
        else pa.nulls(len(part), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
