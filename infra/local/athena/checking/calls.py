"""Calls of functions: which overload is meant, and what aggregates and window functions may have besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from infra.local.athena import tree
from infra.local.athena.checking import expressions, forms, windows
from infra.local.athena.checking.binding import Actual, AmbiguousCall, Bound, LambdaArgument, resolve
from infra.local.athena.checking.casts import can_cast
from infra.local.athena.checking.coercing import coerce, require
from infra.local.athena.checking.context import Env
from infra.local.athena.checking.signatures import signatures
from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused, did_you_mean
from infra.local.athena.parsing import syntax
from infra.local.athena.types import BOOLEAN, VARCHAR, Type

Checked = tree.Expression | syntax.Lambda
_NOT_HERE: Final = ("version",)
_UNPLACED: Final = ("trim",)  # always written with the syntax of its own, which Trino keeps no place of


def call(node: syntax.Call, env: Env) -> tree.Expression:
    """Check a call."""
    if node.name in forms.CALLS:
        return forms.CALLS[node.name](node, env)
    if node.name not in signatures():
        _refuse_unknown(node, env)
    kind = signatures()[node.name][0].kind
    if kind in {"aggregate", "window"}:
        return aggregate(node, kind, env)
    if node.window:
        raise QueryRefused("FUNCTION_NOT_WINDOW", f"Not a window function: {node.name}", Position(1, 1))
    if node.is_distinct:
        message = "DISTINCT is not supported for non-aggregation functions"
        raise QueryRefused("FUNCTION_NOT_AGGREGATE", message, node.at)
    if node.order_by or node.filter:
        what = "ORDER BY" if node.order_by else "FILTER"
        raise QueryRefused("FUNCTION_NOT_AGGREGATE", f"{what} is only valid for aggregations", node.at)
    return resolved(node.name, _arguments(node, env), node.at, env)


def _refuse_unknown(node: syntax.Call, env: Env) -> NoReturn:
    _arguments(node, env)  # what is wrong with them is said first
    if node.name in _NOT_HERE:
        raise NotSupportedHere(f"the function {node.name}", node.at)
    hint = did_you_mean(node.name, signatures())
    raise QueryRefused("FUNCTION_NOT_FOUND", f"Function '{node.name}' not registered{hint}", node.at)


def _arguments(node: syntax.Call, env: Env) -> list[Checked]:
    return [
        argument if isinstance(argument, syntax.Lambda) else expressions.check(argument, env)
        for argument in node.arguments
    ]


def resolved(name: str, arguments: Sequence[Checked], at: Position | None, env: Env) -> tree.Expression:
    """Return a call of a scalar function with the overload that fits the arguments.

    Raises:
        QueryRefused: FUNCTION_NOT_FOUND or AMBIGUOUS_FUNCTION_CALL.
    """
    bound = _bound(name, arguments, at, env)
    if name == "array_join" and not can_cast(bound.arguments[0].element, VARCHAR):
        message = f"Cannot cast {bound.arguments[0].element} to varchar"
        raise QueryRefused("OPERATOR_NOT_FOUND", message, at)
    return tree.Call(bound.result, name, _converted(arguments, bound, env), at)


def _bound(name: str, arguments: Sequence[Checked], at: Position | None, env: Env) -> Bound:
    overloads = signatures()[name]
    actuals = [_actual(argument, env) for argument in arguments]
    try:
        found = resolve(overloads, actuals)
    except QueryRefused as refused:
        if refused.position or isinstance(refused, NotSupportedHere):
            raise
        raise QueryRefused(refused.kind, refused.message, at) from refused  # within a lambda
    except AmbiguousCall as error:
        message = "Could not choose a best candidate operator. Explicit type casts must be added."
        raise QueryRefused("AMBIGUOUS_FUNCTION_CALL", message, at) from error
    if found is None:
        kinds = ", ".join("<function>" if isinstance(each, LambdaArgument) else str(each) for each in actuals)
        expected = ", ".join(sorted({str(each) for each in overloads}))
        message = f"Unexpected parameters ({kinds}) for function {name}. Expected: {expected}"
        raise QueryRefused("FUNCTION_NOT_FOUND", message, None if name in _UNPLACED else at)
    return found


def _actual(argument: Checked, env: Env) -> Actual:
    if isinstance(argument, tree.Expression):
        return argument.type

    def result(kinds: tuple[Type, ...]) -> Type:
        if len(kinds) != len(argument.parameters):
            counts = f"{len(kinds)} argument(s) but got {len(argument.parameters)}"
            raise QueryRefused(
                "INVALID_PARAMETER_USAGE", f"Expected a lambda that takes {counts}", argument.at
            )
        return expressions.lambda_of(argument, kinds, env).body.type

    return LambdaArgument(result)


def _converted(arguments: Sequence[Checked], bound: Bound, env: Env) -> tuple[tree.Expression, ...]:
    return tuple(
        expressions.lambda_of(argument, kind.types[:-1], env)
        if isinstance(argument, syntax.Lambda)
        else coerce(argument, kind)
        for argument, kind in zip(arguments, bound.arguments, strict=True)
    )


def aggregate(node: syntax.Call, kind: str, env: Env) -> tree.Expression:
    """Check a call of an aggregate or window function."""
    if env.scalar_clause:
        message = (
            f"{env.scalar_clause} cannot contain aggregations, window functions or grouping operations: "
            f"[{node.name}]"
        )
        raise QueryRefused("EXPRESSION_NOT_SCALAR", message, env.scalar_at)
    if kind == "window" and node.window is None:
        raise QueryRefused("MISSING_OVER", f"Window function {node.name} requires an OVER clause", node.at)
    if node.window and node.is_distinct:
        message = f"DISTINCT in window function parameters not yet supported: {node.name}"
        raise QueryRefused("NOT_SUPPORTED", message, Position(1, 1))
    if node.filter and node.window:
        raise QueryRefused(
            "NOT_SUPPORTED", "FILTER is not yet supported for window functions", Position(1, 1)
        )
    arguments = _arguments(node, env)
    bound = _bound(node.name, arguments, node.at, env)
    typed = _converted(arguments, bound, env)
    order_by = windows.sort_keys(node.order_by, env)
    _check_distinct(node, typed, order_by)
    condition = _filter(node.filter, env) if node.filter else None
    found = tree.Aggregate(
        bound.result,
        node.name,
        typed,
        node.is_distinct,
        order_by,
        condition,
        windows.window(node.window, env) if node.window else None,
        bool(node.ignores_nulls),
        node.at,
    )
    _check_nesting(found)
    if node.window:
        windows.check_function(node, found)
    return found


def _filter(node: syntax.Expression, env: Env) -> tree.Expression:
    return require(expressions.check(node, env), BOOLEAN, node.at, "Filter expression")


def _check_distinct(
    node: syntax.Call, arguments: Sequence[tree.Expression], order_by: Sequence[tree.SortKey]
) -> None:
    if not node.is_distinct:
        return
    for argument in arguments:
        if not argument.type.is_comparable:
            message = f"DISTINCT can only be applied to comparable types (actual: {argument.type})"
            raise QueryRefused("TYPE_MISMATCH", message, node.at)
    given = [argument.operand if isinstance(argument, tree.Cast) else argument for argument in arguments]
    for key, item in zip(order_by, node.order_by, strict=True):
        if key.expression not in {*arguments, *given}:
            message = "For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments"
            raise QueryRefused("EXPRESSION_NOT_IN_DISTINCT", message, item.at)


def _check_nesting(aggregate: tree.Aggregate) -> None:
    """Refuse aggregates within aggregates, and window functions within either."""
    if aggregate.window:
        return windows.check_nesting(aggregate)
    parts = (*aggregate.arguments, *(key.expression for key in aggregate.order_by), aggregate.filter)
    for part in tree.walk(parts, into_queries=False):
        if isinstance(part, tree.Aggregate):
            kind = "NESTED_WINDOW" if part.window else "NESTED_AGGREGATION"
            what = "window functions" if part.window else "aggregations"
            message = f"Cannot nest {what} inside aggregation '{aggregate.function}': [{part.function}]"
            raise QueryRefused(kind, message, aggregate.at)
    return None
