"""Functions of arrays that make arrays: sequences, parts, pairs and combinations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.api import Call, Entry, bind, macro, python_function, render
from infra.local.athena.types import field

_MAX_COMBINATION: Final = 5
_MAX_COMBINED: Final = 100_000  # elements in all combinations
_DAY: Final = "interval day to second"
_MONTH: Final = "interval year to month"

macro(
    "trino_steps",
    "distance, step, most",
    "CASE WHEN CASE WHEN step = 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: step must not be zero') "
    "WHEN distance * sign(step) < 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: sequence stop value should "
    "be greater than or equal to start value if step is greater than zero otherwise stop should be less "
    "than or equal to start') WHEN most // abs(CAST(step AS HUGEINT)) >= 10000 THEN trino_fail("
    "'INVALID_FUNCTION_ARGUMENT: result of sequence function must not have more than 10000 entries') "
    "END IS NULL THEN range(0, CAST(most // abs(CAST(step AS HUGEINT)) + 1 AS BIGINT)) END",
)


def _sequence(call: Call) -> str:
    start, _, *rest = call.arguments
    names = {call.variable(): argument.sql for argument in call.arguments}
    first, last, *given = names
    base = start.type.base
    if not rest:
        unit = "CAST(1 AS BIGINT)"
        step = f"(CASE WHEN {last} < {first} THEN -{unit} ELSE {unit} END)"
    else:
        step = given[0]
    place = call.variable()
    if base == "bigint":
        distance = f"(CAST({last} AS HUGEINT) - {first})"
        value = f"CAST(CAST({first} AS HUGEINT) + CAST({place} AS HUGEINT) * {step} AS BIGINT)"
    elif rest and rest[0].type.base == _MONTH:
        distance = f"trino_months(CAST({first} AS TIMESTAMP), CAST({last} AS TIMESTAMP))"
        moved = f"{first} + to_months(CAST({place} * {step} AS INTEGER))"
        value = f"CAST({moved} AS DATE)" if base == "date" else f"({moved})"
    elif base == "date":
        if rest:
            step = f"trino_whole_days({step})"
        distance = f"CAST({last} - {first} AS BIGINT)"
        value = f"({first} + CAST({place} * {step} AS INTEGER))"
    elif base == "timestamp":
        distance = f"((epoch_us({last}) - epoch_us({first})) // 1000)"
        value = f"({first} + to_milliseconds({place} * {step}))"
    else:
        raise call.refuse()
    direction = f"(CASE WHEN {last} < {first} THEN -1 WHEN {last} > {first} THEN 1 ELSE 0 END)"
    places = f"trino_steps({direction}, {step}, abs({distance}))"
    return bind(names, f"list_transform({places}, lambda {place}: {value})", call.variable)


macro(
    "trino_whole_days",
    "step",
    "CASE WHEN step % 86400000 <> 0 THEN CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: sequence step must be a "
    "day interval if start and end values are dates') AS BIGINT) ELSE step // 86400000 END",
)
macro(
    "trino_repeat",
    "item, count",
    "CASE WHEN CASE WHEN count < 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: count argument of repeat "
    "function must be greater than or equal to 0') WHEN count > 10000 THEN trino_fail("
    "'INVALID_FUNCTION_ARGUMENT: count argument of repeat function must be less than or equal to 10000') "
    "END IS NULL THEN list_transform([item], lambda x: list_transform(range(0, count), lambda i: x))[1] END",
)
macro(
    "trino_trim_array",
    "items, size",
    "CASE WHEN CASE WHEN size < 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: size must not be negative: ' "
    "|| size) WHEN size > len(items) THEN trino_fail('INVALID_FUNCTION_ARGUMENT: size must not exceed array "
    "cardinality ' || len(items) || ': ' || size) END IS NULL AND size IS NOT NULL "
    "THEN list_slice(items, 1, len(items) - size) END",
)
macro(
    "trino_ngrams",
    "items, n",
    "CASE WHEN CASE WHEN n <= 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: N must be positive') END IS NULL "
    "AND n IS NOT NULL AND items IS NOT NULL THEN list_transform(range(1, greatest(len(items) - n, 0) + 2), "
    "lambda i: list_slice(items, i, least(i + n - 1, len(items)))) END",
)


@python_function("BIGINT", "BIGINT", returns="BIGINT[][]")
def _combinations(count: int, size: int) -> list[tuple[int, ...]]:
    """Return the places, from 1, of each combination; those with the lowest last place come first."""
    reason = None
    if size < 0:
        reason = f"combination size must not be negative: {size}"
    elif size > _MAX_COMBINATION:
        reason = f"combination size must not exceed {_MAX_COMBINATION}: {size}"
    elif math.comb(count, size) * size > _MAX_COMBINED:
        reason = "combinations exceed max size"
    if reason:
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", reason)
    places = itertools.combinations(range(1, count + 1), size)
    return sorted(places, key=lambda combination: combination[::-1])


def zipped(arguments: tuple[str, ...], value: str, place: str) -> str:
    """Return a list of values for each place of the longest of some lists; null when one of them is null."""
    lengths = ", ".join(f"len({argument})" for argument in arguments)
    given = " AND ".join(f"{argument} IS NOT NULL" for argument in arguments)
    places = f"range(1, greatest({lengths}) + 1)"
    return f"CASE WHEN {given} THEN list_transform({places}, lambda {place}: {value}) END"


def _zip(call: Call) -> str:
    names = {call.variable(): argument.sql for argument in call.arguments}
    place = call.variable()
    parts = ", ".join(f"{field(number)} := {name}[{place}]" for number, name in enumerate(names))
    return bind(names, zipped(tuple(names), f"struct_pack({parts})", place), call.variable)


def concatenated(call: Call) -> str:
    """Return arrays one after the other, null if one is null; one of two arguments may be an element."""
    names = {call.variable(): argument.sql for argument in call.arguments}
    is_element = [argument.type == call.type.element for argument in call.arguments]
    lists = [f"[{name}]" if alone else name for name, alone in zip(names, is_element, strict=True)]
    given = " AND ".join(f"{name} IS NOT NULL" for name in names)
    return bind(names, f"CASE WHEN {given} THEN list_concat({', '.join(lists)}) END", call.variable)


def _contains_sequence(call: Call) -> str:
    if call.arguments[0].type.contains("map", "timestamp with time zone"):
        raise call.refuse()
    return render(
        "CASE WHEN len({1}) = 0 AND {0} IS NOT NULL THEN true WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN "
        "len(list_filter(range(1, len({0}) - len({1}) + 2), "
        "lambda i: list_slice({0}, i, i + len({1}) - 1) = {1})) > 0 END",
        call,
    )


def _histogram(call: Call) -> str:
    if call.arguments[0].type.element.contains("map", "row", "array", "timestamp with time zone"):
        raise call.refuse()
    keys = "trino_distinct(list_filter({0}, lambda x: x IS NOT NULL))"
    counts = f"list_transform({keys}, lambda x: len(list_filter({{0}}, lambda y: x = y)))"
    return render(f"map({keys}, {counts})", call)


FUNCTIONS: Final[Mapping[str, Entry]] = {
    "array_histogram": _histogram,
    "combinations": "list_transform(trino_combinations(len({0}), {1}), "
    "lambda places: list_transform(places, lambda place: {0}[place]))",
    "contains_sequence": _contains_sequence,
    "flatten": "flatten({0})",
    "ngrams": "trino_ngrams({0}, {1})",
    "repeat": "trino_repeat({0}, {1})",
    "sequence": _sequence,
    "shuffle": "list_transform(list_sort(list_transform({0}, lambda x: struct_pack(at := random(), "
    "item := x))), lambda s: s.item)",
    "trim_array": "trino_trim_array({0}, {1})",
    "zip": _zip,
}
