"""The tables of a query, as the checker sees them, and with their files.

Partitions that a scan's condition excludes are not even listed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import duckdb

from infra.local.athena import parquet_files
from infra.local.athena.catalog import Catalog, Column, Partition, Table
from infra.local.athena.data_files import data_files, partitions_of
from infra.local.athena.errors import QueryRefused
from infra.local.athena.parquet_files import identifier, quoted
from infra.local.athena.sources import PARTITION, Scan, Source, SourceColumn
from infra.local.athena.storage import Storage
from infra.local.athena.table_relations import (
    HIDDEN_COLUMNS,
    PARTITION_COLUMN,
    TableFiles,
    make_view,
    make_virtual_table,
    value_list,
)
from infra.local.athena.type_text import UnreadableType, from_hive
from infra.local.athena.virtual_tables import VirtualTable, virtual_table

_BAD_VALUE: Final = "has a value that does not fit the type of its column in the catalog"


class LakeChanged(Exception):
    """Files were replaced while a query read them. It can be run again."""


class CatalogSources:
    """The catalog's tables and views, and those that are made of it, as the checker sees them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def find(self, database: str, name: str) -> Source | None:
        """Return a table or view, also one of `information_schema` or `tracks$partitions`.

        Raises:
            QueryRefused: it exists, but cannot be read.
        """
        virtual = virtual_table(self._catalog, database, name)
        table = virtual.table if virtual else self._catalog.table(database, name)
        if table is None:
            return None
        if table.is_view and table.view is None:
            message = f"View '{database}.{name}' was not made by Athena"
            raise QueryRefused("INVALID_VIEW", message)
        columns = [_source_column(table, column) for column in table.columns]
        columns += [_source_column(table, key, is_partition=True) for key in table.partition_keys]
        if virtual is None and not table.is_view:
            hidden = HIDDEN_COLUMNS if table.partition_keys else HIDDEN_COLUMNS.keys() - {PARTITION_COLUMN}
            columns += [SourceColumn(each, HIDDEN_COLUMNS[each], is_hidden=True) for each in sorted(hidden)]
        return Source(database, name, tuple(columns), table.view)

    def has_database(self, database: str) -> bool:
        """Return whether there is such a database."""
        return database == "information_schema" or database in self._catalog.databases()

    def names(self, database: str) -> Sequence[str]:
        """Return the names of a database's tables and views."""
        return [table.name for table in self._catalog.tables(database)]


