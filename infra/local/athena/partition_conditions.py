"""What a query's conditions say about the partitions of each table that it scans.

Conditions go down through views, joins, groups and UNNEST to the tables, and over equalities from one table
to another. Only comparisons of one column with constants are followed. None of them holds for null, so that
outer joins on the way do not matter: rows that are filled up with nulls are not wanted.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from infra.local.athena import tree
from infra.local.athena.tree import Call, Cast, Column, Constant, Expression
from infra.local.athena.types import UNKNOWN

_COMPARISONS: Final = {
    f"operator {name}" for name in ("=", "<>", "<", "<=", ">", ">=", "between", "in", "like")
}
_CONNECTIVES: Final = {"operator and", "operator or"}
_VALUE: Final = Column(UNKNOWN, "", "value")
"""Stands for the column in a condition that is on its way down."""

Conditions = dict[str, list[Expression]]
OnColumn = tuple[int, Expression]
"""The place of a query's column, and a condition on it in which `_VALUE` is the column."""


def partition_conditions(query: tree.Query) -> Conditions:
    """Return conditions on partition columns, all of which hold for every row that counts.

    Args:
        query: the query.

    Returns:
        The conditions by the alias of a scan.
    """
    found: Conditions = defaultdict(list)
    _query(query, (), found)
    return found


def static_values(conditions: Iterable[Expression]) -> dict[str, frozenset[str]]:
    """Return the only values that equalities among conditions leave for columns, as text."""
    values: dict[str, frozenset[str]] = {}
    for each in conditions:
        if isinstance(each, Call) and each.function in {"operator =", "operator in"}:
            columns = [part for part in each.arguments if isinstance(part, Column)]
            texts = frozenset(_text(part.value) for part in each.arguments if isinstance(part, Constant))
            if len(columns) == 1 and all(isinstance(part, Column | Constant) for part in each.arguments):
                name = columns[0].name
                values[name] = values.get(name, texts) & texts
    return values


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _query(query: tree.Query, outer: Sequence[OnColumn], found: Conditions) -> None:
    match query:
        case tree.Select():
            _select(query, outer, found)
        case tree.SetOperation():
            _query(query.left, outer, found)
            _query(query.right, outer, found)
        case tree.With():
            for _, table in query.tables:
                _query(table, (), found)
            _query(query.query, outer, found)


def _select(query: tree.Select, outer: Sequence[OnColumn], found: Conditions) -> None:
    if query.limit is not None or query.offset:
        outer = ()  # which rows are cut off depends on those that the condition would leave out
    windows = [
        node.window
        for node in tree.walk(query.columns)
        if isinstance(node, tree.Aggregate) and node.window is not None
    ]
    terms = list(_terms(query.where))
    for place, condition in outer:
        column = query.columns[place]
        if all(column in window.partition_by for window in windows):
            terms.append(_with_value(condition, column))
    _within((query.columns, query.where, query.order_by), found)
    if query.source is not None:
        _relation(query.source, terms, found)


def _within(expressions: Any, found: Conditions) -> None:
    """Look into the queries within expressions."""
    for node in tree.walk(expressions):
        if isinstance(node, tree.ScalarQuery | tree.Exists | tree.Quantified):
            _query(node.query, (), found)


def _relation(source: tree.Relation, terms: list[Expression], found: Conditions) -> None:
    joins, leaves = _parts(source)
    equalities = list(terms)
    for join, is_inner in joins:
        _within(join.condition, found)
        conjuncts = list(_terms(join.condition))
        equalities += conjuncts
        if is_inner:
            terms = [*terms, *conjuncts]
    by_relation: dict[str, list[tuple[Column, Expression]]] = defaultdict(list)
    for column, condition in _spread(terms, equalities):
        by_relation[column.relation].append((column, condition))
    for leaf in leaves:
        _leaf(leaf, by_relation, found)


