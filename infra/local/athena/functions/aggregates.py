"""Aggregate functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions import (
    ordering,
    statistics,  # noqa: F401  # defines what the templates call
)
from infra.local.athena.functions.api import Aggregate, Call, macro
from infra.local.athena.functions.nested import sortable
from infra.local.athena.types import duckdb_type

_FLOATS: Final = ("real", "double")
_ZONED: Final = "timestamp with time zone"
_LONG_DECIMAL: Final = 28  # digits; a sum of ten billion such numbers has 38
_INTERVALS: Final = ("interval day to second", "interval year to month")
_NOT_SORTED_ALIKE: Final = ("timestamp with time zone", "array", "row", "map")


def _count(call: Call) -> Aggregate:
    return Aggregate("count", "{0}" if call.arguments else "*")


def _average(call: Call) -> Aggregate:
    kind = call.arguments[0].type
    if kind.base == "decimal" and kind.precision > _LONG_DECIMAL:  # whose sum DuckDB may not hold
        average = f"trino_average_of_decimals({{value}}, {kind.scale})"
        return Aggregate("list", "CAST({0} AS VARCHAR)", average, "{0} IS NOT NULL")
    if kind.base == "decimal":
        quotient = (
            f"trino_divide_decimals(CAST({{value}} AS VARCHAR), CAST({{count}} AS VARCHAR), {kind.scale}, 0)"
        )
        return Aggregate("sum", "{0}", quotient)
    if kind.base in _INTERVALS:
        return Aggregate("sum", "{0}", "floor({value} / CAST({count} AS DOUBLE) + 0.5)")
    return Aggregate("avg", "{0}")


def _extreme(name: str) -> Callable[[Call], Aggregate]:
    """MIN and MAX, of one value or of the `n` first ones."""

    def aggregate(call: Call) -> Aggregate:
        value, *count = call.arguments
        if value.type.base in _FLOATS:
            return _extreme_float(name, call)
        if value.type.base in {"array", "row"} and not count:
            found = ordering.extreme("{value}", value.type, call, is_greatest=name == "max")
            return Aggregate("list", "{0}", found, "{0} IS NOT NULL")
        sorted_value = sortable("{0}", value.type, call)
        if value.type.base == "char" and not count:
            return Aggregate(name, sorted_value, "rtrim({value}, ' ')")
        if value.type.base in {_ZONED, "char"}:
            number = f", {_number(call, 1)}" if count else ""
            return Aggregate(f"arg_{name}", f"{{0}}, {sorted_value}{number}")
        if not count:
            return Aggregate(name, sorted_value)
        return Aggregate(name, f"{sorted_value}, {_number(call, 1)}")

    return aggregate


def _extreme_float(name: str, call: Call) -> Aggregate:
    """MIN and MAX of numbers with NaN, which is neither; of 0.0 and -0.0 the first one counts."""
    if len(call.arguments) == 1:
        number = "trino_number({0})"
        return Aggregate(
            f"arg_{name}",
            f"{number}, {number}",
            "coalesce({value}, CASE WHEN {count} > 0 THEN CAST('NaN' AS DOUBLE) END)",
        )
    packed = f"{{0}}, {_float_key('{0}', name)}, {_number(call, 1)}"
    return Aggregate(f"arg_{name}", packed, condition="{0} IS NOT NULL")


def _float_key(value: str, name: str) -> str:
    """Return what DuckDB sorts like a number, with NaN where it comes last."""
    comes_last = f"isnan({value})" if name.endswith("min") else f"NOT isnan({value})"
    return f"struct_pack(nan := {comes_last}, number := {value})"


def _extreme_by(name: str) -> Callable[[Call], Aggregate]:
    """MIN_BY and MAX_BY."""

    def aggregate(call: Call) -> Aggregate:
        is_float = call.arguments[1].type.base in _FLOATS
        by = _float_key("{1}", name) if is_float else sortable("{1}", call.arguments[1].type, call)
        condition = "{1} IS NOT NULL" if is_float else ""
        if len(call.arguments) == 2:  # noqa: PLR2004
            return Aggregate(f"{name}_null", f"{{0}}, {by}", condition=condition)
        # A value that is null is kept within a structure.
        packed = f"struct_pack(value := {{0}}), {by}, {_number(call, 2)}"
        return Aggregate(name, packed, "list_transform({value}, lambda s: s.value)", "{1} IS NOT NULL")

    return aggregate


def _number(call: Call, place: int) -> int:
    """The number of values that are asked for."""
    argument = call.arguments[place]
    if not argument.is_constant or argument.constant is None:
        raise call.refuse("a number of values that is not a literal")
    if argument.constant <= 0:
        message = f"third argument of {call.name} must be a positive integer: {argument.constant}"
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message)
    return int(argument.constant)


def _entries(result: str) -> Aggregate:
    """A map of keys and values; rows without a key do not count."""
    return Aggregate("list", "struct_pack(key := {0}, value := {1})", result, "{0} IS NOT NULL")


def _histogram(call: Call) -> Aggregate:
    if call.arguments[0].type.contains(*_NOT_SORTED_ALIKE):
        raise call.refuse()
    return Aggregate("histogram", "{0}")


def _distinct(call: Call) -> Aggregate:
    """The exact number, which is within the error that Trino allows itself."""
    kind = call.arguments[0].type
    if kind.base == _ZONED:
        return Aggregate("count", "DISTINCT {0}.instant")
    if kind.contains(_ZONED, "map"):
        raise call.refuse()
    return Aggregate("count", "DISTINCT {0}")


def _set(call: Call) -> Aggregate:
    if call.arguments[0].type.contains("timestamp with time zone", "map", "real", "double"):
        raise call.refuse()
    return Aggregate("list", "DISTINCT {0}")


def _correlation(name: str) -> Aggregate:
    return Aggregate(name, "{all}", "nullif({value}, CAST('nan' AS DOUBLE))")


def _moments(function: str) -> Aggregate:
    return Aggregate("list", "CAST({0} AS DOUBLE)", f"{function}({{value}})", "{0} IS NOT NULL")


def _reduce(call: Call) -> Aggregate:
    """REDUCE_AGG: the values in the order in which they come."""
    _, start, step, _ = call.arguments
    state, row = call.variable(), call.variable()
    body = step.apply(f"{state}.state", f"{row}.input")
    kept = f"struct_pack(state := {body}, input := {row}.input)"
    first = f"struct_pack(state := {start.sql}, input := CAST(NULL AS {duckdb_type(call.arguments[0].type)}))"
    return Aggregate(
        "list",
        f"struct_pack(state := CAST(NULL AS {duckdb_type(call.type)}), input := {{0}})",
        f"list_reduce({{value}}, lambda {state}, {row}: {kept}, {first}).state",
        "{0} IS NOT NULL",
    )


def _percentile(call: Call) -> Aggregate:
    """The percentile as Trino's digest gives it before it merges values, which is within its error after."""
    if len(call.arguments) > 3:  # noqa: PLR2004  # with an accuracy
        raise call.refuse()
    share = call.arguments[-1]
    if share.is_constant and not 0 <= share.constant <= 1:
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", "Percentile must be between 0 and 1")
    place = len(call.arguments) - 1
    is_weighted = place > 1
    function = "trino_weighted_percentile" if is_weighted else "trino_percentile"
    percentile = f"{function}({{value}}, {{{place}}})"
    if share.type.base == "array":
        percentile = f"list_transform({{{place}}}, lambda share: {function}({{value}}, share))"
    if is_weighted:
        return Aggregate(
            "list", "struct_pack(mean := CAST({0} AS DOUBLE), weight := {1})", percentile, "{0} IS NOT NULL"
        )
    return Aggregate("list", "{0}", percentile, "{0} IS NOT NULL")


