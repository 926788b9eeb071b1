"""Functions of arrays that find, compare and sort elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.local.athena.functions.api import Argument, Call, Entry, bind, by_type, macro, render
from infra.local.athena.functions.casting import cast_value
from infra.local.athena.functions.conditions import compare
from infra.local.athena.functions.nested import sortable
from infra.local.athena.functions.ordering import extreme, is_ordered_as_in_duckdb
from infra.local.athena.types import VARCHAR, Type

_LEAST: Final = "CAST(-9223372036854775808 AS BIGINT)"
_FLOATS: Final = ("real", "double")
_STRUCTURED: Final = ("array", "map", "row")
_ZONED: Final = "timestamp with time zone"

# What is found of a value in an array: 1 where an element is equal, 0 where it is not, null for a null
# element, and 2 where the comparison has no answer because of nulls within.
macro(
    "trino_decided",
    "found, name",
    "CASE list_filter(found, lambda x: x > 0)[1] WHEN 2 THEN trino_fail('NOT_SUPPORTED: ' || name || "
    "' does not support arrays with elements that are null or contain null') ELSE 'yes' END IS NOT NULL",
)
macro(
    "trino_contained",
    "items, is_found",
    "CASE WHEN is_found THEN true WHEN NOT trino_has_null(items) THEN false END",
)
macro("trino_distinct", "items", "list_filter(items, lambda x, i: coalesce(list_position(items, x), i) = i)")
macro(
    "trino_slice",
    "items, start, size",
    "CASE WHEN CASE WHEN start = 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')"
    " WHEN size < 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: length must be greater than or equal to 0') "
    "END IS NULL THEN CASE WHEN size IS NULL OR start IS NULL THEN NULL WHEN start < -len(items) OR size = 0 "
    "THEN list_slice(items, 1, 0) ELSE trino_part(items, CASE WHEN start < 0 THEN len(items) + start + 1 "
    "ELSE start END, size) END END",
)
macro(
    "trino_part",
    "items, first, size",
    "list_slice(items, first, "
    "CASE WHEN size > len(items) THEN len(items) ELSE least(first - 1 + size, len(items)) END)",
)


def _is_plain(kind: Type) -> bool:
    """Whether DuckDB's equality of values is Trino's."""
    return kind.base not in {*_FLOATS, *_STRUCTURED, _ZONED}


def _finding(plain: str, other: str) -> Entry:
    """A function that looks for a value in an array.

    Args:
        plain: the template for types that DuckDB compares as Trino does.
        other: the template for the rest, in which `{found}` are the answers for each element.
    """

    def translation(call: Call) -> str:
        items, value = call.arguments
        kind = items.type.element
        if _is_plain(kind):
            return render(plain, call)
        names = {call.variable(): items.sql, call.variable(): value.sql}
        one, sought = names
        found = call.variable()
        item = call.variable()
        equal = compare("=", item, sought, call, kind)
        codes = f"list_transform({one}, lambda {item}: CASE WHEN {item} IS NOT NULL THEN {_code(equal)} END)"
        inner = Call(
            call.name, (Argument(one, items.type), Argument(sought, value.type)), call.type, call.names
        )
        answer = render(other, inner, found=found)
        body = f"CASE WHEN trino_decided({found}, '{call.name}') THEN {answer} END"
        body = f"CASE WHEN {sought} IS NOT NULL THEN {bind({found: codes}, body, call.variable)} END"
        return bind(names, body, call.variable)

    return translation


def _code(condition: str) -> str:
    return f"coalesce(CAST({condition} AS INTEGER), 2)"


def _distinct(template: str) -> Entry:
    """A function that takes elements for equal which are not distinct from each other, nulls among them."""

    def translation(call: Call) -> str:
        if call.arguments[0].type.contains("map", _ZONED):
            raise call.refuse()
        return render(template, call)

    return translation


def _overlap(call: Call) -> str:
    if call.arguments[0].type.element.base in _STRUCTURED or call.arguments[0].type.contains(_ZONED):
        raise call.refuse()
    return render(
        "CASE WHEN list_has_any({0}, {1}) THEN true WHEN {0} IS NULL OR {1} IS NULL THEN NULL "
        "WHEN len({0}) = 0 OR len({1}) = 0 THEN false "
        "WHEN trino_has_null({0}) OR trino_has_null({1}) THEN NULL "
        "WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN false END",
        call,
    )


def _extreme(name: str) -> Entry:
    def translation(call: Call) -> str:
        (items,) = call.arguments
        if is_ordered_as_in_duckdb(items.type.element):
            return render(f"CASE WHEN NOT trino_has_null({{0}}) THEN list_{name}({{0}}) END", call)
        return extreme(items.sql, items.type.element, call, is_greatest=name == "max")

    return translation


def _sort(call: Call) -> str:
    items = call.arguments[0]
    if len(call.arguments) > 1:
        return _sort_by(call)
    if items.type.element.base == _ZONED:
        raise call.refuse()
    name = call.variable()
    value = sortable(name, items.type.element, call)
    checked = items.sql if value == name else f"list_transform({items.sql}, lambda {name}: {value})"
    result = f"list_sort({checked}, 'ASC', 'NULLS LAST')"
    return (
        f"list_transform({result}, lambda {name}: rtrim({name}, ' '))"
        if items.type.element.base == "char"
        else result
    )


macro(
    "trino_order",
    "sign",
    "CASE WHEN sign IN (-1, 0, 1) THEN sign ELSE CAST(trino_fail("
    "'INVALID_FUNCTION_ARGUMENT: Lambda comparator must return either -1, 0, or 1') AS INTEGER) END",
)
macro(
    "trino_arranged",
    "items, places",
    "CASE WHEN CASE WHEN len(list_distinct(places)) < len(items) THEN trino_fail('NOT_SUPPORTED: the local "
    "Athena does not support a comparator that contradicts itself; Athena does') END IS NULL "
    "THEN list_transform(range(0, len(items)), lambda i: items[list_position(places, i)]) END",
)


def _sort_by(call: Call) -> str:
    """Sort with a comparator: an element's place is the number of those that come before it."""
    items, comparator = call.arguments
    one, other, place, other_place, name = (call.variable() for _ in range(5))
    sign = f"trino_order({comparator.apply(other, one)})"
    before = (
        f"CASE WHEN {place} = {other_place} THEN 0 WHEN {sign} < 0 OR ({sign} = 0 AND "
        f"{other_place} < {place}) THEN 1 ELSE 0 END"
    )
    count = f"list_sum(list_transform({name}, lambda {other}, {other_place}: {before}))"
    places = f"list_transform({name}, lambda {one}, {place}: {count})"
    return bind({name: items.sql}, f"trino_arranged({name}, {places})", call.variable)


