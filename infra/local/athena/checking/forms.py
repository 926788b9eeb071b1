"""Forms with a syntax of their own, and functions that Trino treats like them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.local.athena import tree
from infra.local.athena.checking import calls, expressions, json_forms, operators
from infra.local.athena.checking.context import Env
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.tree import Call, Constant, Expression
from infra.local.athena.types import (
    DATE,
    INTEGER,
    VARCHAR,
    Type,
    row,
    timestamp,
    timestamp_with_zone,
    varchar,
)
from infra.local.athena.values import ZonedTime
from infra.local.athena.view_definition import CATALOG

_FIELDS: Final = {
    **{name: name for name in ("year", "quarter", "month", "week", "day", "hour", "minute", "second")},
    **{
        name: name
        for name in ("timezone_hour", "timezone_minute", "year_of_week", "day_of_week", "day_of_year")
    },
    "day_of_month": "day",
    "dow": "day_of_week",
    "doy": "day_of_year",
    "yow": "year_of_week",
}
_MICROSECONDS: Final = 6


def special_form(node: syntax.SpecialForm, env: Env) -> Expression:
    """Check a form with a syntax of its own."""
    return _FORMS[node.name](node, env)


def _extract(node: syntax.SpecialForm, env: Env) -> Expression:
    unit = node.option("unit")
    if unit not in _FIELDS:
        raise QueryRefused("SYNTAX_ERROR", f"Invalid EXTRACT field: {unit}", node.at)
    operand = expressions.check(node.arguments[0], env)
    try:
        return calls.resolved(_FIELDS[unit], (operand,), node.at, env)
    except QueryRefused as error:
        message = f"Cannot extract {unit.upper()} from {operand.type}"
        raise QueryRefused("TYPE_MISMATCH", message, node.arguments[0].at) from error


def _normalize(node: syntax.SpecialForm, env: Env) -> Expression:
    operand = expressions.check(node.arguments[0], env)
    form = node.option("form")
    return calls.resolved("normalize", (operand, Constant(varchar(len(form)), form)), node.at, env)


def _grouping(node: syntax.SpecialForm, env: Env) -> Expression:
    if env.scalar_clause:
        message = f"{env.scalar_clause} cannot contain aggregations, window functions or grouping operations"
        raise QueryRefused("EXPRESSION_NOT_SCALAR", message, node.at)
    return Call(INTEGER, "operator grouping", tuple(expressions.check(each, env) for each in node.arguments))


def _now(node: syntax.SpecialForm, env: Env) -> Expression:
    precision = node.option("precision")
    return now(env, 3 if precision is None else precision, node.name)


def now(env: Env, precision: int, name: str) -> Expression:
    """Return the statement's time as `current_timestamp`, `localtimestamp`, `localtime` or `current_date`."""
    if name == "current_date":
        return Constant(DATE, env.statement.now.date())
    if name == "current_time" or precision > _MICROSECONDS:
        raise NotSupportedHere(f"{name}({precision})")
    moment = _cut(env.statement.now, precision)
    if name == "localtimestamp":
        return Constant(timestamp(precision), moment)
    if name == "localtime":
        return Constant(Type("time", (precision,)), moment.time())
    return Constant(timestamp_with_zone(precision), ZonedTime(moment, "UTC"))


