"""How a table's rows are written."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spotify_lake.contract import tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.engine.exchange import to_parquet

_FETCHED_AT = dt.datetime(2026, 11, 20, 5, 0, 0, 123_000, dt.UTC)


@pytest.fixture
def written() -> pq.ParquetFile:
    schema = arrow_schema(tables.TRACKS)
    row = {field.name: None for field in schema} | {"track_id": "t1", "fetched_at": _FETCHED_AT}
    return pq.ParquetFile(
        pa.BufferReader(to_parquet(tables.TRACKS, pa.Table.from_pylist([row], schema=schema)))
    )


def test_every_column_is_compressed_with_zstd(written: pq.ParquetFile) -> None:
    group = written.metadata.row_group(0)
    assert {group.column(number).compression for number in range(group.num_columns)} == {"ZSTD"}


def test_times_are_microseconds_that_athena_reads(written: pq.ParquetFile) -> None:
    assert written.schema_arrow.field("fetched_at").type == pa.timestamp("us", "UTC")
    assert written.read()["fetched_at"].to_pylist() == [_FETCHED_AT]


def test_the_columns_are_the_contracts_in_their_order(written: pq.ParquetFile) -> None:
    assert written.schema_arrow.names == [column.name for column in tables.TRACKS.columns]


def test_a_reader_can_skip_by_statistics(written: pq.ParquetFile) -> None:
    column = written.schema_arrow.names.index("track_id")
    assert written.metadata.row_group(0).column(column).statistics.min == "t1"
