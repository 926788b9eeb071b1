"""Windows: PARTITION BY, ORDER BY and frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from infra.local.athena import tree
from infra.local.athena.checking import expressions
from infra.local.athena.checking.coercing import coerce
from infra.local.athena.checking.context import Env
from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.types import BIGINT, DAY_TO_SECOND, INTEGERS, TIME_ZONED, YEAR_TO_MONTH, Type

_ORDER: Final = ("UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING")
_OF_A_ROW: Final = ("lag", "lead", "first_value", "last_value", "nth_value")
_TIMES: Final = ("date", "timestamp", TIME_ZONED)
_INTERVALS: Final = (DAY_TO_SECOND, YEAR_TO_MONTH)
_DAY: Final = 86_400_000  # milliseconds
_NUMBERS: Final = (*INTEGERS, "double", "real", "decimal")


def sort_keys(items: Sequence[syntax.SortItem], env: Env) -> tuple[tree.SortKey, ...]:
    """Check the expressions of an ORDER BY that may not be numbers of columns."""
    return tuple(sort_key(item, expressions.check(item.expression, env), item.at) for item in items)


def sort_key(item: syntax.SortItem, expression: tree.Expression, at: Position) -> tree.SortKey:
    """Return a key; Trino sorts nulls last unless something else is said.

    Args:
        item: the key as it is written.
        expression: its expression.
        at: what is to blame if it cannot be sorted.
    """
    if not expression.type.is_orderable:
        message = f"ORDER BY can only be applied to orderable types (actual: {expression.type})"
        raise QueryRefused("TYPE_MISMATCH", message, at)
    return tree.SortKey(expression, item.is_descending, bool(item.nulls_first))


def window(node: syntax.Window, env: Env) -> tree.Window:
    """Check what stands after OVER, or in the WINDOW clause."""
    base = tree.Window()
    if node.name:
        if node.name not in env.windows:
            message = f"Cannot resolve WINDOW name {node.name}"
            raise QueryRefused("INVALID_WINDOW_REFERENCE", message, node.at)
        base = env.windows[node.name]
        _check_base(node, base)
    partition = tuple(expressions.check(each, env) for each in node.partition_by)
    for each, part in zip(node.partition_by, partition, strict=True):
        if not part.type.is_comparable:
            message = f"{part.type} is not comparable, and therefore cannot be used in window PARTITION BY"
            raise QueryRefused("TYPE_MISMATCH", message, each.at)
    order_by = sort_keys(node.order_by, env) or base.order_by
    unit, start, end = _frame(node.frame, order_by, env) if node.frame else (base.unit, base.start, base.end)
    return tree.Window(partition or base.partition_by, order_by, unit, start, end)


def _check_base(node: syntax.Window, base: tree.Window) -> None:
    if node.partition_by:
        message = "WINDOW specification with named WINDOW reference cannot specify PARTITION BY"
        raise QueryRefused("INVALID_PARTITION_BY", message, node.partition_by[0].at)
    if node.order_by and base.order_by:
        message = "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY"
        raise QueryRefused("INVALID_ORDER_BY", message, node.order_by[0].at)
    if base.unit and (node.order_by or node.frame):
        message = "Cannot reference named WINDOW containing frame specification"
        raise QueryRefused("INVALID_WINDOW_REFERENCE", message, node.at)


def _frame(
    node: syntax.Frame, order_by: Sequence[tree.SortKey], env: Env
) -> tuple[str, tree.Bound, tree.Bound | None]:
    _check_bounds(node)
    bounds = [_bound(node, bound, order_by, env) for bound in (node.start, node.end) if bound]
    return node.unit, bounds[0], bounds[1] if len(bounds) > 1 else None


def _check_bounds(node: syntax.Frame) -> None:
    start = node.start.kind
    end = node.end.kind if node.end else "CURRENT ROW"
    reason = None
    if start == "UNBOUNDED FOLLOWING":
        reason = "Window frame start cannot be UNBOUNDED FOLLOWING"
    elif end == "UNBOUNDED PRECEDING":
        reason = "Window frame end cannot be UNBOUNDED PRECEDING"
    elif _ORDER.index(start) > _ORDER.index(end):
        reason = f"Window frame starting from {start} cannot end with {end}"
    if reason:
        raise QueryRefused("INVALID_WINDOW_FRAME", reason, node.at)


def _bound(
    node: syntax.Frame, bound: syntax.FrameBound, order_by: Sequence[tree.SortKey], env: Env
) -> tree.Bound:
    if bound.value is None:
        return tree.Bound(bound.kind)
    value = expressions.check(bound.value, env)
    if node.unit == "RANGE":
        return tree.Bound(bound.kind, _range_value(node, bound, value, order_by))
    side = "start" if bound is node.start else "end"
    if value.type.base not in INTEGERS:
        message = (
            f"Window frame {node.unit} {side} value type must be exact numeric type with scale 0 "
            f"(actual {value.type})"
        )
        raise QueryRefused("TYPE_MISMATCH", message, bound.value.at)
    return tree.Bound(bound.kind, coerce(value, BIGINT))


def _range_value(
    node: syntax.Frame,
    bound: syntax.FrameBound,
    value: tree.Expression,
    order_by: Sequence[tree.SortKey],
) -> tree.Expression:
    if not order_by:
        message = "Window frame of type RANGE PRECEDING or FOLLOWING requires ORDER BY"
        raise QueryRefused("MISSING_ORDER_BY", message, node.at)
    if len(order_by) > 1:
        message = "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY"
        raise QueryRefused("INVALID_ORDER_BY", message, node.at)
    kind = order_by[0].expression.type
    is_alike = value.type.base in _NUMBERS if kind.base in _NUMBERS else value.type in _INTERVALS
    if kind.base in (*_NUMBERS, *_TIMES) and not is_alike:
        message = (
            f"Window frame {node.unit} value type ({value.type}) not compatible with sort item type ({kind})"
        )
        raise QueryRefused("TYPE_MISMATCH", message, bound.at)
    if kind.base in _NUMBERS or (kind.base in _TIMES and not _is_part_of_a_day(kind, value)):
        return value
    raise NotSupportedHere(f"a window frame RANGE of {value.type} over {kind}", bound.at)


def _is_part_of_a_day(kind: Type, value: tree.Expression) -> bool:
    """Whether an interval cannot be known to be whole days, which a date needs."""
    if kind.base != "date" or value.type != DAY_TO_SECOND:
        return False
    return not isinstance(value, tree.Constant) or value.value % _DAY != 0


def check_function(node: syntax.Call, found: tree.Aggregate) -> None:
    """Refuse what a window function may not have."""
    if node.ignores_nulls is not None and found.function not in _OF_A_ROW:
        message = f"Cannot specify null treatment clause for {found.function} function"
        raise QueryRefused("NULL_TREATMENT_NOT_ALLOWED", message, node.at)
    if found.function in {"lag", "lead"} and found.window and node.window:
        if not found.window.order_by:
            message = f"{found.function} function requires an ORDER BY window clause"
            raise QueryRefused("MISSING_ORDER_BY", message, node.window.at)
        if found.window.unit:
            message = f"Cannot specify window frame for {found.function} function"
            raise QueryRefused("INVALID_WINDOW_FRAME", message, (node.window.frame or node.window).at)


def check_nesting(aggregate: tree.Aggregate) -> None:
    """Refuse window functions within a window function."""
    inside = (*aggregate.arguments, aggregate.window)
    for part in tree.walk(inside, into_queries=False):
        if isinstance(part, tree.Aggregate) and part.window:
            message = "Cannot nest window functions or row pattern measures inside window specification"
            raise QueryRefused("NESTED_WINDOW", message, part.at)
