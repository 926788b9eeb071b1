"""From a query's text to DuckDB's SQL: parse, check, translate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from infra.local.athena.checking import CheckedQuery, check_query
from infra.local.athena.parsing import parse_expression, parse_query
from infra.local.athena.sources import Sources
from infra.local.athena.translation import Translated, translate


def plan_query(
    sql: str, sources: Sources, database: str, parameters: Sequence[str] = (), *, now: dt.datetime
) -> Translated:
    """Return a query in DuckDB's SQL, with the types of its columns and the tables that it reads.

    Args:
        sql: the query.
        sources: the tables and views.
        database: where tables without a database are.
        parameters: SQL literals for the question marks.
        now: the time of `now()`, in UTC without tzinfo.

    Raises:
        QueryRefused: it is wrong (with Trino's kind of error), or not supported.
    """
    return translate(described_query(sql, sources, database, parameters, now=now))


def described_query(
    sql: str, sources: Sources, database: str, parameters: Sequence[str] = (), *, now: dt.datetime
) -> CheckedQuery:
    """Return a query with the names and types of its columns, without translating it.

    Raises:
        QueryRefused: it is wrong.
    """
    return check_query(
        parse_query(sql),
        sources,
        database,
        parameters=[parse_expression(parameter) for parameter in parameters],
        now=now,
    )
