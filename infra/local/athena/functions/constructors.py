"""Arrays and rows: how they are made, and how their parts are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.functions.api import Call, Entry, macro, render
from infra.local.athena.types import field


def _array(call: Call) -> str:
    items = ", ".join(argument.sql for argument in call.arguments)
    return render(f"CAST([{items}] AS {{type}})", call)


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
_NOT_TEXT_ALIKE: Final = ("timestamp with time zone", "real", "double", "array", "map", "row")


def _subscript(call: Call) -> str:
    (base, _) = call.arguments
    if base.type.base == "map":
        if base.type.types[0].contains(*_NOT_TEXT_ALIKE):
            raise call.refuse()
        return render(_MAP_ENTRY, call)
    return render(_ARRAY_ELEMENT, call)


_MAP_ENTRY: Final = (
    "(CASE WHEN list_contains(map_keys({0}), {1}) THEN {0}[{1}] WHEN {0} IS NULL OR {1} IS NULL THEN NULL "
    "ELSE CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || CAST({1} AS VARCHAR)) "
    "AS {type}) END)"
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
