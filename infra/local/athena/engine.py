"""Athena's engine: runs statements over a catalog and a storage."""

from __future__ import annotations

import datetime as dt
import sys
import uuid
from collections.abc import Callable, Sequence
from typing import Final

from infra.local.athena.catalog import Catalog
from infra.local.athena.errors import NotSupportedHere, Position
from infra.local.athena.output import Output
from infra.local.athena.query_run import QueryRunner
from infra.local.athena.statements import run_statement, syntax
from infra.local.athena.statements.context import Context, WorkGroup
from infra.local.athena.statements.parsing import beginning, parse_statement
from infra.local.athena.statements.prepared import prepared_text
from infra.local.athena.storage import Storage

# A hundred parentheses reach Python's own limit of 1,000 calls.
_RECURSION_LIMIT: Final = 10_000


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Engine:
    """Runs one statement after the other.

    Args:
        catalog: the catalog.
        storage: the buckets.
        work_group: where results go, and what is prepared.
        clock: gives the time of a statement, in UTC.
    """

    def __init__(
        self,
        catalog: Catalog,
        storage: Storage,
        work_group: WorkGroup,
        *,
        clock: Callable[[], dt.datetime] = _utc_now,
    ) -> None:
        self._catalog = catalog
        self._storage = storage
        self._work_group = work_group
        self._clock = clock
        self._queries: QueryRunner | None = None

    def run(self, sql: str, database: str, parameters: Sequence[str] = (), *, query_id: str = "") -> Output:
        """Run a statement.

        Args:
            sql: the statement.
            database: where tables without a database are.
            parameters: SQL literals for its question marks.
            query_id: the id for the names of new files; one is made if there is none.

        Raises:
            QueryRefused: it is refused, or fails.
            LakeInUse: it changes something, and something else does so, too.
        """
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION_LIMIT))
        try:
            return self._run(sql, database, parameters, query_id)
        except RecursionError as error:
            raise NotSupportedHere("statements that are nested so deeply", beginning(sql)) from error

    def _run(self, sql: str, database: str, parameters: Sequence[str], query_id: str) -> Output:
        statement = parse_statement(sql)
        context = self._context(database, parameters, query_id, beginning(sql))
        if isinstance(statement, syntax.Execute):
            text = prepared_text(context, statement.name)
            context = self._context(database, statement.values or parameters, query_id, context.at)
            statement = parse_statement(text)
        return run_statement(context, statement)

    def interrupt(self) -> None:
        """End the running statement's query, if there is one; it raises."""
        if queries := self._queries:
            queries.interrupt()

    def _context(self, database: str, parameters: Sequence[str], query_id: str, at: Position) -> Context:
        now = self._clock()
        queries = QueryRunner(self._catalog, self._storage, database, parameters, now)
        self._queries = queries
        return Context(
            self._catalog,
            self._storage,
            queries,
            self._work_group,
            database,
            query_id or str(uuid.uuid4()),
            now,
            at,
        )