macro("trino_number", "x", "CASE WHEN NOT isnan(x) THEN x END")
# DuckDB 2.0 fails at an aggregate within a lambda if the argument of the aggregate has a lambda, too.
macro(
    "trino_first_entries",
    "entries",
    "list_transform([entries], lambda known: map_from_entries(list_filter(known, lambda e, i: "
    "list_position(list_transform(known, lambda x: x.key), e.key) = i)))[1]",
)
macro(
    "trino_multimap",
    "entries",
    "list_transform([entries], lambda known: map_from_entries(list_transform("
    "list_distinct(list_transform(known, lambda e: e.key)), lambda k: struct_pack(key := k, value := "
    "list_transform(list_filter(known, lambda e: e.key = k), lambda e: e.value)))))[1]",
)


AGGREGATES: Final[Mapping[str, Aggregate | Callable[[Call], Aggregate]]] = {
    "count": _count,
    "count_if": Aggregate("count", "*", condition="{0}"),
    "sum": Aggregate("sum"),
    "avg": _average,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "min_by": _extreme_by("arg_min"),
    "max_by": _extreme_by("arg_max"),
    "arbitrary": Aggregate("any_value"),
    "any_value": Aggregate("any_value"),
    "array_agg": Aggregate("list"),
    "bool_and": Aggregate("bool_and"),
    "every": Aggregate("bool_and"),
    "bool_or": Aggregate("bool_or"),
    "bitwise_and_agg": Aggregate("bit_and"),
    "bitwise_or_agg": Aggregate("bit_or"),
    "bitwise_xor_agg": Aggregate("bit_xor"),
    "geometric_mean": Aggregate("avg", "ln(CAST({0} AS DOUBLE))", "exp({value})"),
    "listagg": Aggregate("string_agg", "{0}, {1}"),
    "histogram": _histogram,
    "set_agg": _set,
    "map_agg": _entries("trino_first_entries({value})"),
    "multimap_agg": _entries("trino_multimap({value})"),
    **{
        name: Aggregate(name)
        for name in (
            *(
                "stddev",
                "stddev_samp",
                "stddev_pop",
                "variance",
                "var_samp",
                "var_pop",
            ),
            *("covar_samp", "covar_pop"),
        )
    },
    **{name: _correlation(name) for name in ("corr", "regr_slope", "regr_intercept")},
    "skewness": _moments("trino_skewness"),
    "kurtosis": _moments("trino_kurtosis"),
    "approx_distinct": _distinct,
    "approx_percentile": _percentile,
    "reduce_agg": _reduce,
    "map_union": Aggregate(
        "list",
        "{0}",
        "trino_first_entries(flatten(list_transform({value}, lambda m: map_entries(m))))",
        "{0} IS NOT NULL",
    ),
}
