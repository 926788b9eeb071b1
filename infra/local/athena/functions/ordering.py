"""How Trino orders values, with its NaN and its failures at nulls within."""

from __future__ import annotations

from typing import Final

from infra.local.athena.functions.api import Call, bind, macro
from infra.local.athena.functions.nested import padded
from infra.local.athena.types import Type, field

_FLOATS: Final = ("real", "double")
_ZONED: Final = "timestamp with time zone"
_STRUCTURED: Final = ("array", "row")
NULL_WITHIN: Final = {
    "array": "ARRAY comparison not supported for arrays with null elements",
    "row": "ROW comparison not supported for fields with null elements",
}

macro("trino_sign", "one, other", "CASE WHEN one < other THEN -1 WHEN one > other THEN 1 ELSE 0 END")
macro(
    "trino_sign_nan_first",
    "one, other",
    "CASE WHEN isnan(one) THEN CASE WHEN isnan(other) THEN 0 ELSE -1 END WHEN isnan(other) THEN 1 "
    "ELSE trino_sign(one, other) END",
)


def is_ordered_as_in_duckdb(kind: Type) -> bool:
    """Return whether DuckDB chooses the same of several values of a type as Trino."""
    return kind.base not in {*_FLOATS, *_STRUCTURED, _ZONED, "char"}


def ordering(one: str, other: str, kind: Type, call: Call, *, is_nan_first: bool = False) -> str:
    """Return a number that is negative, zero or positive as a value is less than, equal to or greater.

    Neither value is null. A null within them fails as in Trino: unless a part before it decides.

    Args:
        one: a simple expression.
        other: the other one.
        kind: their type.
        call: the call.
        is_nan_first: whether NaN is the least number, not the greatest.
    """
    match kind.base:
        case "array":
            return _ordering_of_arrays(one, other, kind, call, is_nan_first=is_nan_first)
        case "row":
            found = "0"
            for place, part in reversed([*enumerate(kind.types)]):
                parts = (f"{one}.{field(place)}", f"{other}.{field(place)}")
                step = _ordering_of_parts(*parts, part, "row", call, is_nan_first=is_nan_first)
                found = f"coalesce(nullif({step}, 0), {found})"
            return found
        case "real" | "double" if is_nan_first:
            return f"trino_sign_nan_first({one}, {other})"
        case "timestamp with time zone":
            return f"trino_sign({one}.instant, {other}.instant)"
        case "char":
            return f"trino_sign({padded(one, kind)}, {padded(other, kind)})"
    return f"trino_sign({one}, {other})"


def _ordering_of_arrays(one: str, other: str, kind: Type, call: Call, *, is_nan_first: bool) -> str:
    place, state = call.variable(), call.variable()
    items = (f"{one}[{place}]", f"{other}[{place}]")
    step = _ordering_of_parts(*items, kind.element, "array", call, is_nan_first=is_nan_first)
    found = (
        f"list_reduce(range(1, least(len({one}), len({other})) + 1), "
        f"lambda {state}, {place}: CASE WHEN {state} <> 0 THEN {state} ELSE {step} END, 0)"
    )
    return f"coalesce(nullif({found}, 0), trino_sign(len({one}), len({other})))"


def _ordering_of_parts(one: str, other: str, kind: Type, of: str, call: Call, *, is_nan_first: bool) -> str:
    fail = f"CAST(trino_fail('NOT_SUPPORTED: {NULL_WITHIN[of]}') AS INTEGER)"
    inner = ordering(one, other, kind, call, is_nan_first=is_nan_first)
    return f"CASE WHEN {one} IS NULL OR {other} IS NULL THEN {fail} ELSE {inner} END"


def extreme(items: str, kind: Type, call: Call, *, is_greatest: bool) -> str:
    """Return the greatest or least of a list, null if one is null; NaN counts when there is nothing else.

    Args:
        items: the list.
        kind: the type of its elements.
        call: the call.
        is_greatest: whether it is the greatest.
    """
    name, found, place, state = (call.variable() for _ in range(4))
    item, best = f"{name}[{place}]", f"{name}[{state}]"
    sign = ordering(item, best, kind, call, is_nan_first=is_greatest)
    step = (
        f"CASE WHEN {state} < 0 THEN {state} WHEN {item} IS NULL THEN -1 WHEN {state} = 0 THEN {place} "
        f"WHEN {sign} {'>' if is_greatest else '<'} 0 THEN {place} ELSE {state} END"
    )
    places = f"list_reduce(range(1, len({name}) + 1), lambda {state}, {place}: {step}, 0)"
    chosen = bind({found: places}, f"CASE WHEN {found} > 0 THEN {name}[{found}] END", call.variable)
    return bind({name: items}, chosen, call.variable)


def compared(sign: str, one: str, other: str, kind: Type, call: Call) -> str:
    """Return a comparison by `<`, `<=`, `>` or `>=` of two simple expressions."""
    order = ordering(one, other, kind, call)
    return f"(CASE WHEN {one} IS NOT NULL AND {other} IS NOT NULL THEN {order} {sign} 0 END)"
