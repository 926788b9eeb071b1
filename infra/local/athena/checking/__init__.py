"""Checks a query against the catalog: names, types, and what Trino does not allow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.athena import tree
from infra.local.athena.checking import queries
from infra.local.athena.checking.context import Env, Statement
from infra.local.athena.errors import Position, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.sources import Sources
from infra.local.athena.types import Type


@dataclass(frozen=True)
class CheckedQuery:
    """A query that Trino would run.

    Attributes:
        query: the typed tree.
        columns: name and type of each column of the result.
    """

    query: tree.Query
    columns: tuple[tuple[str, Type], ...]

    def renamed(self, names: Sequence[str], at: Position) -> CheckedQuery:
        """Return the query with other names of its columns.

        Args:
            names: the names; none to keep those that it has.
            at: what is to blame if there are too few or too many.

        Raises:
            QueryRefused: there are.
        """
        if not names:
            return self
        if len(names) != len(self.columns):
            counts = f"{len(names)} entries but relation has {len(self.columns)} columns"
            raise QueryRefused("MISMATCHED_COLUMN_ALIASES", f"Column alias list has {counts}", at)
        types = (kind for _, kind in self.columns)
        return CheckedQuery(self.query, tuple(zip(names, types, strict=True)))


def check_query(
    node: syntax.Query,
    sources: Sources,
    database: str,
    *,
    parameters: Sequence[syntax.Expression] = (),
    now: dt.datetime,
    replaced_view: tuple[str, str] | None = None,
) -> CheckedQuery:
    """Check a query.

    Args:
        node: the query as it is written.
        sources: the tables and views.
        database: where tables without a database are.
        parameters: expressions for the question marks.
        now: the time of `now()`, in UTC without tzinfo.
        replaced_view: database and name of the view that CREATE OR REPLACE makes of the query.

    Raises:
        QueryRefused: it is wrong, or not supported.
    """
    expected = sum(isinstance(part, syntax.Parameter) for part in syntax.walk(node))
    if expected != len(parameters):
        message = f"Incorrect number of parameters: expected {expected} but found {len(parameters)}"
        raise QueryRefused("INVALID_PARAMETER_USAGE", message, node.at)
    env = Env(Statement(sources, parameters, now, replaced_view), database)
    checked = queries.query(node, env)
    names = (output.text or f"_col{place}" for place, output in enumerate(checked.outputs))
    return CheckedQuery(checked.query, tuple(zip(names, checked.query.types, strict=True)))
