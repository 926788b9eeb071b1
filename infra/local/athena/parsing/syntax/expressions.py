"""Expressions as they are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from infra.local.athena.parsing.syntax.nodes import Expression, Node
from infra.local.athena.types import Type

if TYPE_CHECKING:
    from infra.local.athena.parsing.syntax.queries import Query


@dataclass(frozen=True)
class Literal(Expression):
    """A number, text, binary, boolean or null: None, bool, int, Decimal, float, str or bytes."""

    value: bool | int | Decimal | float | str | bytes | None


@dataclass(frozen=True)
class TypedLiteral(Expression):
    """A type and a text: `DATE '2026-01-01'`."""

    type: Type
    text: str


@dataclass(frozen=True)
class IntervalLiteral(Expression):
    """An interval: `INTERVAL -'1' DAY`, `INTERVAL '1-2' YEAR TO MONTH`. Units are in lower case."""

    text: str
    is_negative: bool
    start: str
    end: str | None


@dataclass(frozen=True)
class Identifier(Expression):
    """A name, in lower case because names do not differ by case, and as it was written."""

    name: str
    is_quoted: bool = False
    text: str = field(default="", compare=False)


@dataclass(frozen=True)
class Dereference(Expression):
    """`base.field`: a column of a table, or a field of a row."""

    base: Expression
    field: Identifier


@dataclass(frozen=True)
class Parameter(Expression):
    """A question mark; `place` counts from 0."""

    place: int


@dataclass(frozen=True)
class SortItem(Node):
    """An expression of ORDER BY. `nulls_first` is None when it is not said."""

    expression: Expression
    is_descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True)
class FrameBound(Node):
    """A bound of a window's frame: `unbounded preceding`, `preceding`, `current row`, `following`, ..."""

    kind: str
    value: Expression | None = None


@dataclass(frozen=True)
class Frame(Node):
    """A window's frame; `unit` is ROWS, RANGE or GROUPS."""

    unit: str
    start: FrameBound
    end: FrameBound | None


@dataclass(frozen=True)
class Window(Node):
    """What stands after OVER: a window, which may be based on a named one."""

    name: str | None = None
    partition_by: tuple[Expression, ...] = ()
    order_by: tuple[SortItem, ...] = ()
    frame: Frame | None = None


@dataclass(frozen=True)
class Call(Expression):
    """A function's call. Forms with a syntax of their own (`EXTRACT`, `CASE`) are other nodes.

    Attributes:
        name: in lower case.
        arguments: the arguments; of `count(*)` none.
        is_star: whether it is `name(*)`.
        is_distinct: whether DISTINCT stands before the arguments.
        order_by: of an aggregate.
        filter: the condition of FILTER (WHERE ...).
        ignores_nulls: IGNORE NULLS; None when nothing is said.
        window: what stands after OVER.
    """

    name: str
    arguments: tuple[Expression, ...] = ()
    is_star: bool = False
    is_distinct: bool = False
    order_by: tuple[SortItem, ...] = ()
    filter: Expression | None = None
    ignores_nulls: bool | None = None
    window: Window | None = None


@dataclass(frozen=True)
class SpecialForm(Expression):
    """A form with a syntax of its own, and what it is made of.

    For example `extract`, `json_value`, `grouping`, `current_timestamp`. Options are words in upper case,
    numbers, or expressions.
    """

    name: str
    arguments: tuple[Expression, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def option(self, name: str) -> Any:
        """Return an option, None if it is not given."""
        return dict(self.options).get(name)


@dataclass(frozen=True)
class Lambda(Expression):
    """`(x, y) -> body`."""

    parameters: tuple[Identifier, ...]
    body: Expression


@dataclass(frozen=True)
class Unary(Expression):
    """`-` or `+`."""

    operator: str
    operand: Expression


@dataclass(frozen=True)
class Binary(Expression):
    """Arithmetic, `||`, and comparisons."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Logical(Expression):
    """AND or OR of two or more."""

    operator: str
    terms: tuple[Expression, ...]


@dataclass(frozen=True)
class Not(Expression):
    """NOT, also as part of NOT IN, IS NOT NULL."""

    operand: Expression


@dataclass(frozen=True)
class IsNull(Expression):
    """IS NULL."""

    operand: Expression


@dataclass(frozen=True)
class DistinctFrom(Expression):
    """IS DISTINCT FROM."""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class Between(Expression):
    """BETWEEN."""

    operand: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True)
class InList(Expression):
    """IN with a list."""

    operand: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Like(Expression):
    """LIKE."""

    operand: Expression
    pattern: Expression
    escape: Expression | None


@dataclass(frozen=True)
class Quantified(Expression):
    """A comparison with `ALL`, `ANY` or `SOME` of a query's values; IN (query) is `= ANY`."""

    operator: str
    quantifier: str
    operand: Expression
    query: Query
    is_in: bool = False


@dataclass(frozen=True)
class Exists(Expression):
    """EXISTS."""

    query: Query


@dataclass(frozen=True)
class ScalarQuery(Expression):
    """A query as a value."""

    query: Query


@dataclass(frozen=True)
class Case(Expression):
    """CASE, with an operand or without."""

    operand: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


@dataclass(frozen=True)
class Cast(Expression):
    """CAST or TRY_CAST."""

    operand: Expression
    type: Type
    is_try: bool


@dataclass(frozen=True)
class AtTimeZone(Expression):
    """AT TIME ZONE; the zone is a text or an interval."""

    operand: Expression
    zone: Expression


@dataclass(frozen=True)
class Subscript(Expression):
    """`base[index]`."""

    base: Expression
    index: Expression


@dataclass(frozen=True)
class ArrayConstructor(Expression):
    """`ARRAY[...]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class RowConstructor(Expression):
    """`ROW(...)` or `(a, b)`."""

    items: tuple[Expression, ...]