def _join(call: Call) -> str:
    items, _, *replacement = call.arguments
    name = call.variable()
    text = cast_value(name, items.type.element, VARCHAR, call)
    if items.type.element.base == "json":
        raise call.refuse()
    if replacement:
        text = f"coalesce({text}, {{2}})"
    given = " AND ".join(f"{{{place}}} IS NOT NULL" for place in range(len(call.arguments)))
    joined = f"coalesce(array_to_string(list_transform({{0}}, lambda {name}: {text}), {{1}}), '')"
    return render(f"CASE WHEN {given} THEN {joined} END", call)


def _element(call: Call) -> str:
    base = call.arguments[0]
    if base.type.base == "array":
        reason = "'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1'"
        overflow = "'GENERIC_INTERNAL_ERROR: integer overflow'"  # of the absolute value of the least bigint
        return render(
            f"CASE WHEN {{1}} NOT IN (0, {_LEAST}) THEN {{0}}[{{1}}] "
            "WHEN {0} IS NOT NULL AND {1} IS NOT NULL "
            f"THEN CAST(trino_fail(CASE WHEN {{1}} = 0 THEN {reason} ELSE {overflow} END) AS {{type}}) END",
            call,
        )
    if base.type.types[0].contains(_ZONED, "map"):
        raise call.refuse()
    if base.type.types[0].base in _FLOATS:
        return render("{0}[CASE WHEN NOT isnan({1}) THEN {1} END]", call)
    return render("{0}[{1}]", call)


_INTERSECTION: Final = "list_filter(trino_distinct({longer}), lambda x: trino_among({shorter}, x))"
macro(
    "trino_among",
    "items, value",
    "CASE WHEN value IS NULL THEN trino_has_null(items) ELSE list_contains(items, value) END",
)

FUNCTIONS: Final[Mapping[str, Entry]] = {
    "cardinality": by_type(
        # There are no values of the last types but null.
        {"array": "len({0})", "map": "cardinality({0})", **dict.fromkeys(("setdigest", "hyperloglog"), "{0}")}
    ),
    "element_at": _element,
    "contains": by_type(
        {
            "array": _finding(
                "CASE WHEN {1} IS NOT NULL THEN trino_contained({0}, list_contains({0}, {1})) END",
                "trino_contained({0}, list_contains({found}, 1))",
            )
        }
    ),
    "array_position": _finding(
        "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN coalesce(list_position({0}, {1}), 0) END",
        "coalesce(list_position({found}, 1), CASE WHEN {0} IS NOT NULL THEN 0 END)",
    ),
    "array_remove": _finding(
        "CASE WHEN {1} IS NOT NULL THEN list_filter({0}, lambda x: x IS DISTINCT FROM {1}) END",
        "list_filter({0}, lambda x, i: {found}[i] IS DISTINCT FROM 1)",
    ),
    "array_distinct": _distinct("trino_distinct({0})"),
    "array_union": _distinct(
        "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN trino_distinct(list_concat({0}, {1})) END",
    ),
    "array_intersect": _distinct(
        f"CASE WHEN len({{0}}) >= len({{1}}) THEN {_INTERSECTION.format(longer='{0}', shorter='{1}')} "
        f"WHEN len({{0}}) < len({{1}}) THEN {_INTERSECTION.format(longer='{1}', shorter='{0}')} END",
    ),
    "array_except": _distinct(
        # Trino does not look at the elements when there are none to leave out.
        "CASE WHEN len({1}) = 0 THEN {0} WHEN {1} IS NOT NULL THEN "
        "list_filter(trino_distinct({0}), lambda x: NOT trino_among({1}, x)) END",
    ),
    "arrays_overlap": _overlap,
    "array_max": _extreme("max"),
    "array_min": _extreme("min"),
    "array_sort": _sort,
    "array_join": _join,
    "slice": "trino_slice({0}, {1}, {2})",
}
