"""The typed tree of a query: names are resolved, expressions have types, and every conversion is a `Cast`.

Relations have aliases that are unique in the statement (`r1`), and their columns are called `c0`, `c1`, ...
So an expression of any depth names a column without regard to scopes. Two expressions are equal when they
mean the same, wherever they stand in the statement.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from infra.local.athena.errors import Position
from infra.local.athena.sources import Source
from infra.local.athena.types import BOOLEAN, Type

_Node = TypeVar("_Node")


@dataclass(frozen=True)
class Expression:
    """An expression, with its Trino type."""

    type: Type


@dataclass(frozen=True)
class Constant(Expression):
    """A value: None, bool, int, Decimal, float, str, bytes, date, time, datetime or `ZonedTime`."""

    value: Any


@dataclass(frozen=True)
class Column(Expression):
    """A column of a relation."""

    relation: str
    name: str
    at: Position | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Parameter(Expression):
    """A parameter of a lambda; its name is unique in the statement."""

    name: str


@dataclass(frozen=True)
class Cast(Expression):
    """A conversion to the type, explicit or not."""

    operand: Expression
    is_try: bool = False


@dataclass(frozen=True)
class Call(Expression):
    """A call of a scalar function, an operator (`operator add`) or a form (`operator case`)."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Lambda(Expression):
    """A lambda; its type is a function."""

    parameters: tuple[str, ...]
    body: Expression


@dataclass(frozen=True)
class SortKey:
    """An expression to sort by."""

    expression: Expression
    is_descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Bound:
    """A bound of a frame, such as `PRECEDING`, with its value."""

    kind: str
    value: Expression | None = None


@dataclass(frozen=True)
class Window:
    """The rows that a window function sees; without a unit the frame is the default one."""

    partition_by: tuple[Expression, ...] = ()
    order_by: tuple[SortKey, ...] = ()
    unit: str = ""
    start: Bound | None = None
    end: Bound | None = None


@dataclass(frozen=True)
class Aggregate(Expression):
    """A call of an aggregate function, or with a window of a window function."""

    function: str
    arguments: tuple[Expression, ...]
    is_distinct: bool = False
    order_by: tuple[SortKey, ...] = ()
    filter: Expression | None = None
    window: Window | None = None
    ignores_nulls: bool = False
    at: Position | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Grouping(Expression):
    """GROUPING(...): which of the keys, by their places in GROUP BY, the row is not grouped by."""

    keys: tuple[int, ...]


@dataclass(frozen=True)
class ScalarQuery(Expression):
    """A query with one column as a value."""

    query: Query


@dataclass(frozen=True)
class Exists(Expression):
    """Whether a query gives rows."""

    query: Query


@dataclass(frozen=True)
class Quantified(Expression):
    """A comparison with any or all values of a query with one column of the operand's type."""

    operator: str
    is_all: bool
    operand: Expression
    query: Query


# ------------------------------------------------------------------ relations and queries


@dataclass(frozen=True)
class Relation:
    """Something with rows that an expression may name by its alias."""


@dataclass(frozen=True)
class TableScan(Relation):
    """A table; `c0`, ... are the columns at these places of the source."""

    alias: str
    source: Source
    places: tuple[int, ...]


@dataclass(frozen=True)
class Derived(Relation):
    """A query; a lateral one may name columns of the relations before it."""

    alias: str
    query: Query
    is_lateral: bool = False


@dataclass(frozen=True)
class CommonTable(Relation):
    """A reference to an entry of WITH."""

    alias: str
    name: str


@dataclass(frozen=True)
class Join(Relation):
    """A join: cross, inner, left, right or full."""

    kind: str
    left: Relation
    right: Relation
    condition: Expression | None = None


@dataclass(frozen=True)
class Unnest(Relation):
    """The elements of lists, as columns `c0`, ...; the lists may name columns of the relations before it.

    Attributes:
        alias: its alias.
        lists: the lists; one that is shorter than another is filled up with nulls.
        with_ordinality: whether a last column counts the elements from 1.
        keeps_empty: whether there is a row of nulls when there is no element, as in a LEFT JOIN.
    """

    alias: str
    lists: tuple[Expression, ...]
    with_ordinality: bool
    keeps_empty: bool


@dataclass(frozen=True)
class Grouped(Relation):
    """Groups of rows: its columns are the keys, then the aggregates.

    Attributes:
        alias: its alias.
        source: the rows.
        where: which rows count.
        keys: what is grouped by.
        sets: the grouping sets, as places of keys.
        aggregates: what is computed of each group.
    """

    alias: str
    source: Relation | None
    where: Expression | None
    keys: tuple[Expression, ...]
    sets: tuple[tuple[int, ...], ...]
    aggregates: tuple[Expression, ...]


@dataclass(frozen=True)
class Query:
    """A query; its columns are `c0`, `c1`, ... with these types."""

    types: tuple[Type, ...]


@dataclass(frozen=True)
class Select(Query):
    """Expressions over a relation."""

    columns: tuple[Expression, ...]
    source: Relation | None = None
    where: Expression | None = None
    is_distinct: bool = False
    order_by: tuple[SortKey, ...] = ()
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True)
class Values(Query):
    """Rows of expressions."""

    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class SetOperation(Query):
    """UNION, INTERSECT or EXCEPT of two queries with the same types."""

    operator: str
    is_distinct: bool
    left: Query
    right: Query


@dataclass(frozen=True)
class With(Query):
    """A query with common tables, by their names, which are unique in the statement."""

    tables: tuple[tuple[str, Query], ...]
    query: Query
    is_recursive: bool = False


def rewrite(node: _Node, change: Callable[[Any], Any]) -> _Node:
    """Return a tree with the change of each node that has one; a node without (None) is looked into."""
    if isinstance(node, tuple):
        parts = tuple(rewrite(part, change) for part in node)
        return node if all(map(operator.is_, parts, node)) else parts  # type: ignore[return-value]
    if not _is_node(node):
        return node
    changed = change(node)
    if changed is not None:
        return changed  # type: ignore[no-any-return]
    old = {each.name: getattr(node, each.name) for each in dataclasses.fields(node)}  # type: ignore[arg-type]
    new = {name: rewrite(part, change) for name, part in old.items()}
    if all(new[name] is part for name, part in old.items()):
        return node
    return dataclasses.replace(node, **new)  # type: ignore[type-var]


def walk(node: Any, *, into_queries: bool = True) -> Iterator[Any]:
    """Give a node and all its parts, the whole before its parts, perhaps without queries in expressions."""
    if isinstance(node, Query) and not into_queries:
        return
    if isinstance(node, tuple):
        for part in node:
            yield from walk(part, into_queries=into_queries)
    elif _is_node(node):
        yield node
        for each in dataclasses.fields(node):
            yield from walk(getattr(node, each.name), into_queries=into_queries)


def _is_node(node: object) -> bool:
    return dataclasses.is_dataclass(node) and not isinstance(node, Type | Position | Source)


TRUE = Constant(BOOLEAN, True)
