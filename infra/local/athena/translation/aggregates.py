"""Writes aggregates, windows and ORDER BY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from infra.local.athena import functions, tree
from infra.local.athena.errors import NotSupportedHere, placing
from infra.local.athena.functions.api import Aggregate, Argument, Call, fill, render
from infra.local.athena.functions.nested import distinguishable, sortable
from infra.local.athena.translation import expressions
from infra.local.athena.translation.writer import Writer
from infra.local.athena.types import DAY_TO_SECOND, TIME_ZONED, YEAR_TO_MONTH, duckdb_type

_INTERVALS: Final = {DAY_TO_SECOND: "to_milliseconds({})", YEAR_TO_MONTH: "to_months({})"}


def aggregate(node: tree.Aggregate, writer: Writer) -> str:
    """Return an aggregate or a window function."""
    with placing(node.at):
        return _translated_aggregate(node, writer)


def _translated_aggregate(node: tree.Aggregate, writer: Writer) -> str:
    arguments = tuple(expressions.argument(each, writer, expressions.whole) for each in node.arguments)
    call = Call(node.function, arguments, node.type, writer.names)
    if node.function in functions.WINDOWS:
        nulls = " IGNORE NULLS" if node.ignores_nulls else ""
        entry = functions.WINDOWS[node.function]
        value = render(entry if isinstance(entry, str) else entry(call), call, nulls=nulls)
        return (
            f"CAST({value} OVER {window(node.window or tree.Window(), writer)} AS {duckdb_type(node.type)})"
        )
    known = functions.AGGREGATES.get(node.function)
    if known is None:
        raise NotSupportedHere(f"the function {node.function}")
    if node.is_distinct:
        call = replace(call, arguments=tuple(_distinguishable(each, call) for each in call.arguments))
    found = known if isinstance(known, Aggregate) else known(call)
    quantifier = "DISTINCT " if node.is_distinct else ""
    order_by, rows = _order_by(node.order_by, writer), _rows(found, node, call, writer)
    more = {"value": f"{found.function}({quantifier}{fill(found.arguments, call)}{order_by}){rows}"}
    if "{count}" in found.result:
        more["count"] = f"count({quantifier}{call.arguments[0].sql}){rows}"
    return f"CAST({render(found.result, call, **more)} AS {duckdb_type(node.type)})"


def _distinguishable(argument: Argument, call: Call) -> Argument:
    if argument.type.base == TIME_ZONED and call.name == "count":
        return replace(argument, sql=f"{argument.sql}.instant")
    return replace(argument, sql=distinguishable(argument.sql, argument.type))


def _rows(found: Aggregate, node: tree.Aggregate, call: Call, writer: Writer) -> str:
    """FILTER and OVER of an aggregate."""
    conditions = [render(found.condition, call)] if found.condition else []
    if node.filter is not None:
        conditions.append(expressions.whole(node.filter, writer))
    rows = f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""
    return f"{rows} OVER {window(node.window, writer)}" if node.window else rows


def window(node: tree.Window, writer: Writer) -> str:
    """Return a window, in parentheses."""
    parts = []
    if node.partition_by:
        parts.append(f"PARTITION BY {', '.join(group_key(each, writer) for each in node.partition_by)}")
    parts.append(_order_by(node.order_by, writer).lstrip())
    if node.unit and node.start:
        start = _bound(node.start, writer)
        parts.append(
            f"{node.unit} BETWEEN {start} AND {_bound(node.end or tree.Bound('CURRENT ROW'), writer)}"
        )
    return f"({' '.join(filter(None, parts))})"


def group_key(node: tree.Expression, writer: Writer) -> str:
    """Return what tells rows of one group from those of another; of times with a zone it is the instant."""
    written = expressions.whole(node, writer)
    return f"{written}.instant" if node.type.base == TIME_ZONED else distinguishable(written, node.type)


def _bound(bound: tree.Bound, writer: Writer) -> str:
    if bound.value is None:
        return bound.kind
    interval = _INTERVALS.get(bound.value.type, "{}")
    return f"{interval.format(expressions.expression(bound.value, writer))} {bound.kind}"


def _order_by(keys: Sequence[tree.SortKey], writer: Writer) -> str:
    return order_by([(key, expressions.whole(key.expression, writer)) for key in keys], writer)


def order_by(keys: Sequence[tuple[tree.SortKey, str]], writer: Writer) -> str:
    """Return ORDER BY with a blank before it; "" for no keys."""
    if not keys:
        return ""
    listed = ", ".join(_sort_item(key, written, writer) for key, written in keys)
    return f" ORDER BY {listed}"


def _sort_item(key: tree.SortKey, written: str, writer: Writer) -> str:
    kind = key.expression.type
    value = sortable(written, kind, Call("ORDER BY", (), kind, writer.names))
    return f"{value} {'DESC' if key.is_descending else 'ASC'} NULLS {'FIRST' if key.nulls_first else 'LAST'}"
