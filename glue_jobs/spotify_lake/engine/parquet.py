"""Rows of a table as the bytes of a Parquet file, as Athena and Spark read it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import Table


def to_parquet(table: Table, rows: pa.Table) -> bytes:
    """Return a Parquet file of rows; times are microseconds, with statistics (Spark's INT96 has none)."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows.cast(arrow_schema(table)), sink, compression="zstd", compression_level=1, store_schema=False
    )
    return bytes(sink.getvalue())
