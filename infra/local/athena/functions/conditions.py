"""Comparisons and conditions, with Trino's nulls within arrays and rows, and its NaN."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from infra.local.athena.functions.api import Argument, Call, Entry, bind, is_simple, macro, render
from infra.local.athena.functions.nested import distinguishable, padded
from infra.local.athena.functions.ordering import compared
from infra.local.athena.types import Type, field

_FLOATS: Final = ("real", "double")
_STRUCTURED: Final = ("array", "map", "row")
_ZONED: Final = "timestamp with time zone"
# Trino's comparisons with NaN are false, while DuckDB takes it for the greatest number and equal to itself.
_WITH_NAN: Final = {
    "=": "({a} = {b} AND (NOT isnan({a}) OR {b} IS NULL))",
    "<>": "({a} <> {b} OR (isnan({a}) AND {b} IS NOT NULL))",
    "<": "({a} < {b} AND (NOT isnan({b}) OR {a} IS NULL))",
    "<=": "({a} <= {b} AND (NOT isnan({b}) OR {a} IS NULL))",
    ">": "({a} > {b} AND (NOT isnan({a}) OR {b} IS NULL))",
    ">=": "({a} >= {b} AND (NOT isnan({a}) OR {b} IS NULL))",
}


macro(
    "trino_all",
    "found",
    "CASE WHEN found IS NULL THEN NULL WHEN list_contains(found, false) THEN false "
    "WHEN len(list_filter(found, lambda x: x IS NULL)) > 0 THEN NULL ELSE true END",
)


def compare(sign: str, left: str, right: str, call: Call, kind: Type) -> str:
    """Return a comparison of two simple expressions of a type."""
    if kind.base in _FLOATS:
        return _WITH_NAN[sign].format(a=left, b=right)
    if kind.base not in _STRUCTURED:
        one, other = (_comparable(side, sign, kind) for side in (left, right))
        return f"({one} {sign} {other})"
    if sign == "<>":
        return f"(NOT {compare('=', left, right, call, kind)})"
    if sign != "=":
        return compared(sign, left, right, kind, call)
    return _EQUALITIES[kind.base](left, right, call, kind)


def _comparable(value: str, sign: str, kind: Type) -> str:
    if kind.base == _ZONED:
        return f"{value}.instant"
    return padded(value, kind) if kind.base == "char" and sign not in {"=", "<>"} else value


def _equal_rows(left: str, right: str, call: Call, kind: Type) -> str:
    parts = [
        compare("=", f"{left}.{field(place)}", f"{right}.{field(place)}", call, part)
        for place, part in enumerate(kind.types)
    ]
    # A null row has null fields, but is not equal to a row of nulls.
    return f"(CASE WHEN {left} IS NULL OR {right} IS NULL THEN NULL ELSE {' AND '.join(parts)} END)"


def _equal_arrays(left: str, right: str, call: Call, kind: Type) -> str:
    place = call.variable()
    equal = compare("=", f"{left}[{place}]", f"{right}[{place}]", call, kind.element)
    found = f"list_transform(range(1, len({left}) + 1), lambda {place}: {equal})"
    return _all(found, f"len({left}) <> len({right})")


def _equal_maps(left: str, right: str, call: Call, kind: Type) -> str:
    key, value = kind.types
    if key.contains("real", "double", _ZONED, *_STRUCTURED):
        raise call.refuse()
    name = call.variable()
    equal = compare("=", f"{left}[{name}]", f"{right}[{name}]", call, value)
    equal = f"CASE WHEN list_contains(map_keys({right}), {name}) THEN {equal} ELSE false END"
    found = f"list_transform(map_keys({left}), lambda {name}: {equal})"
    return _all(found, f"cardinality({left}) <> cardinality({right})")


def _all(conditions: str, is_different: str) -> str:
    """Whether all of a list are true, null when that is not known, false when something is different."""
    return f"(CASE WHEN {is_different} THEN false WHEN NOT ({is_different}) THEN trino_all({conditions}) END)"


_EQUALITIES: Final = {"row": _equal_rows, "array": _equal_arrays, "map": _equal_maps}


def _comparison(call: Call) -> str:
    left, right = call.arguments
    sign = call.name.removeprefix("operator ")
    kind = left.type
    if kind.base in _FLOATS and _never_nan(left) and _never_nan(right):
        return f"({left.sql} {sign} {right.sql})"
    if kind.base not in {*_FLOATS, *_STRUCTURED}:
        return compare(sign, left.sql, right.sql, call, kind)
    one, other = call.variable(), call.variable()
    body = compare(sign, one, other, call, kind)
    if kind.base in _FLOATS and is_simple(left.sql) and is_simple(right.sql):
        return body.replace(one, left.sql).replace(other, right.sql)
    return bind({one: left.sql, other: right.sql}, body, call.variable)


def _never_nan(argument: Argument) -> bool:
    return argument.is_constant and argument.constant == argument.constant


def _in(call: Call) -> str:
    value, *items = call.arguments
    if value.type.base in {*_FLOATS, _ZONED, *_STRUCTURED}:
        name = call.variable()
        tests = [
            _comparison(Call("operator =", (Argument(name, value.type), item), call.type, call.names))
            for item in items
        ]
        return bind({name: value.sql}, f"({' OR '.join(tests)})", call.variable)
    return render("({0} IN ({rest}))", call)


def _between(call: Call) -> str:
    value, low, high = call.arguments
    if value.type.base not in {*_FLOATS, _ZONED, *_STRUCTURED, "char"}:
        return render("({0} BETWEEN {1} AND {2})", call)
    name = call.variable()
    one = Argument(name, value.type)
    tests = (
        _comparison(Call("operator >=", (one, low), call.type, call.names)),
        _comparison(Call("operator <=", (one, high), call.type, call.names)),
    )
    return bind({name: value.sql}, f"({' AND '.join(tests)})", call.variable)


def _distinct_from(call: Call) -> str:
    kind = call.arguments[0].type
    if kind.base == _ZONED:
        return render("({0}.instant IS DISTINCT FROM {1}.instant)", call)
    left, right = (distinguishable(argument.sql, kind) for argument in call.arguments)
    return f"({left} IS DISTINCT FROM {right})"


def _like(call: Call) -> str:
    pattern, *escape = call.arguments[1:]
    if not escape:
        return render("({0} LIKE {1} ESCAPE '')", call)
    sign = escape[0].constant if escape[0].is_constant and pattern.is_constant else None
    if isinstance(sign, str) and len(sign) == 1:
        is_valid = re.fullmatch(_ESCAPED.format(re.escape(sign)), str(pattern.constant), re.DOTALL)
        if is_valid:
            return render("({0} LIKE {1} ESCAPE {2})", call)
    return render("like_escape({0}, trino_like_pattern({1}, {2}), {2})", call)


_ESCAPED: Final = r"(?:{0}[%_{0}]|[^{0}])*"  # what may stand in a pattern with this escape character
macro(
    "trino_like_pattern",
    "pattern, sign",
    "CASE WHEN length(sign) <> 1 "
    "THEN trino_fail('INVALID_FUNCTION_ARGUMENT: Escape string must be a single character') "
    "WHEN contains(replace(replace(replace(pattern, sign || sign, ''), sign || '%', ''), sign || '_', ''), "
    "sign) "
    "THEN trino_fail('INVALID_FUNCTION_ARGUMENT: Escape character must be followed by ''%'', ''_'' or the "
    "escape character itself') ELSE pattern END",
)


def _case(call: Call) -> str:
    *pairs, otherwise = call.arguments
    branches = (
        f"WHEN {condition.sql} THEN {result.sql}"
        for condition, result in zip(pairs[::2], pairs[1::2], strict=True)
    )
    return f"(CASE {' '.join(branches)} ELSE {otherwise.sql} END)"


def _joined(word: str, *, decisive: bool) -> Entry:
    def translation(call: Call) -> str:
        if any(argument.is_constant and argument.constant is decisive for argument in call.arguments):
            return str(decisive).lower()  # Trino does not even evaluate the other terms
        return "(" + f" {word} ".join(argument.sql for argument in call.arguments) + ")"

    return translation


FUNCTIONS: Final[Mapping[str, Entry]] = {
    **{f"operator {sign}": _comparison for sign in _WITH_NAN},
    "operator and": _joined("AND", decisive=False),
    "operator or": _joined("OR", decisive=True),
    "operator not": "(NOT {0})",
    "operator sample": "(random() * 100 < {0})",
    "operator is null": "({0} IS NULL)",
    "operator is distinct from": _distinct_from,
    "operator between": _between,
    "operator in": _in,
    "operator like": _like,
    "operator case": _case,
    "operator coalesce": "coalesce({all})",
    "operator typeof": "CASE WHEN {0} IS NULL THEN {1} ELSE {1} END",
}
