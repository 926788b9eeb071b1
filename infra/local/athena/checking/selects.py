"""Checks SELECT: which columns it has, what is grouped, and what it is sorted by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from infra.local.athena import tree
from infra.local.athena.checking import expressions, grouping, queries, relations, windows
from infra.local.athena.checking.coercing import coerce
from infra.local.athena.checking.context import Env, Field, Output, Scope
from infra.local.athena.checking.operators import mismatch
from infra.local.athena.coercions import can_coerce
from infra.local.athena.errors import Position, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.types import BIGINT, BOOLEAN


@dataclass(frozen=True)
class Limits:
    """OFFSET and LIMIT."""

    offset: int = 0
    limit: int | None = None
    with_ties: bool = False


NO_LIMITS: Final = Limits()
_OUTPUT: Final = "output"


@dataclass(frozen=True)
class Item:
    """A column of the result, and where its expression stands; one of a star has no place."""

    output: Output
    expression: tree.Expression
    at: Position | None


def select(
    node: syntax.Select, order_by: Sequence[syntax.SortItem], limits: Limits, env: Env
) -> queries.Checked:
    """Check a SELECT with its ORDER BY."""
    source = relations.relation(node.source, env) if node.source else None
    fields = source.fields if source else ()
    place = env.within(Scope(fields, env.scope.outer))
    where = _boolean(node.where, place, "WHERE clause") if node.where else None
    place = _with_windows(node, place)
    items = [item for each in node.items for item in _items(each, fields, place, has_from=bool(source))]
    having = (
        _boolean(node.having, dataclasses.replace(place, scalar_clause=""), "HAVING clause")
        if node.having
        else None
    )
    keys = _sort_keys(order_by, items, place, node)
    found = tree.Select(
        tuple(item.expression.type for item in items),
        tuple(item.expression for item in items),
        source.tree if source else None,
        where,
        order_by=keys,
        offset=limits.offset,
        limit=limits.limit,
    )
    parts = grouping.Parts(node, items, order_by, having, fields)
    found = grouping.grouped(found, parts, place)
    if node.is_distinct:
        found = _distinct(found, node, env)
    return queries.Checked(with_ties(found, limits), tuple(item.output for item in items))


def _boolean(node: syntax.Expression, env: Env, clause: str) -> tree.Expression:
    place = env if clause == "HAVING clause" else env.scalar(clause, node.at)
    found = expressions.check(node, place)
    if not can_coerce(found.type, BOOLEAN):
        raise mismatch(f"{clause} must evaluate to a boolean: actual type {found.type}", node.at)
    return coerce(found, BOOLEAN)


def _with_windows(node: syntax.Select, env: Env) -> Env:
    for name, window in node.windows:
        if name in env.windows:
            message = f"WINDOW name '{name}' specified more than once"
            raise QueryRefused("DUPLICATE_WINDOW_NAME", message, window.at)
        env = dataclasses.replace(env, windows={**env.windows, name: windows.window(window, env)})
    return env


def _items(node: syntax.SelectItem, fields: Sequence[Field], env: Env, *, has_from: bool) -> Iterator[Item]:
    """Give the columns of an item: one, or all that a star stands for."""
    if node.expression is not None:
        yield _item(node, node.expression, env)
        return
    if node.star_of is not None:
        found = _all_of(node, node.star_of, env)
    elif has_from:
        found = [field for field in fields if not field.is_hidden]
    else:
        message = "SELECT * not allowed in queries without FROM clause"
        raise QueryRefused("COLUMN_NOT_FOUND", message, node.at)
    for place, field in enumerate(found):
        text = node.star_names[place].text.upper() if node.star_names else field.text
        yield Item(Output(text and text.lower(), text), _at(field.value, node.at), None)


def _at(value: tree.Expression, at: Position) -> tree.Expression:
    return dataclasses.replace(value, at=at) if isinstance(value, tree.Column) else value


def _item(node: syntax.SelectItem, written: syntax.Expression, env: Env) -> Item:
    name = node.alias
    if name is None and isinstance(written, syntax.Identifier):
        name = written
    elif name is None and isinstance(written, syntax.Dereference) and expressions.parts(written):
        name = written.field
    output = Output(name.name, name.text) if name else Output(None, None)
    return Item(output, expressions.check(written, env), written.at)


def _all_of(node: syntax.SelectItem, base: syntax.Expression, env: Env) -> list[Field]:
    parts = expressions.parts(base)
    if parts:
        found = [field for field in env.scope.of_relation(parts) if not field.is_hidden]
        if not found:
            name = ".".join(parts)
            raise QueryRefused("TABLE_NOT_FOUND", f"Unable to resolve reference {name}", base.at)
    else:
        row = expressions.check(base, env)
        if row.type.base != "row":
            raise mismatch("expected expression of type Row", base.at)
        found = [
            Field(name, name, expressions.row_field(row, place)) for place, name in enumerate(row.type.names)
        ]
    if node.star_names and len(node.star_names) != len(found):
        message = (
            f"Column alias list has {len(node.star_names)} entries but relation has {len(found)} columns"
        )
        raise QueryRefused("MISMATCHED_COLUMN_ALIASES", message, node.at)
    return found


def _sort_keys(
    order_by: Sequence[syntax.SortItem], items: Sequence[Item], env: Env, node: syntax.Select
) -> tuple[tree.SortKey, ...]:
    """Check ORDER BY, which may name columns of the result, by alias or number, and those of the source."""
    outputs = tuple(
        Field(item.output.name, item.output.text, item.expression) for item in items if item.output.name
    )
    place = env.within(Scope(outputs, env.scope))
    keys = []
    for item in order_by:
        number = ordinal(item.expression, len(items), "ORDER BY")
        found = expressions.check(item.expression, place) if number is None else items[number].expression
        keys.append(windows.sort_key(item, found, node.at))
        if node.is_distinct and number is None and _uses_outputs(item.expression, outputs, env):
            raise _not_in_distinct(node)
    return tuple(keys)


def _uses_outputs(node: syntax.Expression, outputs: Sequence[Field], env: Env) -> bool:
    """Return whether an expression is not just the name of an output column, but has one within."""
    if isinstance(node, syntax.Identifier):
        return False
    marked = tuple(
        dataclasses.replace(output, value=tree.Column(output.type, _OUTPUT, "")) for output in outputs
    )
    found = expressions.check(node, env.within(Scope(marked, env.scope)))
    return any(isinstance(part, tree.Column) and part.relation == _OUTPUT for part in tree.walk(found))


def _not_in_distinct(node: syntax.Select) -> QueryRefused:
    message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
    return QueryRefused("EXPRESSION_NOT_IN_DISTINCT", message, node.at)


def ordinal(node: syntax.Expression, count: int, clause: str) -> int | None:
    """Return the place from 0 of the column that a number in ORDER BY or GROUP BY means."""
    if not isinstance(node, syntax.Literal) or type(node.value) is not int:
        return None
    if not 1 <= node.value <= count:
        message = f"{clause} position {node.value} is not in select list"
        raise QueryRefused("INVALID_COLUMN_REFERENCE", message, node.at)
    return node.value - 1


def _distinct(found: tree.Select, node: syntax.Select, env: Env) -> tree.Select:
    """Put SELECT DISTINCT below the sorting."""
    for kind in found.types:
        if not kind.is_comparable:
            raise mismatch(f"DISTINCT can only be applied to comparable types (actual: {kind})", node.at)
    if any(key.expression not in found.columns for key in found.order_by):
        raise _not_in_distinct(node)
    alias = env.statement.alias()
    columns = tuple(tree.Column(kind, alias, f"c{place}") for place, kind in enumerate(found.types))
    keys = tuple(
        dataclasses.replace(key, expression=columns[found.columns.index(key.expression)])
        for key in found.order_by
    )
    inner = dataclasses.replace(found, is_distinct=True, order_by=(), offset=0, limit=None)
    source = tree.Derived(alias, inner)
    return tree.Select(found.types, columns, source, order_by=keys, offset=found.offset, limit=found.limit)


def limits(node: syntax.Query, env: Env) -> Limits:
    """Return OFFSET and LIMIT of a query."""
    if node.with_ties and not node.order_by:
        message = "FETCH FIRST WITH TIES clause requires ORDER BY"
        raise QueryRefused("MISSING_ORDER_BY", message, node.limit_at)
    offset = _count(node.offset, env) if node.offset else 0
    return Limits(offset, _count(node.limit, env) if node.limit else None, node.with_ties)


def _count(node: syntax.Expression, env: Env) -> int:
    found = expressions.check(node, env)
    if not isinstance(found, tree.Constant) or not can_coerce(found.type, BIGINT) or found.value is None:
        raise mismatch(f"Non constant parameter value for LIMIT or OFFSET: {found.type}", node.at)
    if found.value < 0:
        message = f"LIMIT row count must be greater or equal to 0 (actual value: {found.value})"
        raise QueryRefused("SEMANTIC_ERROR", message, node.at)
    return int(found.value)


def with_ties(found: tree.Select, limits: Limits) -> tree.Select:
    """Return a query that has all rows with the sort key of its last row, if that is asked for."""
    return dataclasses.replace(found, with_ties=limits.with_ties)
