"""Checks queries: WITH, set operations, VALUES; SELECT is in `selects`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.local.athena import tree
from infra.local.athena.checking import expressions, selects, windows
from infra.local.athena.checking.coercing import coerce
from infra.local.athena.checking.context import CommonTable, Env, Field, Output, Scope
from infra.local.athena.checking.operators import mismatch
from infra.local.athena.coercions import common_type
from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.types import Type


@dataclass(frozen=True)
class Checked:
    """A query of the tree, and the names of its columns."""

    query: tree.Query
    outputs: tuple[Output, ...]


def query(node: syntax.Query, env: Env) -> Checked:
    """Check a query; the scope of `env` has the columns of queries around it."""
    entries, env = _common_tables(node, env)
    checked = _body(node, env)
    if entries:
        return Checked(tree.With(checked.query.types, entries, checked.query), checked.outputs)
    return checked


def _body(node: syntax.Query, env: Env) -> Checked:
    limits = selects.limits(node, env)
    if isinstance(node.body, syntax.Select):
        return selects.select(node.body, node.order_by, limits, env)
    checked = _BODIES[type(node.body)](node.body, env)
    if not node.order_by and limits == selects.NO_LIMITS:
        return checked
    return _sorted(checked, node, limits, env)


def _sorted(checked: Checked, node: syntax.Query, limits: selects.Limits, env: Env) -> Checked:
    """Sort and cut the rows of a set operation or of VALUES."""
    alias = env.statement.alias()
    columns = _columns(alias, checked.query.types)
    fields = tuple(
        Field(output.name, output.text, column)
        for output, column in zip(checked.outputs, columns, strict=True)
    )
    inner = env.within(Scope(fields, env.scope.outer))
    keys = tuple(_sort_key(item, columns, inner, node.at) for item in node.order_by)
    source = tree.Derived(alias, checked.query)
    query = tree.Select(
        checked.query.types, columns, source, order_by=keys, offset=limits.offset, limit=limits.limit
    )
    return Checked(selects.with_ties(query, limits), checked.outputs)


def _sort_key(
    item: syntax.SortItem, columns: Sequence[tree.Expression], env: Env, at: Position
) -> tree.SortKey:
    place = selects.ordinal(item.expression, len(columns), "ORDER BY")
    expression = columns[place] if place is not None else expressions.check(item.expression, env)
    return windows.sort_key(item, expression, at)


def _common_tables(node: syntax.Query, env: Env) -> tuple[tuple[tuple[str, tree.Query], ...], Env]:
    entries: list[tuple[str, tree.Query]] = []
    names: set[str] = set()
    for table in node.tables:
        if table.name in names:
            message = f"WITH query name '{table.name}' specified more than once"
            raise QueryRefused("DUPLICATE_NAMED_QUERY", message, table.at)
        names.add(table.name)
        if node.is_recursive and _names_itself(table):
            raise NotSupportedHere("WITH RECURSIVE", table.at)
        checked = query(table.query, env)
        outputs = _renamed(table, checked.outputs)
        unique = env.statement.alias("q")
        entries.append((unique, checked.query))
        columns = tuple(
            (output.text, kind) for output, kind in zip(outputs, checked.query.types, strict=True)
        )
        env = dataclasses.replace(env, tables={**env.tables, table.name: CommonTable(unique, columns)})
    return tuple(entries), env


def _names_itself(table: syntax.CommonTable) -> bool:
    return any(
        isinstance(part, syntax.Table) and part.parts == (table.name,) for part in syntax.walk(table.query)
    )


def _renamed(table: syntax.CommonTable, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    if not table.columns:
        return outputs
    if len(table.columns) != len(outputs):
        message = (
            f"Column alias list has {len(table.columns)} entries but relation has {len(outputs)} columns"
        )
        raise QueryRefused("MISMATCHED_COLUMN_ALIASES", message, table.columns[0].at)
    return tuple(Output(name.name, name.name) for name in table.columns)


def _values(node: syntax.Values, env: Env) -> Checked:
    rows = [_row(each, env) for each in node.rows]
    kinds: tuple[Type, ...] = tuple(each.type for each in rows[0])
    for row in rows[1:]:
        if len(row) != len(kinds):
            raise mismatch(f"Values rows have mismatched sizes: {len(kinds)} vs {len(row)}", node.at)
        wider = [common_type(kind, each.type) for kind, each in zip(kinds, row, strict=True)]
        if None in wider:
            found = ", ".join(str(each.type) for each in row)
            expected = ", ".join(map(str, kinds))
            raise mismatch(f"Values rows have mismatched types: row({expected}) vs row({found})", node.at)
        kinds = tuple(kind for kind in wider if kind is not None)
    typed = tuple(tuple(map(coerce, row, kinds)) for row in rows)
    return Checked(tree.Values(kinds, typed), (Output(None, None),) * len(kinds))


def _row(node: syntax.Expression, env: Env) -> tuple[tree.Expression, ...]:
    if isinstance(node, syntax.RowConstructor):
        return tuple(expressions.check(each, env) for each in node.items)
    found = expressions.check(node, env)
    if found.type.base == "row":
        return tuple(expressions.row_field(found, place) for place in range(len(found.type.types)))
    return (found,)


def _table(node: syntax.TableQuery, env: Env) -> Checked:
    every = syntax.SelectItem(node.at, None)
    return selects.select(syntax.Select(node.at, (every,), source=node.table), (), selects.NO_LIMITS, env)


def _parenthesized(node: syntax.Parenthesized, env: Env) -> Checked:
    return query(node.query, env)


def _set_operation(node: syntax.SetOperation, env: Env) -> Checked:
    left, right = (query(syntax.Query(side.at, side), env) for side in (node.left, node.right))
    kinds, others = left.query.types, right.query.types
    if len(kinds) != len(others):
        counts = f"{len(kinds)}, {len(others)}"
        raise mismatch(f"{node.operator} query has different number of fields: {counts}", node.at)
    common = []
    for place, (kind, other) in enumerate(zip(kinds, others, strict=True), start=1):
        wider = common_type(kind, other)
        if wider is None:
            message = f"column {place} in {node.operator} query has incompatible types: {kind}, {other}"
            raise mismatch(message, node.at)
        common.append(wider)
    sides = [converted(side.query, tuple(common), env) for side in (left, right)]
    found = tree.SetOperation(tuple(common), node.operator, node.is_distinct, sides[0], sides[1])
    return Checked(found, left.outputs)


def converted(found: tree.Query, kinds: tuple[Type, ...], env: Env) -> tree.Query:
    """Return a query whose columns are converted to types."""
    if found.types == kinds:
        return found
    alias = env.statement.alias()
    columns = tuple(map(coerce, _columns(alias, found.types), kinds))
    return tree.Select(kinds, columns, tree.Derived(alias, found))


def _columns(alias: str, kinds: Sequence[Type]) -> tuple[tree.Column, ...]:
    return tuple(tree.Column(kind, alias, f"c{place}") for place, kind in enumerate(kinds))


_BODIES: Final[Mapping[type, Callable[[Any, Env], Checked]]] = {
    syntax.Values: _values,
    syntax.TableQuery: _table,
    syntax.Parenthesized: _parenthesized,
    syntax.SetOperation: _set_operation,
}
