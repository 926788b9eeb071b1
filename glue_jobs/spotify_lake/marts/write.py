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

from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import Table
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
    folder = inputs.places.staged(mart.table.name)
    with described(inputs.spark, f"{inputs.day}: build {mart.table.name}"):
        rows = mart.build(inputs).sortWithinPartitions(*mart.table.key)
        rows.write.mode("overwrite").parquet(folder)
    files.concatenate_parquet(folder)
    made = _rows_of(files, folder, mart.table)
    target = inputs.places.target(mart.table.name)
    published = _rows_of(files, target, mart.table) if files.exists(target) else None
    failing = row_checks.check(mart.table, made).failing
    results = rules.row_results(
        rules.rules_of(mart.table), failing, {mart.table.name: made.num_rows}, orphaned={}
    )
    return StagedMart(made.num_rows, results, is_changed=not _are_equal(mart.table, made, published))


def _rows_of(files: HadoopFiles, folder: str, table: Table) -> pa.Table:
    """The rows of a partition with the columns of the contract."""
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


def _are_equal(table: Table, made: pa.Table, published: pa.Table | None) -> bool:
    if published is None or made.num_rows != published.num_rows:
        return False
    order = [(name, "ascending") for name in table.key]
    return bool(made.sort_by(order).equals(published.sort_by(order)))
