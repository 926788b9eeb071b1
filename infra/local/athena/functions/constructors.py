"""Arrays and rows: how they are made, and how their parts are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.functions.api import Call, Entry, macro, render
from infra.local.athena.types import Type, duckdb_type, field


def _array(call: Call) -> str:
    items = ", ".join(argument.sql for argument in call.arguments)
    return f"CAST([{items}] AS {duckdb_type(call.type)})"


def _row(call: Call) -> str:
    parts = (f"{field(place)} := {argument.sql}" for place, argument in enumerate(call.arguments))
    return f"struct_pack({', '.join(parts)})"


def _field(call: Call) -> str:
    place = int(call.name.rpartition(" ")[2])
    return f"struct_extract({call.arguments[0].sql}, '{field(place)}')"


macro(
    "trino_out_of_bounds",
    "length, place",
    "trino_fail('INVALID_FUNCTION_ARGUMENT: ' || CASE WHEN place = 0 THEN 'SQL array indices start at 1' "
    "WHEN place < 0 THEN 'Array subscript is negative: ' || place ELSE 'Array subscript must be less than or "
    "equal to array length: ' || place || ' > ' || length END)",
)


def _subscript(call: Call) -> str:
    (base, _) = call.arguments
    if base.type.base == "map":
        return _map_entry(base.type.types[0], call)
    return render(_ARRAY_ELEMENT, call)


def _map_entry(key: Type, call: Call) -> str:
    if key.contains("timestamp with time zone", "map"):
        raise call.refuse()
    is_number = " AND NOT isnan({1})" if key.base in {"real", "double"} else ""
    name = "" if key.types else ": ' || CAST({1} AS VARCHAR) || '"
    return render(
        f"(CASE WHEN list_contains(map_keys({{0}}), {{1}}){is_number} THEN {{0}}[{{1}}] "
        "WHEN {0} IS NULL OR {1} IS NULL THEN NULL ELSE "
        f"CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: Key not present in map{name}') AS {{type}}) END)",
        call,
    )


_ARRAY_ELEMENT: Final = (
    "(CASE WHEN {1} BETWEEN 1 AND len({0}) THEN {0}[{1}] WHEN {0} IS NULL OR {1} IS NULL THEN NULL "
    "ELSE CAST(trino_out_of_bounds(len({0}), {1}) AS {type}) END)"
)


FUNCTIONS: Final[Mapping[str, Entry]] = {
    "operator array": _array,
    "operator row": _row,
    "operator field": _field,
    "operator subscript": _subscript,
}
