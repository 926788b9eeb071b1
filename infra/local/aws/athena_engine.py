"""Runs one statement of Athena: a query on DuckDB, or a change or listing of the Glue catalog."""

import base64
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

import duckdb
from moto.glue.exceptions import EntityNotFoundException
from moto.glue.models import GlueBackend
from moto.s3.models import S3Backend

from infra.local.aws.athena_errors import did_you_mean, reason_of
from infra.local.aws.athena_results import QueryOutput, ResultColumn, text_of
from infra.local.aws.athena_sql import (
    CATALOG,
    PARTITIONS,
    PATH_COLUMN,
    WITH_PATH,
    Query,
    QueryRefused,
    TableName,
)
from infra.local.aws.athena_tables import BucketFiles, open_table

_VIEW = "VIRTUAL_VIEW"
_VIEW_TEXT = re.compile(r"/\* Presto View: (\S+) \*/")
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    # DuckDB must neither fetch an extension, nor read a file, nor take a Python variable for a table.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "integer_division": "true",  # 5/2 is 2
}


class Engine:
    """One query's DuckDB, with the tables and views that it names. A context manager.

    Args:
        glue: the catalog.
        s3: the buckets.
    """

    def __init__(self, glue: GlueBackend, s3: S3Backend) -> None:
        self._glue = glue
        self._s3 = s3
        self._files = BucketFiles(s3)
        self._connection = duckdb.connect(config=_SETTINGS)
        self._connection.execute("SET TimeZone = 'UTC'")
        self._made: dict[TableName, frozenset[str]] = {}
        self._in_work: list[TableName] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def interrupt(self) -> None:
        """End the running query, if there is one; it raises."""
        with suppress(duckdb.ConnectionException):  # closed meanwhile
            self._connection.interrupt()

    def run(self, sql: str, database: str, parameters: Sequence[str] = ()) -> QueryOutput:
        """Run a query.

        Args:
            sql: a SELECT.
            database: where tables without a database are.
            parameters: SQL literals for its question marks.

        Raises:
            QueryRefused: the reason is its message.
        """
        try:
            cursor = self._connection.execute(self._translated(Query(sql, database, parameters)))
            columns = [ResultColumn(column[0], str(column[1])) for column in cursor.description or ()]
            rows = [[text_of(value) for value in row] for row in cursor.fetchall()]
        except duckdb.Error as error:
            raise QueryRefused(reason_of(error)) from error
        return QueryOutput(columns, rows, sum(self._files.read.values()))

    def columns(self, sql: str, database: str) -> list[ResultColumn]:
        """The columns that a query would give.

        Raises:
            QueryRefused: it would fail.
        """
        try:
            described = self._connection.execute(f"DESCRIBE {self._translated(Query(sql, database))}")
            return [ResultColumn(row[0], row[1]) for row in described.fetchall()]
        except duckdb.Error as error:
            raise QueryRefused(reason_of(error)) from error

    def _translated(self, query: Query) -> str:
        dates: set[str] = set()
        for name in query.tables:
            dates |= self._make(name)
        views = {name for name in query.tables if name.name.endswith(PARTITIONS) or self._is_view(name)}
        return query.to_duckdb(dates, views)

    def _is_view(self, name: TableName) -> bool:
        return bool(self._found(name).as_dict().get("TableType") == _VIEW)

    def _make(self, name: TableName) -> frozenset[str]:
        """Make a table or view known to DuckDB.

        Returns:
            Its columns of type date.
        """
        if name not in self._made:
            if name in self._in_work:
                raise QueryRefused(f"INVALID_VIEW: View '{CATALOG}.{name}' reads itself")
            self._in_work.append(name)
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(name.database)}")
            if name.name.endswith(PARTITIONS):
                made = self._make_partitions(name)
            else:
                made = self._make_view(name) if self._is_view(name) else self._make_table(name)
            self._in_work.pop()
            self._made[name] = made
        return self._made[name]

    def _make_table(self, name: TableName) -> frozenset[str]:
        table = open_table(self._found(name), self._s3, self._files)
        registered = f"__{name}"
        self._connection.register(registered, table.dataset)
        columns = ", ".join(map(_quoted, table.columns))
        with_path = f"{columns}, {_quoted(PATH_COLUMN)}"
        for suffix, selected in (("", columns), (WITH_PATH, with_path)):
            self._define(name, f"SELECT {selected} FROM {_quoted(registered)}", suffix)
        return table.date_columns

    def _make_partitions(self, name: TableName) -> frozenset[str]:
        of = TableName(name.database, name.name.removesuffix(PARTITIONS))
        table = open_table(self._found(of), self._s3, self._files)
        self._connection.register(f"__{name}", table.partitions)
        self._define(name, f"SELECT * FROM {_quoted(f'__{name}')}")
        return table.date_columns

    def _make_view(self, name: TableName) -> frozenset[str]:
        definition = view_definition(self._found(name))
        query = self._translated(Query(definition["originalSql"], definition["schema"]))
        columns = ", ".join(_quoted(column["name"]) for column in definition["columns"])
        try:
            self._define(name, f"SELECT {columns} FROM ({query})")
        except duckdb.Error as error:
            message = (
                f"INVALID_VIEW: View '{CATALOG}.{name}' is stale or in invalid state: {reason_of(error)}"
            )
            raise QueryRefused(message) from error
        return frozenset(column["name"] for column in definition["columns"] if column["type"] == "date")

    def _define(self, name: TableName, query: str, suffix: str = "") -> None:
        view = f"{_quoted(name.database)}.{_quoted(name.name + suffix)}"
        self._connection.execute(f"CREATE VIEW {view} AS {query}")

    def _found(self, name: TableName) -> Any:
        try:
            return self._glue.get_table(name.database, name.name)
        except EntityNotFoundException as error:
            raise missing_table(self._glue, name) from error


