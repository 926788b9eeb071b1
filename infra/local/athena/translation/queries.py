"""Writes queries and relations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.local.athena import tree
from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.functions.nested import distinguishable
from infra.local.athena.translation import aggregates, expressions, scans
from infra.local.athena.translation.filters import by_use_of_queries, check_ranges, simplified
from infra.local.athena.translation.writer import Writer
from infra.local.athena.types import TIME_ZONED


def query(node: tree.Query, writer: Writer) -> str:
    """Return a query; its columns are `c0`, `c1`, ..."""
    return _QUERIES[type(node)](node, writer)


def _select(node: tree.Select, writer: Writer) -> str:
    write = _distinguishable if node.is_distinct else expressions.whole
    with writer.selecting(has_source=node.source is not None):
        columns = ", ".join(
            f"{write(_first_equal(place, node.columns), writer)} AS c{place}"
            for place in range(len(node.columns))
        )
    written = f"SELECT {'DISTINCT ' if node.is_distinct else ''}{columns}{_from(node.source, writer)}"
    written += _where(node.where, node.source, writer)
    # DuckDB refuses to sort by a literal.
    keys = [key for key in node.order_by if not isinstance(key.expression, tree.Constant)]
    if node.limit is not None and node.with_ties:
        rank = aggregates.order_by([(key, expressions.whole(key.expression, writer)) for key in keys], writer)
        written += f" QUALIFY rank() OVER ({rank}) <= {node.offset + node.limit}"
    written += aggregates.order_by([(key, _sort_key(key, node, writer)) for key in keys], writer)
    if node.limit is not None and not node.with_ties:
        written += f" LIMIT {node.limit}"
    return f"{written} OFFSET {node.offset}" if node.offset else written


def _first_equal(place: int, columns: tuple[tree.Expression, ...]) -> tree.Expression:
    """Return a column, or the first one that it equals: Trino computes them once, and -0e0 equals 0e0.

    Raises:
        NotSupportedHere: the columns differ in the sign of a zero of type real, which DuckDB does not see.
    """
    column, first = columns[place], columns[columns.index(columns[place])]
    is_real = any(
        isinstance(part, tree.Expression) and part.type.base == "real" for part in tree.walk(column)
    )
    if is_real and _signs(column) != _signs(first):
        raise NotSupportedHere("columns that differ in the sign of a zero of type real")
    return first


def _signs(column: tree.Expression) -> list[float]:
    values = (part.value for part in tree.walk(column) if isinstance(part, tree.Constant))
    return [math.copysign(1, value) for value in values if isinstance(value, float)]


def _where(condition: tree.Expression | None, source: tree.Relation | None, writer: Writer) -> str:
    if condition is None:
        return ""
    reads_tables = not any(isinstance(node, tree.Values) for node in tree.walk(source))
    if reads_tables:
        check_ranges(condition)
    if not writer.is_in_steps:
        return f" WHERE {expressions.expression(condition, writer)}"
    parts = by_use_of_queries(simplified(condition, reads_tables=reads_tables))
    return f" WHERE {' AND '.join(expressions.whole(part, writer) for part in parts)}"


def _sort_key(key: tree.SortKey, node: tree.Select, writer: Writer) -> str:
    """A key that is a column of the result is named by its place, so that it is computed once."""
    kind = key.expression.type
    if key.expression in node.columns and not kind.types and kind.base not in {TIME_ZONED, "char"}:
        return str(node.columns.index(key.expression) + 1)
    return expressions.whole(key.expression, writer)


def _distinguishable(node: tree.Expression, writer: Writer) -> str:
    return distinguishable(expressions.whole(node, writer), node.type)


def _from(source: tree.Relation | None, writer: Writer) -> str:
    return f" FROM {relation(source, writer)}" if source else ""


def _values(node: tree.Values, writer: Writer) -> str:
    rows = ("(" + ", ".join(expressions.whole(each, writer) for each in row) + ")" for row in node.rows)
    columns = ", ".join(f"c{place}" for place in range(len(node.types)))
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS v({columns})"


def _set_operation(node: tree.SetOperation, writer: Writer) -> str:
    for kind in node.types:
        if (node.is_distinct or node.operator != "UNION") and kind.contains(TIME_ZONED):
            raise NotSupportedHere(f"{node.operator} of values of type {kind}")
    left, right = (_comparable(query(side, writer), node) for side in (node.left, node.right))
    quantifier = "" if node.is_distinct else " ALL"
    return f"({left}) {node.operator}{quantifier} ({right})"


def _comparable(written: str, node: tree.SetOperation) -> str:
    """A side of a set operation, with maps that are equal if Trino's are."""
    if not any(kind.contains("map") for kind in node.types):
        return written
    columns = (f"{distinguishable(f's.c{place}', kind)} AS c{place}" for place, kind in enumerate(node.types))
    return f"SELECT {', '.join(columns)} FROM ({written}) AS s"


