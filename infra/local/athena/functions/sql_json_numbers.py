"""Numbers in the paths of JSON_VALUE and its like: int, float, and Decimal for a literal with a point."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from infra.local.athena.errors import NotSupportedHere

_INTEGER: Final = 2**31
_BIGINT: Final = 2**63


class PathError(ValueError):
    """A path that cannot be evaluated, for example because a strict one misses a member."""


def is_number(item: Any) -> bool:
    """Return whether an item is a number."""
    return isinstance(item, int | float | Decimal) and not isinstance(item, bool)


def signed(sign: str, item: Any) -> Any:
    """Return a number with a sign before it."""
    _require_number(item)
    return bounded(-item, item) if sign == "unary -" else item


def bounded(result: int | float | Decimal, *operands: Any) -> Any:
    """Return a result, or fail when it is out of the range of its type."""
    if isinstance(result, int):
        is_big = not all(-_INTEGER <= operand < _INTEGER for operand in operands)
        limit = _BIGINT if is_big else _INTEGER
        if not -limit <= result < limit:
            raise PathError("numeric value out of range")
        if is_big and -_INTEGER <= result < _INTEGER:
            raise NotSupportedHere("a JSON path that calculates a small number of large ones")
    return result


def calculated(sign: str, left: Any, right: Any) -> Any:
    """Return the result of an operator on two numbers."""
    if isinstance(left, float) or isinstance(right, float):
        return _of_doubles(sign, float(left), float(right))
    if sign in {"/", "%"} and not right:
        raise PathError("division by zero")
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return _of_decimals(sign, Decimal(left), Decimal(right))
    match sign:
        case "/":
            quotient = abs(left) // abs(right)
            return bounded(quotient if (left < 0) == (right < 0) else -quotient, left, right)
        case "%":
            return bounded(int(math.copysign(abs(left) % abs(right), left)), left, right)
    return bounded({"+": left + right, "-": left - right, "*": left * right}[sign], left, right)


def _of_doubles(sign: str, left: float, right: float) -> float:
    match sign:
        case "/":
            if right:
                return left / right
            return math.nan if not left or left != left else math.copysign(math.inf, left)  # noqa: PLR0124
        case "%":
            return math.fmod(left, right) if right else math.nan
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def _of_decimals(sign: str, left: Decimal, right: Decimal) -> Decimal:
    if sign in {"/", "%"}:
        scale = max(-int(left.as_tuple().exponent), -int(right.as_tuple().exponent))
        value = left / right if sign == "/" else left % right
        return value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def rounded(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a method that makes a number a whole one of the same type."""

    def method(item: Any) -> Any:
        _require_number(item)
        if isinstance(item, float):
            return math.copysign(float(change(item)), item) if math.isfinite(item) else item
        return type(item)(change(item))

    return method


def absolute(item: Any) -> Any:
    """Return a number without its sign."""
    _require_number(item)
    return bounded(abs(item), item)


def _require_number(item: Any) -> None:
    if not is_number(item):
        raise PathError("invalid item type. Expected: NUMBER")
