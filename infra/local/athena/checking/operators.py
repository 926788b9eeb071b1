"""Types of operators: arithmetic, comparisons, conditions, constructors, CASE and CAST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from infra.local.athena import tree
from infra.local.athena.checking import calls, casts, expressions
from infra.local.athena.checking.binding import AmbiguousCall, Bound, resolve
from infra.local.athena.checking.coercing import coerce, require, to_common_type
from infra.local.athena.checking.context import Env
from infra.local.athena.checking.signatures import signatures
from infra.local.athena.coercions import can_coerce, common_type
from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.tree import Call, Constant, Expression
from infra.local.athena.types import (
    ARGUMENTS_ONLY,
    BOOLEAN,
    DAY_TO_SECOND,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    row,
)

_ARITHMETIC: Final = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulus"}
_ORDERING: Final = ("<", "<=", ">", ">=")
_TIMES: Final = ("time", "time with time zone", "timestamp", "timestamp with time zone")


def mismatch(message: str, at: Position) -> QueryRefused:
    """Return a refusal because of a type."""
    return QueryRefused("TYPE_MISMATCH", message, at)


def overload(name: str, kinds: Sequence[Type], at: Position | None = None) -> Bound | None:
    """Return the overload of an operator or function for types; None if none fits.

    Raises:
        QueryRefused: AMBIGUOUS_FUNCTION_CALL.
    """
    try:
        return resolve(signatures()[name], kinds)
    except AmbiguousCall as error:
        message = "Could not choose a best candidate operator. Explicit type casts must be added."
        raise QueryRefused("AMBIGUOUS_FUNCTION_CALL", message, at) from error


def unary(node: syntax.Unary, env: Env) -> Expression:
    """Check `-x` and `+x`."""
    operand = expressions.check(node.operand, env)
    found = overload("operator negation", [operand.type])
    if found is None:
        verb = "negate" if node.operator == "-" else "apply unary plus to"
        raise mismatch(f"Cannot {verb} {operand.type}", node.at)
    operand = coerce(operand, found.arguments[0])
    return operand if node.operator == "+" else Call(found.result, "operator negation", (operand,))


def binary(node: syntax.Binary, env: Env) -> Expression:
    """Check arithmetic, `||` and comparisons."""
    left, right = expressions.check(node.left, env), expressions.check(node.right, env)
    if node.operator == "||":
        return calls.resolved("concat", (left, right), node.at, env)
    if node.operator in _ARITHMETIC:
        return _arithmetic(node.operator, left, right, node.at)
    return compare(node.operator, left, right, node.at)


def _arithmetic(sign: str, left: Expression, right: Expression, at: Position) -> Expression:
    name = f"operator {_ARITHMETIC[sign]}"
    found = overload(name, [left.type, right.type])
    if found is None:
        raise mismatch(f"'{sign}' cannot be applied to {left.type}, {right.type}", at)
    return Call(found.result, name, tuple(map(coerce, (left, right), found.arguments)))


def compare(sign: str, left: Expression, right: Expression, at: Position) -> Expression:
    """Return a comparison of two values."""
    operands = to_common_type((left, right))
    if operands is None or not _can_compare(sign, operands[0].type):
        raise mismatch(f"Cannot apply operator: {left.type} {sign} {right.type}", at)
    return Call(BOOLEAN, f"operator {sign}", operands)


def _can_compare(sign: str, kind: Type) -> bool:
    return kind.is_orderable if sign in _ORDERING else kind.is_comparable


def logical(node: syntax.Logical, env: Env) -> Expression:
    """Check AND and OR."""
    terms = [_condition(term, env, "Logical expression term") for term in node.terms]
    return Call(BOOLEAN, f"operator {node.operator.lower()}", tuple(terms))


def _condition(node: syntax.Expression, env: Env, what: str) -> Expression:
    return require(expressions.check(node, env), BOOLEAN, node.at, what)


def negation(node: syntax.Not, env: Env) -> Expression:
    """Check NOT."""
    operand = _condition(node.operand, env, "Value of logical NOT expression")
    return Call(BOOLEAN, "operator not", (operand,))


def is_null(node: syntax.IsNull, env: Env) -> Expression:
    """Check IS NULL."""
    return Call(BOOLEAN, "operator is null", (expressions.check(node.operand, env),))


def distinct_from(node: syntax.DistinctFrom, env: Env) -> Expression:
    """Check IS DISTINCT FROM."""
    left, right = expressions.check(node.left, env), expressions.check(node.right, env)
    operands = to_common_type((left, right))
    if operands is None or not operands[0].type.is_comparable:
        raise mismatch(f"Cannot check if {left.type} is distinct from {right.type}", node.at)
    return Call(BOOLEAN, "operator is distinct from", operands)


def between(node: syntax.Between, env: Env) -> Expression:
    """Check BETWEEN."""
    parts = [expressions.check(each, env) for each in (node.operand, node.low, node.high)]
    operands = to_common_type(parts)
    if operands is None or not operands[0].type.is_orderable:
        kinds = f"{parts[0].type} is BETWEEN {parts[1].type} and {parts[2].type}"
        raise mismatch(f"Cannot check if {kinds}", node.at)
    return Call(BOOLEAN, "operator between", operands)


def in_list(node: syntax.InList, env: Env) -> Expression:
    """Check IN with a list."""
    items = (node.operand, *node.items)
    return Call(BOOLEAN, "operator in", _same_type(items, env, "IN value and list items"))


def _same_type(nodes: Sequence[syntax.Expression], env: Env, what: str) -> tuple[Expression, ...]:
    parts = [expressions.check(each, env) for each in nodes]
    common: Type = UNKNOWN
    for node, part in zip(nodes, parts, strict=True):
        wider = common_type(common, part.type)
        if wider is None:
            _refuse_common(what, [each.type for each in parts], common, part.type, node.at)
        common = wider
    return tuple(coerce(part, common) for part in parts)


def _refuse_common(what: str, kinds: Sequence[Type], one: Type, other: Type, at: Position) -> NoReturn:
    unique = ", ".join(map(str, dict.fromkeys(kinds)))
    raise mismatch(
        f"All {what} must be the same type or coercible to a common type. Cannot find common type between "
        f"{one} and {other}, all types (without duplicates): [{unique}]".replace("All IN value", "IN value"),
        at,
    )


def like(node: syntax.Like, env: Env) -> Expression:
    """Check LIKE."""
    operand = expressions.check(node.operand, env)
    if operand.type.base not in {"varchar", "char"} and operand.type != UNKNOWN:
        what = f"Left side of LIKE expression must evaluate to a varchar (actual: {operand.type})"
        raise mismatch(what, node.operand.at)
    parts = [coerce(operand, VARCHAR)]
    for part, what in (
        (node.pattern, "Pattern for LIKE expression"),
        (node.escape, "Escape for LIKE expression"),
    ):
        if part is not None:
            parts.append(require(expressions.check(part, env), VARCHAR, part.at, what))
    return Call(BOOLEAN, "operator like", tuple(parts))


def case(node: syntax.Case, env: Env) -> Expression:
    """Check CASE; the arguments of the call are conditions and results by turns, and the last result."""
    conditions = [condition for condition, _ in node.branches]
    checked = _when_equal(node.operand, conditions, env) if node.operand else _when(conditions, env)
    results = [result for _, result in node.branches]
    otherwise = node.otherwise or syntax.Literal(node.at, None)
    typed = _same_type((*results, otherwise), env, "CASE results")
    arguments = [part for pair in zip(checked, typed, strict=False) for part in pair]
    return Call(typed[0].type, "operator case", (*arguments, typed[-1]))


def _when(conditions: Sequence[syntax.Expression], env: Env) -> list[Expression]:
    return [_condition(condition, env, "CASE WHEN clause") for condition in conditions]


def _when_equal(
    operand: syntax.Expression, values: Sequence[syntax.Expression], env: Env
) -> list[Expression]:
    """Compare the operand with each value, all converted to one type."""
    checked = expressions.check(operand, env)
    rights = [expressions.check(value, env) for value in values]
    kind = checked.type
    for value, right in zip(values, rights, strict=True):
        common = common_type(kind, right.type)
        if common is None:
            kinds = f"{checked.type} vs {right.type}"
            raise mismatch(f"CASE operand type does not match WHEN clause operand type: {kinds}", value.at)
        kind = common
    left = coerce(checked, kind)
    return [Call(BOOLEAN, "operator =", (left, coerce(right, kind))) for right in rights]


def coalesce(nodes: Sequence[syntax.Expression], env: Env) -> Expression:
    """Check COALESCE."""
    parts = _same_type(nodes, env, "COALESCE operands")
    return Call(parts[0].type, "operator coalesce", parts)


def if_(nodes: Sequence[syntax.Expression], at: Position, env: Env) -> Expression:
    """Check IF(condition, value, other)."""
    condition = _condition(nodes[0], env, "IF condition")
    results = nodes[1:] if len(nodes) > 2 else (*nodes[1:], syntax.Literal(at, None))  # noqa: PLR2004
    parts = [expressions.check(each, env) for each in results]
    typed = to_common_type(parts)
    if typed is None:
        kinds = f"{parts[0].type} vs {parts[1].type}"
        raise mismatch(f"Result types for IF must be the same: {kinds}", at)
    return Call(typed[0].type, "operator case", (condition, *typed))


def null_if(nodes: Sequence[syntax.Expression], at: Position, env: Env) -> Expression:
    """Check NULLIF(a, b), which has the type of a."""
    first, second = (expressions.check(each, env) for each in nodes)
    pair = to_common_type((first, second))
    if pair is None:
        raise mismatch(f"Types are not comparable with NULLIF: {first.type} vs {second.type}", at)
    if pair[0].type.base in ARGUMENTS_ONLY:
        raise NotSupportedHere(f"NULLIF of {first.type} and {second.type}", at)
    equal = Call(BOOLEAN, "operator =", pair)
    return Call(first.type, "operator case", (equal, Constant(first.type, None), first))


def at_time_zone(node: syntax.AtTimeZone, env: Env) -> Expression:
    """Check AT TIME ZONE."""
    operand = expressions.check(node.operand, env)
    if operand.type.base not in _TIMES:
        what = f"must be a time or timestamp with or without time zone (actual {operand.type})"
        raise mismatch(f"Type of value {what}", node.operand.at)
    if not operand.type.base.endswith("zone"):
        operand = coerce(operand, Type(f"{operand.type.base} with time zone", operand.type.parameters))
    zone = _zone(expressions.check(node.zone, env), node.zone.at)
    return calls.resolved("at_timezone", (operand, zone), node.at, env)


def _zone(zone: Expression, at: Position) -> Expression:
    """Return a zone as text; an interval is an offset."""
    if zone.type != DAY_TO_SECOND:
        return zone
    if not isinstance(zone, Constant):
        raise NotSupportedHere("AT TIME ZONE with an interval that is not a literal", at)
    hours, minutes = divmod(abs(zone.value) // 60_000, 60)
    return Constant(VARCHAR, f"{'-' if zone.value < 0 else '+'}{hours:02}:{minutes:02}")


def subscript(node: syntax.Subscript, env: Env) -> Expression:
    """Check `base[index]`."""
    base, index = expressions.check(node.base, env), expressions.check(node.index, env)
    if base.type.base == "row":
        return _row_subscript(base, node)
    found = overload("operator subscript", [base.type, index.type])
    if found is None:
        raise mismatch(f"Cannot use {index.type} for subscript of {base.type}", node.at)
    return Call(found.result, "operator subscript", tuple(map(coerce, (base, index), found.arguments)))


def _row_subscript(base: Expression, node: syntax.Subscript) -> Expression:
    place = node.index
    if not isinstance(place, syntax.Literal) or not isinstance(place.value, int):
        message = "Subscript expression on ROW requires a constant index"
        raise QueryRefused("EXPRESSION_NOT_CONSTANT", message, node.index.at)
    count = len(base.type.types)
    if place.value > count:
        message = f"Subscript index out of bounds: {place.value}, max value is {count}"
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message, place.at)
    if place.value <= 0:
        message = f"Invalid subscript index: {place.value}. ROW indices start at 1"
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message, place.at)
    return expressions.row_field(base, place.value - 1)


def array_constructor(node: syntax.ArrayConstructor, env: Env) -> Expression:
    """Check `ARRAY[...]`."""
    items = _same_type(node.items, env, "ARRAY elements")
    return Call(array(items[0].type if items else UNKNOWN), "operator array", items)


def row_constructor(node: syntax.RowConstructor, env: Env) -> Expression:
    """Check `ROW(...)`."""
    items = tuple(expressions.check(each, env) for each in node.items)
    return Call(row(each.type for each in items), "operator row", items)


def cast(operand: Expression, kind: Type, at: Position, *, is_try: bool) -> Expression:
    """Return a conversion to a type."""
    if not casts.is_known(kind):
        raise mismatch(f"Unknown type: {kind}", at)
    if wrong := casts.invalid_parameters(kind):
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", wrong)
    if not casts.can_cast(operand.type, kind) and not can_coerce(operand.type, kind):
        raise mismatch(f"Cannot cast {operand.type} to {kind}", at)
    return operand if operand.type == kind and not is_try else tree.Cast(kind, operand, is_try)
