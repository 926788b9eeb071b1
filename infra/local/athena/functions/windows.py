"""Window functions. `{nulls}` is IGNORE NULLS, if it is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import Call, Entry, macro

_FAIL: Final = "CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: {}') AS BIGINT)"

macro(
    "trino_row_offset",
    "n",
    f"CASE WHEN n IS NULL THEN {_FAIL.format('Offset must not be null')} "
    f"WHEN n < 0 THEN {_FAIL.format('Offset must be at least 0')} ELSE n END",
)
macro("trino_place", "n", f"CASE WHEN n < 1 THEN {_FAIL.format('Offset must be at least 1')} ELSE n END")


def _shifted(name: str) -> Entry:
    """LAG and LEAD."""
    entries = {
        1: f"{name}({{0}}{{nulls}})",
        2: f"{name}({{0}}, trino_row_offset({{1}}){{nulls}})",
        3: f"{name}({{0}}, trino_row_offset({{1}}), {{2}}{{nulls}})",
    }
    return lambda call: entries[len(call.arguments)]


def _tiles(call: Call) -> str:
    number = call.arguments[0]
    if not number.is_constant:
        raise call.refuse("a number that is not a literal")
    if number.constant is None:
        return "first_value({0})"
    if number.constant < 1:
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", "Buckets must be greater than 0")
    return "ntile({0})"


WINDOWS: Final[Mapping[str, Entry]] = {
    "row_number": "row_number()",
    "rank": "rank()",
    "dense_rank": "dense_rank()",
    "percent_rank": "percent_rank()",
    "cume_dist": "cume_dist()",
    "ntile": _tiles,
    "first_value": "first_value({0}{nulls})",
    "last_value": "last_value({0}{nulls})",
    "nth_value": "nth_value({0}, trino_place({1}){nulls})",
    "lag": _shifted("lag"),
    "lead": _shifted("lead"),
}