class QueryTables:
    """The relations of one query.

    Args:
        catalog: the catalog.
        storage: where the files are.
        now: the time of the query, in UTC.
    """

    def __init__(self, catalog: Catalog, storage: Storage, now: dt.datetime) -> None:
        self._catalog = catalog
        self._storage = storage
        self._now = now
        self._scans: list[TableFiles] = []

    def attach(
        self,
        connection: duckdb.DuckDBPyConnection,
        scans: Sequence[Scan],
        writes_to: Path | None = None,
    ) -> None:
        """Make the relations of the scans, and let DuckDB read the tables' files and nothing else.

        Args:
            connection: DuckDB.
            scans: the tables that the query reads.
            writes_to: a folder that DuckDB may write to.

        Raises:
            QueryRefused: a table cannot be read.
        """
        virtual: list[tuple[str, VirtualTable]] = []
        for scan in scans:
            found = virtual_table(self._catalog, scan.source.database, scan.source.name)
            if found is not None:
                virtual.append((scan.relation, found))
            else:
                self._scans.append(self._with_files(connection, scan))
        paths = {file.path for scan in self._scans for file in scan.parquet}
        paths |= set(map(parquet_files.escaped, paths))
        connection.execute(f"SET allowed_paths = [{', '.join(map(quoted, sorted(paths)))}]")
        if writes_to:
            connection.execute(f"SET allowed_directories = [{quoted(str(writes_to))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("CALL enable_logging('FileSystem', storage = 'memory')")
        for relation, table in virtual:
            make_virtual_table(connection, relation, table)
        for opened in self._scans:
            make_view(connection, opened)

    def finish(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Check the files that were read, and return the bytes that Athena would count as scanned.

        Raises:
            LakeChanged: one was replaced meanwhile.
            QueryRefused: one has a column that the catalog's type does not fit.
        """
        reads = connection.execute(
            "SELECT path, pos, bytes FROM duckdb_logs_parsed('FileSystem') WHERE op = 'READ'"
        ).fetchall()
        sizes = {file.path: file.stored.size for scan in self._scans for file in scan.parquet}
        read = {path for path, _, _ in reads if path in sizes}
        self.check_unchanged(read)
        for scan in self._scans:
            uris = {file.path: file.stored.uri for file in scan.parquet if file.path in read}
            if uris:
                parquet_files.check_types(connection, uris, dict(scan.columns))
        json_bytes = {file.path: file.stored.size for scan in self._scans for file in scan.json}
        # A read to the end of a file is that of its footer, which Athena does not count.
        parquet_bytes = (
            count for path, start, count in reads if path in sizes and start + count < sizes[path]
        )
        return int(sum(parquet_bytes) + sum(json_bytes.values()))

    def failure_of(self, error: duckdb.Error) -> QueryRefused | None:
        """Return what an error says of a file; None if it is about something else."""
        message = str(error).partition("\n")[0]
        for scan in self._scans:
            for file in scan.parquet:
                if file.path in message:
                    if isinstance(error, duckdb.ConversionException):
                        return QueryRefused("HIVE_BAD_DATA", f"{file.stored.uri} {_BAD_VALUE}")
                    split = f"{file.stored.uri} (offset=0, length={file.stored.size})"
                    message = f"Error opening Hive split {split}: it is not a complete Parquet file"
                    return QueryRefused("HIVE_CANNOT_OPEN_SPLIT", message)
        return None

    def check_unchanged(self, read: Collection[str] | None = None) -> None:
        """Check that files are still those that were listed.

        Args:
            read: the Parquet files that were read; None for all.

        Raises:
            LakeChanged: one is not.
        """
        for scan in self._scans:
            parquet = (file for file in scan.parquet if read is None or file.path in read)
            if not all(self._storage.is_current(file.stored) for file in (*parquet, *scan.json)):
                raise LakeChanged

    def _with_files(self, connection: duckdb.DuckDBPyConnection, scan: Scan) -> TableFiles:
        table = self._catalog.table(scan.source.database, scan.source.name)
        if table is None:  # it was dropped meanwhile
            raise QueryRefused(
                "TABLE_NOT_FOUND", f"Table '{scan.source.database}.{scan.source.name}' is gone"
            )
        partitions = partitions_of(table, self._catalog, scan.values, self._now)
        selected = _selected(connection, table, partitions, scan.condition)
        return TableFiles(scan, table, tuple(data_files(selected, self._storage)))


def _source_column(table: Table, column: Column, *, is_partition: bool = False) -> SourceColumn:
    try:
        return SourceColumn(column.name, from_hive(column.type), is_partition=is_partition)
    except UnreadableType as error:
        message = f"Column {column.name} of {table.database}.{table.name}: {error}"
        raise QueryRefused("HIVE_INVALID_METADATA", message) from error


def _selected(
    connection: duckdb.DuckDBPyConnection, table: Table, partitions: Sequence[Partition], condition: str
) -> list[Partition]:
    """The partitions that a condition on their columns allows; all of them if it cannot be evaluated."""
    if not condition or not partitions:
        return list(partitions)
    columns = ", ".join(
        f"unnest({value_list([each.values[place] for each in partitions], from_hive(key.type))})"
        f" AS {identifier(key.name)}"
        for place, key in enumerate(table.partition_keys)
    )
    numbered = f"SELECT unnest(range({len(partitions)})) AS number, {columns}"
    sql = f"SELECT number FROM ({numbered}) AS {PARTITION} WHERE {condition}"
    try:
        return [partitions[number] for (number,) in sorted(connection.execute(sql).fetchall())]
    except duckdb.Error:  # it fails when the query runs, if a row is there for it to fail on
        return list(partitions)
