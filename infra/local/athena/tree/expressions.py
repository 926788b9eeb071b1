"""Typed expressions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.local.athena.errors import Position
from infra.local.athena.types import BOOLEAN, Type

if TYPE_CHECKING:  # a query has expressions, and an expression may have a query
    from infra.local.athena.tree.queries import Query


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
    at: Position | None = field(default=None, compare=False)


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


TRUE = Constant(BOOLEAN, True)
