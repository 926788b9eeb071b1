"""What a statement's checking shares, and which names an expression may use."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from infra.local.athena import tree
from infra.local.athena.errors import Position, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.sources import Sources
from infra.local.athena.types import Type


@dataclass(frozen=True)
class Field:
    """A column that an expression may name.

    Attributes:
        name: its name in lower case; None when it has none.
        text: the name as it was written, for the result's header.
        value: the expression that it stands for.
        qualifier: the names that may stand before it: `("awsdatacatalog", "lake", "tracks")` or `("t",)`.
        is_hidden: whether `*` leaves it out.
    """

    name: str | None
    text: str | None
    value: tree.Expression
    qualifier: tuple[str, ...] = ()
    is_hidden: bool = False

    @property
    def type(self) -> Type:
        """Its type."""
        return self.value.type

    def has(self, parts: Sequence[str]) -> bool:
        """Return whether a name of one or more parts, the last of them the column's, means it."""
        *qualifier, name = parts
        return self.name == name and self.is_of(qualifier)

    def is_of(self, qualifier: Sequence[str]) -> bool:
        """Return whether it is of the relation that a name of some parts, or of none, means."""
        return self.qualifier[len(self.qualifier) - len(qualifier) :] == tuple(qualifier)


@dataclass(frozen=True)
class Output:
    """A column of a query: its name in lower case, and as it was written; None when it has none."""

    name: str | None
    text: str | None


@dataclass(frozen=True)
class Scope:
    """The columns of one query's relations, and outside of it those of the query around it."""

    fields: tuple[Field, ...] = ()
    outer: Scope | None = None

    def find(self, parts: Sequence[str], at: Position) -> Field | None:
        """Return the column that a name means.

        Raises:
            QueryRefused: AMBIGUOUS_NAME.
        """
        found = [each for each in self.fields if each.has(parts)]
        if len(found) > 1:
            raise QueryRefused("AMBIGUOUS_NAME", f"Column '{'.'.join(parts)}' is ambiguous", at)
        if found:
            return found[0]
        return self.outer.find(parts, at) if self.outer else None

    def has(self, parts: Sequence[str]) -> bool:
        """Return whether a name means a column here or outside."""
        return any(each.has(parts) for each in self.fields) or bool(self.outer and self.outer.has(parts))

    def names(self) -> set[str]:
        """Return the names of all columns."""
        known = {each.name for each in self.fields if each.name}
        return known | (self.outer.names() if self.outer else set())

    def of_relation(self, qualifier: Sequence[str]) -> tuple[Field, ...]:
        """Return the columns of a relation, also those without a name: the nearest one of this name."""
        found = tuple(each for each in self.fields if each.is_of(qualifier))
        return found or (self.outer.of_relation(qualifier) if self.outer else ())


@dataclass(frozen=True)
class CommonTable:
    """An entry of WITH: its name in the tree, and the names and types of its columns."""

    name: str
    columns: tuple[tuple[str | None, Type], ...]


@dataclass
class Statement:
    """What is shared by all parts of a statement.

    Attributes:
        sources: the tables and views.
        parameters: expressions for the question marks.
        now: the time at which the statement began, in UTC without tzinfo.
        replaced_view: database and name of the view that CREATE OR REPLACE makes.
        numbers: for names that are unique in the statement.
        views: the views whose queries are being checked.
    """

    sources: Sources
    parameters: Sequence[syntax.Expression]
    now: dt.datetime
    replaced_view: tuple[str, str] | None = None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    views: list[tuple[str, str]] = field(default_factory=list)

    def alias(self, letter: str = "r") -> str:
        """Return a name that nothing else has."""
        return f"{letter}{next(self.numbers)}"


@dataclass(frozen=True)
class Env:
    """Where an expression or query stands.

    Attributes:
        statement: what is shared.
        database: where a table without a database is.
        scope: the columns.
        tables: the entries of WITH, by name.
        parameters: of the lambdas around, by name.
        windows: of the WINDOW clause, by name.
        scalar_clause: the clause ("WHERE clause") if aggregates and window functions are not allowed.
        scalar_at: where this clause's expression is, which is to blame for them.
    """

    statement: Statement
    database: str
    scope: Scope = Scope()
    tables: Mapping[str, CommonTable] = field(default_factory=dict)
    parameters: Mapping[str, tree.Parameter] = field(default_factory=dict)
    windows: Mapping[str, tree.Window] = field(default_factory=dict)
    scalar_clause: str = ""
    scalar_at: Position | None = None

    def within(self, scope: Scope) -> Env:
        """Return the place with another scope."""
        return dataclasses.replace(self, scope=scope, scalar_clause="")

    def scalar(self, clause: str, at: Position) -> Env:
        """Return the place within a clause's expression, where aggregates are not allowed."""
        return dataclasses.replace(self, scalar_clause=clause, scalar_at=at)

    def with_parameters(self, parameters: Mapping[str, tree.Parameter]) -> Env:
        """Return the place within a lambda."""
        return dataclasses.replace(self, parameters={**self.parameters, **parameters})

    def query(self) -> Env:
        """Return the place of a query in parentheses, which may use the columns of this one."""
        return dataclasses.replace(self, scope=Scope((), self.scope), scalar_clause="", windows={})
