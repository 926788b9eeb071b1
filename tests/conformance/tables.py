"""The small tables that both Trino and the local Athena are given: tables.json.

Values are encoded as in the record: decimals, dates and timestamps as text, varbinary as hex text, maps as
lists of pairs, rows as lists, and "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from infra.local.athena.type_text import parse_type
from infra.local.athena.types import Type

_FILE: Final = Path(__file__).parent / "tables.json"


@dataclasses.dataclass(frozen=True)
class Table:
    """A table: its columns with their Trino types, its rows, and the names of its partition columns."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]
    partitioned_by: tuple[str, ...]


def read_tables() -> tuple[Table, ...]:
    """Read every table."""
    return tuple(_table(each) for each in json.loads(_FILE.read_text(encoding="utf-8"))["tables"])


def _table(content: dict[str, Any]) -> Table:
    return Table(
        name=content["name"],
        columns=tuple((name, type_) for name, type_ in content["columns"]),
        rows=tuple(tuple(row) for row in content["rows"]),
        partitioned_by=tuple(content["partitioned_by"]),
    )


def creating(table: Table) -> Iterator[str]:
    """The statements that create a table in Trino, with its rows."""
    columns = ", ".join(f"{name} {type_}" for name, type_ in table.columns)
    yield f"CREATE TABLE {table.name} ({columns})"
    types = [parse_type(type_) for _, type_ in table.columns]
    rows = (", ".join(map(literal, row, types)) for row in table.rows)
    yield f"INSERT INTO {table.name} VALUES " + ", ".join(f"({row})" for row in rows)


def literal(value: Any, type_: Type) -> str:
    """Return the SQL expression of an encoded value."""
    return f"CAST({_text(value, type_)} AS {type_})"


def _text(value: Any, type_: Type) -> str:
    if value is None:
        return "NULL"
    if type_.types:
        return _nested_text(value, type_)
    if type_.base == "boolean":
        return str(value)
    escaped = str(value).replace("'", "''")
    return f"X'{escaped}'" if type_.base == "varbinary" else f"'{escaped}'"


def _nested_text(value: list[Any], type_: Type) -> str:
    if type_.base == "array":
        return _array(value, type_.element)
    if type_.base == "row":
        return f"ROW({', '.join(map(literal, value, type_.types))})"
    key, item = type_.types
    return f"MAP({_array([pair[0] for pair in value], key)}, {_array([pair[1] for pair in value], item)})"


def _array(values: Iterable[Any], type_: Type) -> str:
    return f"ARRAY[{', '.join(literal(value, type_) for value in values)}]"
