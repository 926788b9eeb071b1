"""The contract in Arrow's types, and the plain select with which every transform ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from spotify_lake.contract.tables import Table

UTC_INSTANT: Final = pa.timestamp("us", tz="UTC")
_ARROW_TYPES: Final = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": UTC_INSTANT,
    "array<string>": pa.list_(pa.string()),
}


def arrow_type(glue_type: str) -> pa.DataType:
    """Return the Arrow type of a Glue type; raise `KeyError` for one the contract may not use."""
    return _ARROW_TYPES[glue_type]


def arrow_schema(table: Table) -> pa.Schema:
    """Return the schema of the table's rows, without the partition column."""
    return pa.schema([(column.name, arrow_type(column.type)) for column in table.columns])


def conform(table: Table, columns: dict[str, Any], beside: Sequence[str] = ()) -> pa.Table:
    """Return exactly the table's columns, in their order and types.

    Args:
        table: the contract.
        columns: an array for each of its columns.
        beside: names of further columns to keep behind those of the contract.

    Raises:
        KeyError: a column is missing, or one is there that the contract does not have.
    """
    unknown = set(columns) - set(table.column_names) - set(beside)
    if unknown:
        raise KeyError(f"table {table.name} has no column {', '.join(sorted(unknown))}")
    schema = arrow_schema(table)
    arrays = [_typed(columns[field.name], field.type) for field in schema]
    further = [columns[name] for name in beside]
    return pa.Table.from_arrays([*arrays, *further], names=[*schema.names, *beside])


def _typed(array: Any, kind: pa.DataType) -> Any:
    return array if array.type == kind else array.cast(kind)