def _cut(moment: dt.datetime, precision: int) -> dt.datetime:
    step = 10 ** (_MICROSECONDS - precision)
    return moment.replace(microsecond=moment.microsecond // step * step)


def _session(node: syntax.SpecialForm, env: Env) -> Expression:
    if node.name == "current_user":
        raise NotSupportedHere("current_user", node.at)
    return Constant(VARCHAR, CATALOG if node.name == "current_catalog" else env.database)


def _if(node: syntax.Call, env: Env) -> Expression:
    if len(node.arguments) not in {2, 3}:
        raise QueryRefused("SYNTAX_ERROR", "Invalid number of arguments for 'if' function", node.at)
    return operators.if_(node.arguments, node.at, env)


def _coalesce(node: syntax.Call, env: Env) -> Expression:
    if len(node.arguments) < 2:  # noqa: PLR2004
        message = "The 'coalesce' function must have at least two arguments"
        raise QueryRefused("SYNTAX_ERROR", message, node.at)
    return operators.coalesce(node.arguments, env)


def _null_if(node: syntax.Call, env: Env) -> Expression:
    if len(node.arguments) != 2:  # noqa: PLR2004
        raise QueryRefused("SYNTAX_ERROR", "Invalid number of arguments for 'nullif' function", node.at)
    return operators.null_if(node.arguments, node.at, env)


def _try(node: syntax.Call, env: Env) -> Expression:
    if len(node.arguments) != 1:
        raise QueryRefused("SYNTAX_ERROR", "The 'try' function must have exactly one argument", node.at)
    operand = expressions.check(node.arguments[0], env)
    return Call(operand.type, "operator try", (operand,))


def _trim(node: syntax.Call, env: Env) -> Expression:
    # Trino does not know where the arguments of TRIM are.
    arguments = [expressions.check(each, env) for each in node.arguments]
    return calls.resolved(node.name, arguments, None, env)


def _format(node: syntax.Call, env: Env) -> Expression:
    if len(node.arguments) < 2:  # noqa: PLR2004
        message = "The 'format' function must have at least two arguments"
        raise QueryRefused("SYNTAX_ERROR", message, node.at)
    parts = tuple(expressions.check(each, env) for each in node.arguments)
    pattern, *values = parts
    if pattern.type.base not in {"varchar", "unknown"}:
        raise operators.mismatch(
            f"Type of first argument to format() must be VARCHAR (actual: {pattern.type})",
            node.arguments[0].at,
        )
    for value, argument in zip(values, node.arguments[1:], strict=True):
        if value.type.base in {"array", "map", "row", "varbinary"}:
            message = f"Type not supported for formatting: {value.type}"
            raise QueryRefused("NOT_SUPPORTED", message, argument.at)
    packed = Call(row(each.type for each in values), "operator row", tuple(values))
    return Call(VARCHAR, "format", (pattern, packed))


def _now_call(node: syntax.Call, env: Env) -> Expression:
    if node.arguments:
        return calls.resolved(
            node.name, [expressions.check(each, env) for each in node.arguments], node.at, env
        )
    return now(env, 3, "current_timestamp")


def _typeof(node: syntax.Call, env: Env) -> Expression:
    parts = [expressions.check(each, env) for each in node.arguments]
    calls.resolved("typeof", parts, node.at, env)
    return Call(VARCHAR, "operator typeof", (parts[0], Constant(VARCHAR, str(parts[0].type))))


def _listagg(node: syntax.Call, env: Env) -> Expression:
    """LISTAGG, of which Trino has a function with the options of ON OVERFLOW besides."""
    rest = [syntax.Literal(node.at, value) for value in ("", True, "...", False)]
    separator = node.arguments[1:] or (rest[0],)
    arguments = (node.arguments[0], *separator, *rest[1:])
    return calls.aggregate(dataclasses.replace(node, arguments=arguments), "aggregate", env)


CALLS: Final[Mapping[str, Callable[[syntax.Call, Env], Expression]]] = {
    "if": _if,
    "coalesce": _coalesce,
    "nullif": _null_if,
    "trim": _trim,
    "try": _try,
    "format": _format,
    "now": _now_call,
    "typeof": _typeof,
    "listagg": _listagg,
}
"""Calls that are no calls of ordinary functions."""

_FORMS: Final[Mapping[str, Callable[[Any, Env], tree.Expression]]] = {
    "extract": _extract,
    "normalize": _normalize,
    "grouping": _grouping,
    **dict.fromkeys(
        ("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"), _now
    ),
    **dict.fromkeys(("current_user", "current_catalog", "current_schema"), _session),
    **json_forms.FORMS,
}
