"""Relations and queries, with typed expressions."""

from __future__ import annotations

from dataclasses import dataclass

from infra.local.athena.sources import Source
from infra.local.athena.tree.expressions import Expression, SortKey
from infra.local.athena.types import Type


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
    with_ties: bool = False


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