def _with(node: tree.With, writer: Writer) -> str:
    tables = ", ".join(f"{name} AS ({query(table, writer)})" for name, table in node.tables)
    return f"WITH {tables} {query(node.query, writer)}"


def relation(node: tree.Relation, writer: Writer) -> str:
    """Return a relation of FROM."""
    return _RELATIONS[type(node)](node, writer)


def _derived(node: tree.Derived, writer: Writer) -> str:
    lateral = "LATERAL " if node.is_lateral else ""
    return f"{lateral}({query(node.query, writer)}) AS {node.alias}"


def _common_table(node: tree.CommonTable, _: Writer) -> str:
    return f"{node.name} AS {node.alias}"


def _join(node: tree.Join, writer: Writer) -> str:
    left, right = relation(node.left, writer), relation(node.right, writer)
    if isinstance(node.right, tree.Join):
        right = f"({right})"
    if node.kind == "cross":
        return f"{left} CROSS JOIN {right}"
    condition = expressions.whole(node.condition or tree.TRUE, writer)
    return f"{left} {node.kind.upper()} JOIN {right} ON {condition}"


def _unnest(node: tree.Unnest, writer: Writer) -> str:
    lists = [expressions.whole(each, writer) for each in node.lists]
    columns = [f"unnest({each}) AS c{place}" for place, each in enumerate(lists)]
    if node.with_ordinality:
        lengths = ", ".join(f"coalesce(len({each}), 0)" for each in lists)
        columns.append(f"unnest(range(1, greatest({lengths}) + 1)) AS c{len(lists)}")
    return f"LATERAL (SELECT {', '.join(columns)}) AS {node.alias}"


def _grouped(node: tree.Grouped, writer: Writer) -> str:
    keys = [aggregates.group_key(key, writer) for key in node.keys]
    named = (_group_value(node, key, writer) for node, key in zip(node.keys, keys, strict=True))
    values = [*named, *(_aggregate(each, keys, writer) for each in node.aggregates)]
    columns = ", ".join(f"{value} AS c{place}" for place, value in enumerate(values)) or "1 AS c0"
    where = _where(node.where, node.source, writer)
    sets = ", ".join(f"({', '.join(keys[place] for place in each)})" for each in node.sets)
    groups = f" GROUP BY GROUPING SETS ({sets})" if len(node.sets) > 1 else f" GROUP BY {sets}"
    return f"(SELECT {columns}{_from(node.source, writer)}{where}{groups}) AS {node.alias}"


def _group_value(node: tree.Expression, key: str, writer: Writer) -> str:
    """The value of a key that a group has; of times with a zone, one of the group's zones."""
    if node.type.base != TIME_ZONED:
        return key
    zone = f"any_value({expressions.whole(node, writer)}.zone)"
    return f"CASE WHEN {key} IS NOT NULL THEN struct_pack(instant := {key}, zone := {zone}) END"


def _aggregate(node: tree.Expression, keys: list[str], writer: Writer) -> str:
    if isinstance(node, tree.Grouping):
        return f"CAST(GROUPING({', '.join(keys[place] for place in node.keys)}) AS INTEGER)"
    return expressions.whole(node, writer)


_QUERIES: Final[Mapping[type, Callable[[Any, Writer], str]]] = {
    tree.Select: _select,
    tree.Values: _values,
    tree.SetOperation: _set_operation,
    tree.With: _with,
}
_RELATIONS: Final[Mapping[type, Callable[[Any, Writer], str]]] = {
    tree.TableScan: scans.scan,
    tree.Derived: _derived,
    tree.CommonTable: _common_table,
    tree.Join: _join,
    tree.Unnest: _unnest,
    tree.Grouped: _grouped,
}
