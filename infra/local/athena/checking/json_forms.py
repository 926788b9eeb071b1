"""JSON_VALUE, JSON_QUERY, JSON_EXISTS, JSON_OBJECT and JSON_ARRAY."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from infra.local.athena.checking import expressions
from infra.local.athena.checking.coercing import coerce
from infra.local.athena.checking.context import Env
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.tree import Call, Constant, Expression
from infra.local.athena.types import BOOLEAN, UNKNOWN, VARCHAR, Type

_OPTIONS: Final = ("on_empty", "on_error", "wrapper", "quotes")


def _path_form(node: syntax.SpecialForm, env: Env) -> Expression:
    value = expressions.check(node.arguments[0], env)
    if value.type.base not in {"varchar", "char", "unknown"}:
        if value.type.base == "varbinary":
            raise NotSupportedHere(f"{node.name} of a varbinary", node.at)
        message = f"Cannot read input of type {value.type} as JSON using formatting JSON"
        raise QueryRefused("TYPE_MISMATCH", message, node.arguments[0].at)
    path = node.option("path")
    if not path.lstrip().startswith(("lax", "strict")):
        raise QueryRefused(
            "SYNTAX_ERROR", f"mismatched input '{path}' expecting {{'lax', 'strict'}}", node.option("path_at")
        )
    kind = BOOLEAN if node.name == "json_exists" else node.option("returning") or VARCHAR
    options = [Constant(VARCHAR, node.option(name)) for name in _OPTIONS]
    defaults = [_default(node.option(name), kind, env) for name in ("empty_default", "error_default")]
    arguments = (coerce(value, VARCHAR), Constant(VARCHAR, path), *options, *defaults)
    return Call(kind, f"operator {node.name}", arguments)


def _default(node: syntax.Expression | None, kind: Type, env: Env) -> Expression:
    if node is None:
        return Constant(UNKNOWN, None)
    return coerce(expressions.check(node, env), kind)


def _construction(node: syntax.SpecialForm, env: Env) -> Expression:
    if node.option("unique"):
        raise NotSupportedHere("WITH UNIQUE KEYS", node.at)
    parts = tuple(expressions.check(each, env) for each in node.arguments)
    kind = node.option("returning") or VARCHAR
    default = "NULL" if node.name == "json_object" else "ABSENT"
    option = Constant(VARCHAR, node.option("on_null") or default)
    return Call(kind, f"operator {node.name}", (option, *parts))


FORMS: Final[Mapping[str, Callable[[syntax.SpecialForm, Env], Expression]]] = {
    "json_value": _path_form,
    "json_query": _path_form,
    "json_exists": _path_form,
    "json_object": _construction,
    "json_array": _construction,
}