def missing_table(glue: GlueBackend, name: TableName) -> QueryRefused:
    """The refusal of a table that the catalog does not have; it names a close one of its database."""
    database = glue.databases.get(name.database)
    if database is None:
        return QueryRefused(f"SCHEMA_NOT_FOUND: Schema '{name.database}' does not exist")
    hint = did_you_mean(name.name, database.tables)
    return QueryRefused(f"TABLE_NOT_FOUND: Table '{CATALOG}.{name}' does not exist{hint}")


def view_definition(table: Any) -> dict[str, Any]:
    """A view's definition, out of the comment that Athena keeps it in: originalSql, schema and columns.

    Raises:
        QueryRefused: the view was not made by Athena.
    """
    found = _VIEW_TEXT.match(table.as_dict().get("ViewOriginalText") or "")
    if not found:
        raise QueryRefused(f"INVALID_VIEW: View '{table.name}' has no definition that Athena can read")
    definition: dict[str, Any] = json.loads(base64.b64decode(found[1]))
    return definition


def view_table(name: TableName, sql: str, database: str, columns: Sequence[ResultColumn]) -> dict[str, Any]:
    """The catalog's entry for a view, as Athena makes it.

    Args:
        name: the view.
        sql: its query, as it was written.
        database: where the query's tables without a database are.
        columns: the query's columns.
    """
    definition = {
        "originalSql": sql,
        "catalog": CATALOG,
        "schema": database,
        "columns": [{"name": column.name.lower(), "type": column.full_type} for column in columns],
    }
    encoded = base64.b64encode(json.dumps(definition).encode()).decode()
    return {
        "Name": name.name,
        "TableType": _VIEW,
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": column.name.lower(), "Type": column.hive_type} for column in columns],
            "Location": "",
            "NumberOfBuckets": 0,
            "SerdeInfo": {},
            "SortColumns": [],
            "StoredAsSubDirectories": False,
        },
        "ViewOriginalText": f"/* Presto View: {encoded} */",
        "ViewExpandedText": "/* Presto View */",
    }


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
