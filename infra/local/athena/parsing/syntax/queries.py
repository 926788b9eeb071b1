"""Queries and relations as they are written."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.local.athena.errors import Position
from infra.local.athena.parsing.syntax.expressions import Identifier, SortItem, Window
from infra.local.athena.parsing.syntax.nodes import Expression, Node, QueryBody, Relation


@dataclass(frozen=True)
class Table(Relation):
    """A table's name with one to three parts, in lower case."""

    parts: tuple[str, ...]


@dataclass(frozen=True)
class Aliased(Relation):
    """A relation with an alias, and perhaps names of its columns."""

    relation: Relation
    alias: Identifier
    columns: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class Sampled(Relation):
    """A relation with TABLESAMPLE, BERNOULLI or SYSTEM."""

    relation: Relation
    percentage: Expression


@dataclass(frozen=True)
class Join(Relation):
    """A join; `kind` is cross, inner, left, right or full. A comma is a cross join."""

    kind: str
    left: Relation
    right: Relation
    on: Expression | None = None
    using: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class Unnest(Relation):
    """UNNEST, perhaps WITH ORDINALITY."""

    expressions: tuple[Expression, ...]
    with_ordinality: bool


@dataclass(frozen=True)
class Lateral(Relation):
    """LATERAL (query)."""

    query: Query


@dataclass(frozen=True)
class Subquery(Relation):
    """A query in parentheses."""

    query: Query


@dataclass(frozen=True)
class SelectItem(Node):
    """An expression of the select list with its alias, or all columns (of `star_of`, if it is given)."""

    expression: Expression | None
    alias: Identifier | None = None
    star_of: Expression | None = None
    star_names: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class GroupingElement(Node):
    """An element of GROUP BY (simple, rollup, cube or sets) with its lists of expressions."""

    kind: str
    sets: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class Select(QueryBody):
    """SELECT up to HAVING and WINDOW."""

    items: tuple[SelectItem, ...]
    is_distinct: bool = False
    source: Relation | None = None
    where: Expression | None = None
    group_by: tuple[GroupingElement, ...] | None = None
    groups_distinct: bool = False
    having: Expression | None = None
    windows: tuple[tuple[str, Window], ...] = ()


@dataclass(frozen=True)
class SetOperation(QueryBody):
    """UNION, INTERSECT or EXCEPT."""

    operator: str
    is_distinct: bool
    left: QueryBody
    right: QueryBody


@dataclass(frozen=True)
class Values(QueryBody):
    """VALUES."""

    rows: tuple[Expression, ...]


@dataclass(frozen=True)
class TableQuery(QueryBody):
    """TABLE name."""

    table: Table


@dataclass(frozen=True)
class Parenthesized(QueryBody):
    """A query in parentheses."""

    query: Query


@dataclass(frozen=True)
class CommonTable(Node):
    """An entry of WITH."""

    name: str
    columns: tuple[Identifier, ...]
    query: Query


@dataclass(frozen=True)
class Query(Node):
    """A whole query.

    Attributes:
        body: what gives the rows.
        tables: the entries of WITH.
        is_recursive: WITH RECURSIVE.
        order_by: ORDER BY.
        offset: OFFSET.
        limit: LIMIT or FETCH FIRST; None for all.
        with_ties: FETCH FIRST ... WITH TIES.
        limit_at: where LIMIT or FETCH FIRST is.
    """

    body: QueryBody
    tables: tuple[CommonTable, ...] = ()
    is_recursive: bool = False
    order_by: tuple[SortItem, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None
    with_ties: bool = False
    limit_at: Position | None = field(default=None, compare=False)
