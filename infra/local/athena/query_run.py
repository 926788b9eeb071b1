"""Runs checked queries on DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from infra.local.athena import tree
from infra.local.athena.catalog import Catalog
from infra.local.athena.checking import CheckedQuery, check_query
from infra.local.athena.duckdb_session import define_helpers, open_connection
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.failures import check_refusals, refusal_of
from infra.local.athena.output import Output, ResultColumn, python_rows
from infra.local.athena.parsing import parse_expression
from infra.local.athena.parsing.syntax import Query
from infra.local.athena.scalar_queries import with_values
from infra.local.athena.storage import Storage
from infra.local.athena.tables import CatalogSources, LakeChanged, QueryTables
from infra.local.athena.translation import Translated, translate
from infra.local.athena.types import ARGUMENTS_ONLY, Type

_Result = TypeVar("_Result")
Use = Callable[[duckdb.DuckDBPyConnection, Translated], _Result]
Columns = Sequence[tuple[str, Type]]
_FINAL: Final = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.InterruptException,
    duckdb.NotImplementedException,
    duckdb.ParserException,
)
_ATTEMPTS: Final = 5
_INNER: Final = "converted"


class _EvaluationFailed(Exception):
    """DuckDB failed at a value, perhaps one that Trino does not compute."""


class QueryRunner:
    """Checks and runs the queries of one statement.

    Args:
        catalog: the catalog.
        storage: where the tables' files are.
        database: where tables without a database are.
        parameters: SQL literals for the question marks.
        now: the time of the statement, in UTC.
    """

    def __init__(
        self, catalog: Catalog, storage: Storage, database: str, parameters: Sequence[str], now: dt.datetime
    ) -> None:
        self._catalog = catalog
        self._storage = storage
        self._database = database
        self._parameters = parameters
        self._now = now
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._is_cancelled = False

    def interrupt(self) -> None:
        """End the running query, and any that would come after it; it raises."""
        self._is_cancelled = True
        with suppress(duckdb.ConnectionException):  # closed meanwhile
            if connection := self._connection:
                connection.interrupt()

    def check(self, query: Query, *, replaced_view: tuple[str, str] | None = None) -> CheckedQuery:
        """Check a query.

        Args:
            query: the query.
            replaced_view: database and name of the view that CREATE OR REPLACE makes of it.

        Raises:
            QueryRefused: Trino would refuse it, or it is not supported.
        """
        return check_query(
            query,
            CatalogSources(self._catalog),
            self._database,
            parameters=[parse_expression(parameter) for parameter in self._parameters],
            now=self._now.replace(tzinfo=None),
            replaced_view=replaced_view,
        )

    def converted(self, checked: CheckedQuery, names: Sequence[str], wanted: Columns) -> CheckedQuery:
        """Return a query with other columns, converted to their types as INSERT does.

        Args:
            checked: the query.
            names: which of the wanted columns each of its columns is.
            wanted: names and types of the columns; one that the query does not give is null.
        """
        given = dict(zip(names, enumerate(checked.query.types), strict=True))
        columns = tuple(
            _inserted(tree.Column(given[name][1], _INNER, f"c{given[name][0]}"), kind)
            if name in given
            else tree.Constant(kind, None)
            for name, kind in wanted
        )
        types = tuple(kind for _, kind in wanted)
        query = tree.Select(types, columns, tree.Derived(_INNER, checked.query))
        return CheckedQuery(query, tuple(wanted))

    def run(self, checked: CheckedQuery) -> Output:
        """Run a query.

        Raises:
            QueryRefused: it fails.
        """
        rows, scanned = self.use(checked, lambda connection, sql: connection.execute(sql.sql).fetchall())
        columns = [ResultColumn(name, kind) for name, kind in checked.columns]
        if rows:
            _refuse_arguments_only(columns)
        return Output(columns, python_rows([column.type for column in columns], rows), scanned)

    def use(
        self, checked: CheckedQuery, use: Use[_Result], *, writes_to: Path | None = None
    ) -> tuple[_Result, int]:
        """Run a query in a way of one's own.

        DuckDB evaluates more than Trino does. A query that fails runs again without that, because it may
        have failed at something that Trino does not compute.

        Args:
            checked: the query.
            use: is given DuckDB's connection and the translated query; again, if the lake changes meanwhile.
            writes_to: a folder that DuckDB may write files to.

        Returns:
            What `use` returned, and the bytes scanned.

        Raises:
            QueryRefused: it fails.
        """
        query, scanned = with_values(checked.query, self._value)
        checked = CheckedQuery(query, checked.columns)
        try:
            result, bytes_read = self._attempts(_translated(checked), use, writes_to)
        except _EvaluationFailed:
            in_steps = translate(checked, is_in_steps=True)
            result, bytes_read = self._attempts(in_steps, use, writes_to)
        return result, scanned + bytes_read

    def _attempts(
        self, translated: Translated, use: Use[_Result], writes_to: Path | None
    ) -> tuple[_Result, int]:
        for _ in range(_ATTEMPTS):
            with suppress(LakeChanged):
                return self._attempt(translated, use, writes_to)
        message = "The tables' files were replaced while they were read. Run the query again."
        raise QueryRefused("HIVE_FILESYSTEM_ERROR", message)

    def _value(self, query: tree.Query) -> tuple[object, int]:
        """The only value of a query that is used as a value, and the bytes scanned."""
        output = self.run(
            CheckedQuery(query, tuple((f"c{place}", kind) for place, kind in enumerate(query.types)))
        )
        if len(output.rows) > 1:
            raise QueryRefused("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows")
        return (output.rows[0][0] if output.rows else None), output.scanned_bytes

    def _attempt(
        self, translated: Translated, use: Use[_Result], writes_to: Path | None
    ) -> tuple[_Result, int]:
        tables = QueryTables(self._catalog, self._storage, self._now)
        with open_connection(is_lazy=translated.is_in_steps) as connection:
            self._connection = connection
            try:
                refused: list[QueryRefused] = []
                define_helpers(connection, translated.sql, refused)
                tables.attach(connection, translated.scans, writes_to)
                if self._is_cancelled:
                    raise QueryRefused("USER_CANCELED", "Query was canceled")
                result = use(connection, translated)
                _check(refused, translated)
                return result, tables.finish(connection)
            except duckdb.Error as error:
                tables.check_unchanged()  # a file may be gone
                if failed := tables.failure_of(error):
                    raise failed from error
                if not translated.is_in_steps and not isinstance(error, _FINAL):
                    raise _EvaluationFailed from error
                raise refusal_of(error) from error
            finally:
                self._connection = None


def _inserted(value: tree.Expression, kind: Type) -> tree.Expression:
    if kind.base in {"varchar", "char"} and value.type.base in {"varchar", "char"} and value.type != kind:
        return tree.Call(kind, "operator insert", (value,))
    return value if value.type == kind else tree.Cast(kind, value)


def _check(refused: list[QueryRefused], translated: Translated) -> None:
    try:
        check_refusals(refused, has_try=translated.has_try, has_try_cast=translated.has_try_cast)
    except QueryRefused as error:
        if translated.is_in_steps:
            raise
        raise _EvaluationFailed from error


def _translated(checked: CheckedQuery) -> Translated:
    try:
        return translate(checked)
    except NotSupportedHere:
        raise
    except QueryRefused as refused:  # an argument that is always wrong, such as a pattern
        raise _EvaluationFailed from refused


def _refuse_arguments_only(columns: Sequence[ResultColumn]) -> None:
    """Refuse rows with a value that only functions may take."""
    for number, column in enumerate(columns, 1):
        if column.type.contains(*ARGUMENTS_ONLY):
            place = f"column '{column.name}' of type '{column.type}' at position 1:{number}"
            raise QueryRefused("SERIALIZATION_ERROR", f"Could not serialize {place}")
