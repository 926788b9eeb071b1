"""The contract in Arrow's types, and the select at the end of every transform."""

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
    "array<int>": pa.list_(pa.int32()),
}


def arrow_type(glue_type: str) -> pa.DataType:
    """Return the Arrow type of a Glue type; raise `KeyError` for one that the contract may not use."""
    return _ARROW_TYPES[glue_type]


def arrow_schema(table: Table) -> pa.Schema:
    """Return the schema of the table's rows, without the partition column."""
    return pa.schema([(column.name, arrow_type(column.type)) for column in table.columns])


def conform(table: Table, columns: dict[str, Any], extra: Sequence[str] = ()) -> pa.Table:
    """Return exactly the table's columns, in their order and types.

    Args:
        table: the contract.
        columns: an array for each of its columns.
        extra: names of further columns to keep after those of the contract.

    Raises:
        KeyError: a column of the contract is missing, or the contract does not have a column.
    """
    unknown = set(columns) - set(table.column_names) - set(extra)
    if unknown:
        raise KeyError(f"table {table.name} has no column {', '.join(sorted(unknown))}")
    schema = arrow_schema(table)
    arrays = [_typed(columns[field.name], field.type) for field in schema]
    further = [columns[name] for name in extra]
    return pa.Table.from_arrays([*arrays, *further], names=[*schema.names, *extra])


def _typed(array: Any, kind: pa.DataType) -> Any:
    return array if array.type == kind else array.cast(kind)