def _parts(
    source: tree.Relation, *, is_inner: bool = True
) -> tuple[list[tuple[tree.Join, bool]], list[tree.Relation]]:
    """The joins of a relation, each with whether no outer join is around it, and what they join."""
    if not isinstance(source, tree.Join):
        return [], [source]
    is_inner = is_inner and source.kind in {"inner", "cross"}
    joins, leaves = [(source, is_inner)], []
    for side in (source.left, source.right):
        more, sources = _parts(side, is_inner=is_inner)
        joins += more
        leaves += sources
    return joins, leaves


def _leaf(
    leaf: tree.Relation, by_relation: dict[str, list[tuple[Column, Expression]]], found: Conditions
) -> None:
    match leaf:
        case tree.TableScan():
            for column, condition in by_relation[leaf.alias]:
                described = leaf.source.columns[_place(column)]
                if described.is_partition:
                    named = Column(column.type, leaf.alias, described.name)
                    found[leaf.alias].append(_with_value(condition, named))
        case tree.Derived(is_lateral=False):
            outer = [(_place(column), condition) for column, condition in by_relation[leaf.alias]]
            _query(leaf.query, outer, found)
        case tree.Derived():
            _query(leaf.query, (), found)
        case tree.Grouped():
            _grouped(leaf, by_relation[leaf.alias], found)
        case tree.Unnest():
            _within(leaf.lists, found)


def _grouped(group: tree.Grouped, conditions: Iterable[tuple[Column, Expression]], found: Conditions) -> None:
    terms = list(_terms(group.where))
    for column, condition in conditions:
        place = _place(column)
        if place < len(group.keys) and all(place in keys for keys in group.sets):
            terms.append(_with_value(condition, group.keys[place]))
    _within((group.keys, group.where, group.aggregates), found)
    if group.source is not None:
        _relation(group.source, terms, found)


def _terms(condition: Expression | None) -> Iterator[Expression]:
    """The parts of a condition that all have to hold."""
    if isinstance(condition, Call) and condition.function == "operator and":
        for part in condition.arguments:
            yield from _terms(part)
    elif condition is not None:
        yield condition


def _spread(
    terms: Iterable[Expression], equalities: Iterable[Expression]
) -> Iterator[tuple[Column, Expression]]:
    """The terms that compare one column, for the column itself and for all that are equal to it."""
    equal: dict[Expression, set[Column]] = {}
    for each in equalities:
        if isinstance(each, Call) and each.function == "operator =":
            columns = [part for part in each.arguments if isinstance(part, Column)]
            if len(columns) == len(each.arguments):
                together = set(columns).union(*(equal.get(column, set()) for column in columns))
                equal.update(dict.fromkeys(together, together))

    def simpler(node: Any) -> Any:
        """Of `coalesce(t.day, u.day)`, which USING makes, the first one if both are equal."""
        if isinstance(node, Call) and node.function == "operator coalesce":
            together = equal.get(node.arguments[0], set())
            return node.arguments[0] if set(node.arguments) <= together else None
        return None

    for each in terms:
        term = tree.rewrite(each, simpler)
        column = _compared_column(term)
        if column is not None:
            condition = _with_value(term, _VALUE, column)
            for same in equal.get(column, {column}):
                yield same, condition


def _compared_column(term: Expression) -> Column | None:
    """The only column of a term that compares it with constants."""
    if not isinstance(term, Call) or term.function not in _COMPARISONS | _CONNECTIVES:
        return None
    if term.function in _CONNECTIVES:
        columns = {_compared_column(part) for part in term.arguments}
    else:
        parts = [part.operand if isinstance(part, Cast) else part for part in term.arguments]
        if not all(isinstance(part, Column | Constant) for part in parts):
            return None
        columns = {part for part in parts if isinstance(part, Column)}
    return columns.pop() if len(columns) == 1 else None


def _with_value(condition: Expression, value: Expression, replaced: Column = _VALUE) -> Expression:
    return tree.rewrite(condition, lambda node: value if node == replaced else None)


def _place(column: Column) -> int:
    return int(column.name.removeprefix("c"))
