"""Views: their queries are checked where they are used."""

from __future__ import annotations

from collections.abc import Sequence

from infra.local.athena.checking import queries
from infra.local.athena.checking.context import Env, Output
from infra.local.athena.coercions import can_coerce
from infra.local.athena.errors import NotSupportedHere, Position, QueryRefused
from infra.local.athena.parsing import parse_query
from infra.local.athena.sources import Source, ViewQuery
from infra.local.athena.type_text import parse_type
from infra.local.athena.types import Type
from infra.local.athena.view_definition import CATALOG


def view_query(source: Source, view: ViewQuery, at: Position, env: Env) -> queries.Checked:
    """Return the query of a view, with the names and types that the catalog has of its columns.

    Raises:
        QueryRefused: INVALID_VIEW or VIEW_IS_STALE, when its query does not work or gives other columns;
            VIEW_IS_RECURSIVE, when it uses itself, or the statement replaces it by what uses it.
    """
    key = (source.database, source.name)
    name = f"{CATALOG}.{source.database}.{source.name}"
    if key == env.statement.replaced_view:
        raise QueryRefused("VIEW_IS_RECURSIVE", "Statement would create a recursive view", at)
    if key in env.statement.views:
        raise QueryRefused("VIEW_IS_RECURSIVE", f"View '{name}' is recursive", at)
    env.statement.views.append(key)
    try:
        checked = queries.query(parse_query(view.sql), Env(env.statement, view.database))
    except NotSupportedHere:
        raise
    except QueryRefused as error:
        message = f"Failed analyzing stored view '{name}': {error}"
        raise QueryRefused("INVALID_VIEW", message, at) from error
    env.statement.views.pop()
    columns = [(column, parse_type(kind)) for column, kind in view.columns]
    if problem := _difference(checked, columns):
        raise QueryRefused("VIEW_IS_STALE", f"View '{name}' is stale or in invalid state: {problem}", at)
    query = queries.converted(checked.query, tuple(kind for _, kind in columns), env)
    return queries.Checked(query, tuple(Output(column, column) for column, _ in columns))


def _difference(checked: queries.Checked, columns: Sequence[tuple[str, Type]]) -> str:
    """Return how a query's columns differ from those that the catalog has of the view; "" if they fit."""
    outputs, types = checked.outputs, checked.query.types
    if len(types) != len(columns):
        return f"its query has {len(types)} columns, and its definition has {len(columns)}"
    for place, (output, actual, (column, kind)) in enumerate(zip(outputs, types, columns, strict=True)):
        if not can_coerce(actual, kind):
            return (
                f"column [{output.text or f'_col{place}'}] of type {actual} projected from query view at "
                f"position {place} cannot be coerced to column [{column}] of type {kind} stored in view "
                "definition"
            )
    return ""
