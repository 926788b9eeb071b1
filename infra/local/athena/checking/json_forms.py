"""JSON_VALUE, JSON_QUERY, JSON_EXISTS, JSON_OBJECT and JSON_ARRAY."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from infra.local.athena.checking import expressions
from infra.local.athena.checking.coercing import coerce, require
from infra.local.athena.checking.context import Env
from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused
from infra.local.athena.functions.sql_json_syntax import parse_path
from infra.local.athena.parsing import syntax
from infra.local.athena.tree import Call, Constant, Expression
from infra.local.athena.types import BOOLEAN, JSON, UNKNOWN, VARCHAR, Type

_JSON_RESULTS: Final = ("json_object", "json_array", "json_query")  # which are JSON within another one
_OPTIONS: Final = ("on_empty", "on_error", "wrapper", "quotes")


def _path_form(node: syntax.SpecialForm, env: Env) -> Expression:
    value = expressions.check(node.arguments[0], env)
    if value.type.base not in {"varchar", "char", "unknown"}:
        if value.type.base == "varbinary":
            raise NotSupportedHere(f"{node.name} of a varbinary", node.at)
        message = f"Cannot read input of type {value.type} as JSON using formatting JSON"
        raise QueryRefused("TYPE_MISMATCH", message, node.arguments[0].at)
    path = node.option("path")
    _check_path(path, node.option("path_at"))
    kind = BOOLEAN if node.name == "json_exists" else node.option("returning") or VARCHAR
    options = [Constant(VARCHAR, node.option(name)) for name in _OPTIONS]
    defaults = [_default(node, event, kind, env) for event in ("empty", "error")]
    arguments = (coerce(value, VARCHAR), Constant(VARCHAR, path), *options, *defaults)
    return Call(kind, f"operator {node.name}", arguments)


def _check_path(path: str, at: Position) -> None:
    try:
        parse_path(path)
    except NotSupportedHere:
        raise
    except QueryRefused as wrong:
        place = Position(at.line, at.column + (wrong.column or 0))  # after the quote
        raise QueryRefused(wrong.kind, wrong.message, place) from wrong


def _default(node: syntax.SpecialForm, event: str, kind: Type, env: Env) -> Expression:
    default = node.option(f"{event}_default")
    if default is None:
        return Constant(UNKNOWN, None)
    what = f"Function {node.name.upper()} default ON {event.upper()} result"
    return require(expressions.check(default, env), kind, default.at, what)


def _construction(node: syntax.SpecialForm, env: Env) -> Expression:
    if node.option("unique"):
        raise NotSupportedHere("WITH UNIQUE KEYS", node.at)
    parts = tuple(_part(each, env) for each in node.arguments)
    kind = node.option("returning") or VARCHAR
    default = "NULL" if node.name == "json_object" else "ABSENT"
    option = Constant(VARCHAR, node.option("on_null") or default)
    return Call(kind, f"operator {node.name}", (option, *parts))


def _part(node: syntax.Expression, env: Env) -> Expression:
    found = expressions.check(node, env)
    if isinstance(node, syntax.SpecialForm) and node.name in _JSON_RESULTS:
        return _json_text(found)
    if found.type == JSON and not (isinstance(node, syntax.SpecialForm) and node.name == "json_input"):
        raise NotSupportedHere("a json value in a JSON function", node.at)
    return found


def _input(node: syntax.SpecialForm, env: Env) -> Expression:
    value = expressions.check(node.arguments[0], env)
    if value.type.base not in {"varchar", "unknown"}:
        raise NotSupportedHere(f"FORMAT JSON of a {value.type}", node.at)
    return _json_text(value)


def _json_text(value: Expression) -> Expression:
    return Call(JSON, "operator json_input", (coerce(value, VARCHAR),))


FORMS: Final[Mapping[str, Callable[[syntax.SpecialForm, Env], Expression]]] = {
    "json_value": _path_form,
    "json_query": _path_form,
    "json_exists": _path_form,
    "json_object": _construction,
    "json_array": _construction,
    "json_input": _input,
}
