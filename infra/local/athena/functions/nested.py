"""Values that have parts: nulls within them, and how they are sorted, grouped and told apart."""

from __future__ import annotations

from typing import Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.functions.api import Call, bind, macro
from infra.local.athena.types import Type, duckdb_type, field

_FLOATS: Final = ("real", "double")
_ZONED: Final = "timestamp with time zone"

macro("trino_has_null", "items", "list_count(items) < len(items)")
macro(
    "trino_nulls_within",
    "has_null, kind",
    "CASE WHEN has_null THEN trino_fail('NOT_SUPPORTED: the local Athena does not support comparing a ' "
    "|| kind || ' that has a null within; Athena does if the parts before it differ') END",
)


def null_inside(value: str, kind: Type, call: Call) -> str:
    """Return whether an array or a row, or what is in it, has a null; "" for a type that has no parts."""
    match kind.base:
        case "array":
            item = call.variable()
            inner = null_inside(item, kind.element, call)
            tests = [f"trino_has_null({value})"]
            if inner:
                tests.append(f"len(list_filter({value}, lambda {item}: {inner})) > 0")
            return f"({' OR '.join(tests)})"
        case "row":
            tests = []
            for place, part in enumerate(kind.types):
                name = f"{value}.{field(place)}"
                tests += [f"{name} IS NULL", null_inside(name, part, call)]
            return f"({value} IS NOT NULL AND ({' OR '.join(filter(None, tests))}))"
    return ""


def sortable(value: str, kind: Type, call: Call) -> str:
    """Return a value that DuckDB sorts as Trino does; it fails on one with nulls within.

    Raises:
        NotSupportedHere: DuckDB sorts values of the type differently.
    """
    if kind.base == _ZONED:
        return f"{value}.instant"
    if kind.base == "char":
        return padded(value, kind)
    if kind.contains("map", _ZONED) or (kind.types and kind.contains(*_FLOATS, "char")):
        raise NotSupportedHere(f"sorting by values of type {kind}")
    name = call.variable()
    inner = null_inside(name, kind, call)
    if not inner:
        return value
    check = f"CASE WHEN trino_nulls_within({inner}, '{kind}') IS NULL THEN {name} END"
    return bind({name: value}, check, call.variable)


def padded(value: str, kind: Type) -> str:
    """Return a char with the spaces at its end, which are compared with other characters."""
    return f"rpad({value}, {kind.length}, ' ')"


def padded_operand(call: Call) -> str:
    """Return the first argument, a char, with its spaces."""
    (operand, *_) = call.arguments
    return padded(operand.sql, operand.type)


def distinguishable(value: str, kind: Type) -> str:
    """Return a value that DuckDB takes for distinct from another one if Trino does.

    Raises:
        NotSupportedHere: there is none that is also equal to the value.
    """
    if kind.base == "map" and not kind.types[0].contains(*_FLOATS, _ZONED, "map"):
        if kind.types[1].contains("map", _ZONED):
            raise NotSupportedHere(f"distinct values or groups of type {kind}")
        return f"CAST(map_from_entries(list_sort(map_entries({value}))) AS {duckdb_type(kind)})"
    if kind.contains("map", _ZONED):
        raise NotSupportedHere(f"distinct values or groups of type {kind}")
    return value
