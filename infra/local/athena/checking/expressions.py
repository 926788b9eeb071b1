"""Checks expressions: resolves their names, gives each its type, and makes every conversion explicit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.local.athena import tree
from infra.local.athena.checking import calls, forms, literals, operators, subqueries
from infra.local.athena.checking.context import Env
from infra.local.athena.errors import QueryRefused, did_you_mean
from infra.local.athena.parsing import syntax
from infra.local.athena.types import Type


def check(node: syntax.Expression, env: Env) -> tree.Expression:
    """Return the typed expression.

    Raises:
        QueryRefused: it is wrong, or not supported.
    """
    return _CHECKS[type(node)](node, env)


def _identifier(node: syntax.Identifier, env: Env) -> tree.Expression:
    if node.name in env.parameters:
        return env.parameters[node.name]
    return _column((node.name,), node, env) or _refuse_unknown(node.text, node, env)


def _dereference(node: syntax.Dereference, env: Env) -> tree.Expression:
    names = parts(node)
    if names and names[0] not in env.parameters and (found := _column(names, node, env)):
        return found
    if names and not _is_known(names[:-1], env):
        return _refuse_unknown(".".join(names), node, env)
    base = check(node.base, env)
    if base.type.base != "row":
        message = f"Expression {'.'.join(names[:-1])} is not of type ROW"
        raise QueryRefused("TYPE_MISMATCH", message, node.at)
    return _row_field(base, node)


def _is_known(names: tuple[str, ...], env: Env) -> bool:
    """Whether a name means a column or a part of one."""
    return names[0] in env.parameters or any(
        env.scope.has(names[:length]) for length in range(1, len(names) + 1)
    )


def _column(parts: tuple[str, ...], node: syntax.Expression, env: Env) -> tree.Expression | None:
    field = env.scope.find(parts, node.at)
    if field is None:
        return None
    if isinstance(field.value, tree.Column):
        return tree.Column(field.value.type, field.value.relation, field.value.name, node.at)
    return field.value


def _row_field(base: tree.Expression, node: syntax.Dereference) -> tree.Expression:
    name = node.field
    found = [place for place, known in enumerate(base.type.names) if known and known.lower() == name.name]
    if len(found) > 1:
        raise QueryRefused("AMBIGUOUS_NAME", f"Ambiguous row field reference: {name.text}", name.at)
    if not found:
        raise QueryRefused("COLUMN_NOT_FOUND", f"Column '{name.text}' cannot be resolved", node.at)
    return row_field(base, found[0])


def row_field(base: tree.Expression, place: int) -> tree.Expression:
    """Return a field of a row by its place from 0."""
    return tree.Call(base.type.types[place], f"operator field {place}", (base,))


def parts(node: syntax.Expression) -> tuple[str, ...]:
    """Return the names of `a.b.c`; none when it is not made of names only."""
    if isinstance(node, syntax.Identifier):
        return (node.name,)
    if isinstance(node, syntax.Dereference):
        base = parts(node.base)
        return (*base, node.field.name) if base else ()
    return ()


def _refuse_unknown(name: str, node: syntax.Expression, env: Env) -> tree.Expression:
    hint = did_you_mean(name.rpartition(".")[2], env.scope.names())
    raise QueryRefused("COLUMN_NOT_FOUND", f"Column '{name}' cannot be resolved{hint}", node.at)


def _parameter(node: syntax.Parameter, env: Env) -> tree.Expression:
    value = env.statement.parameters[node.place]
    if any(isinstance(part, syntax.Identifier | syntax.Query) for part in syntax.walk(value)):
        message = "A parameter must be a literal. A text needs quotes: 'text'"
        raise QueryRefused("INVALID_PARAMETER_USAGE", message, node.at)
    return check(value, env)


def _cast(node: syntax.Cast, env: Env) -> tree.Expression:
    operand = check(node.operand, env)
    return operators.cast(operand, node.type, node.at, is_try=node.is_try)


def _lambda(node: syntax.Lambda, _: Env) -> tree.Expression:
    raise QueryRefused("TYPE_MISMATCH", "Lambda expression should always be used inside a function", node.at)


def lambda_of(node: syntax.Lambda, kinds: tuple[Type, ...], env: Env) -> tree.Lambda:
    """Return a lambda for parameters of these types."""
    names = [env.statement.alias("p") for _ in kinds]
    known = {
        each.name: tree.Parameter(kind, name)
        for each, kind, name in zip(node.parameters, kinds, names, strict=True)
    }
    for part in syntax.walk(node.body):
        if isinstance(part, syntax.ScalarQuery | syntax.Exists | syntax.Quantified):
            raise QueryRefused("NOT_SUPPORTED", "Lambda expression cannot contain subqueries", part.at)
    body = check(node.body, env.with_parameters(known).scalar("Lambda expression", node.body.at))
    return tree.Lambda(Type("function", (*kinds, body.type)), tuple(names), body)


_CHECKS: Final[Mapping[type, Callable[[Any, Env], tree.Expression]]] = {
    syntax.Literal: literals.literal,
    syntax.TypedLiteral: literals.typed,
    syntax.IntervalLiteral: literals.interval,
    syntax.Identifier: _identifier,
    syntax.Dereference: _dereference,
    syntax.Parameter: _parameter,
    syntax.Lambda: _lambda,
    syntax.Cast: _cast,
    syntax.Call: calls.call,
    syntax.SpecialForm: forms.special_form,
    syntax.Unary: operators.unary,
    syntax.Binary: operators.binary,
    syntax.Logical: operators.logical,
    syntax.Not: operators.negation,
    syntax.IsNull: operators.is_null,
    syntax.DistinctFrom: operators.distinct_from,
    syntax.Between: operators.between,
    syntax.InList: operators.in_list,
    syntax.Like: operators.like,
    syntax.Case: operators.case,
    syntax.AtTimeZone: operators.at_time_zone,
    syntax.Subscript: operators.subscript,
    syntax.ArrayConstructor: operators.array_constructor,
    syntax.RowConstructor: operators.row_constructor,
    syntax.Exists: subqueries.exists,
    syntax.ScalarQuery: subqueries.scalar,
    syntax.Quantified: subqueries.quantified,
}
