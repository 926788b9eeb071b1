"""Makes conversions explicit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from infra.local.athena.coercions import can_coerce, common_type_of
from infra.local.athena.errors import Position, QueryRefused
from infra.local.athena.tree import Cast, Constant, Expression
from infra.local.athena.types import INTEGERS, Type

_TEXTS: Final = {"varchar", "jsonpath", "joniregexp"}


def coerce(expression: Expression, kind: Type) -> Expression:
    """Return an expression converted to a type that its own is converted to without a cast."""
    if expression.type == kind:
        return expression
    if isinstance(expression, Constant):
        return _constant(expression, kind)
    return Cast(kind, expression)


def _constant(constant: Constant, kind: Type) -> Expression:
    base, value = constant.type.base, constant.value
    if (
        value is None
        or (base in INTEGERS and kind.base in INTEGERS)
        or (base == "varchar" and kind.base in _TEXTS)
    ):
        return Constant(kind, value)
    if base in INTEGERS and kind.base == "decimal":
        return Constant(kind, Decimal(value))
    if base in {*INTEGERS, "decimal"} and kind.base == "double":
        return Constant(kind, float(value))
    return Cast(kind, constant)


def require(expression: Expression, kind: Type, at: Position, what: str) -> Expression:
    """Return an expression as a value of a type.

    Args:
        expression: the expression.
        kind: the type that it has to have, or to be converted to.
        at: where it stands.
        what: its part in the statement, for example "WHERE clause".

    Raises:
        QueryRefused: TYPE_MISMATCH.
    """
    if not can_coerce(expression.type, kind):
        message = f"{what} must evaluate to a {kind} (actual: {expression.type})"
        raise QueryRefused("TYPE_MISMATCH", message, at)
    return coerce(expression, kind)


def to_common_type(expressions: Sequence[Expression]) -> tuple[Expression, ...] | None:
    """Return expressions converted to the type that they have in common; None if there is none."""
    kind = common_type_of(each.type for each in expressions)
    return None if kind is None else tuple(coerce(each, kind) for each in expressions)
