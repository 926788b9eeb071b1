"""PREPARE, EXECUTE, DEALLOCATE and EXPLAIN."""

from __future__ import annotations

from infra.local.athena.errors import NotSupportedHere, QueryRefused, did_you_mean
from infra.local.athena.output import NOTHING, Output, ResultColumn, lines
from infra.local.athena.statements import syntax
from infra.local.athena.statements.context import Context
from infra.local.athena.types import BOOLEAN

_WITH_QUERY = (syntax.Select, syntax.CreateTableAs, syntax.InsertInto, syntax.Unload)
_LOCAL_PLAN = "-- The plan of the local Athena (DuckDB's). Athena's is another one."


def prepare(context: Context, statement: syntax.Prepare) -> Output:
    """Run PREPARE."""
    context.work_group.prepared.put(statement.name, statement.text)
    return NOTHING


def prepared_text(context: Context, name: str) -> str:
    """Return a prepared statement's text.

    Raises:
        QueryRefused: there is none.
    """
    text = context.work_group.prepared.get(name)
    if text is None:
        hint = did_you_mean(name, context.work_group.prepared.names())
        raise QueryRefused("NOT_FOUND", f"Prepared statement not found: {name}{hint}")
    return text


def deallocate(context: Context, statement: syntax.Deallocate) -> Output:
    """Run DEALLOCATE PREPARE."""
    prepared_text(context, statement.name)
    context.work_group.prepared.remove(statement.name)
    return NOTHING


def explain(context: Context, statement: syntax.Explain) -> Output:
    """Run EXPLAIN: of a query, also of one whose rows are written, with DuckDB's plan."""
    kind = statement.options.get("TYPE", "DISTRIBUTED")
    inner = statement.statement
    if not isinstance(inner, _WITH_QUERY):
        raise NotSupportedHere("EXPLAIN of a statement without a query", context.at)
    checked = context.queries.check(inner.query)
    if kind == "VALIDATE":
        return Output([ResultColumn("Valid", BOOLEAN)], [(True,)])
    if kind not in {"DISTRIBUTED", "LOGICAL"} or statement.options.get("FORMAT", "TEXT") != "TEXT":
        options = ", ".join(f"{name} {value}" for name, value in statement.options.items())
        raise NotSupportedHere(f"EXPLAIN ({options})", context.at)
    plan, _ = context.queries.use(
        checked, lambda connection, query: connection.execute(f"EXPLAIN {query.sql}").fetchall()
    )
    text = "\n".join(str(row[1]) for row in plan)
    return lines("Query Plan", [_LOCAL_PLAN, *text.splitlines()])
