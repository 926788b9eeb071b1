"""Values as DuckDB's literals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from infra.local.athena.types import Type, duckdb_type
from infra.local.athena.values import ZonedTime


def text(value: str) -> str:
    """Return a text as a literal."""
    doubled = value.replace("'", "''")
    if "\x00" in value:
        parts = doubled.split("\x00")
        return "(" + " || chr(0) || ".join(f"'{part}'" for part in parts) + ")"
    return f"'{doubled}'"


def constant(value: Any, kind: Type) -> str:
    """Return a value of a Trino type as an expression of DuckDB."""
    if value is None:
        return f"CAST(NULL AS {duckdb_type(kind) or 'INTEGER'})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return text(value.rstrip(" ") if kind.base == "char" else value)
    if isinstance(value, bytes):
        return "CAST('" + "".join(f"\\x{byte:02X}" for byte in value) + "' AS BLOB)"
    if isinstance(value, ZonedTime):
        return f"struct_pack(instant := {_plain(value.instant)}, zone := {text(value.zone)})"
    return f"CAST({_plain(value)} AS {duckdb_type(kind)})"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"'{value!r}'"
    if isinstance(value, Decimal):
        return f"'{value:f}'"
    if isinstance(value, dt.datetime):
        return f"TIMESTAMP '{value.isoformat(' ')}'"
    if isinstance(value, dt.date | dt.time):
        return f"'{value.isoformat()}'"
    return str(value)
