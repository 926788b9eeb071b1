"""The tables of a query, as relations of DuckDB over the files of the lake.

Partitions that a scan's condition excludes are not even listed. The value of a partition column is looked up
by the number of the file, so that DuckDB opens only the files that its own reasoning about the query leaves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from infra.local.athena import parquet_files
from infra.local.athena.catalog import (
    NULL_PARTITION,
    Catalog,
    Column,
    Partition,
    StorageFormat,
    Table,
    partition_name,
)
from infra.local.athena.data_files import DataFile, data_files, partitions_of
from infra.local.athena.errors import QueryRefused
from infra.local.athena.parquet_files import identifier, quoted
from infra.local.athena.sources import PARTITION, Scan, Source, SourceColumn
from infra.local.athena.storage import Storage
from infra.local.athena.type_text import UnreadableType, from_hive
from infra.local.athena.types import BIGINT, VARCHAR, Type, duckdb_type, timestamp, timestamp_with_zone
from infra.local.athena.virtual_tables import VirtualTable, virtual_table

_PARTITION: Final = "$partition"
_HIDDEN: Final = {
    "$path": VARCHAR,
    "$file_size": BIGINT,
    "$file_modified_time": timestamp_with_zone(3),
    _PARTITION: VARCHAR,
}
_LOOKED_UP: Final = {**_HIDDEN, "$file_modified_time": timestamp(3)}


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
            hidden = _HIDDEN if table.partition_keys else _HIDDEN.keys() - {_PARTITION}
            columns += [SourceColumn(each, _HIDDEN[each], is_hidden=True) for each in sorted(hidden)]
        return Source(database, name, tuple(columns), table.view)

    def has_database(self, database: str) -> bool:
        """Return whether there is such a database."""
        return database == "information_schema" or database in self._catalog.databases()

    def names(self, database: str) -> Sequence[str]:
        """Return the names of a database's tables and views."""
        return [table.name for table in self._catalog.tables(database)]


@dataclass(frozen=True)
class _TableScan:
    """One scan of a table of the catalog, with the files that it may need."""

    scan: Scan
    table: Table
    files: tuple[DataFile, ...]

    @property
    def columns(self) -> list[tuple[str, Type]]:
        """Names and types of the columns that are read from the files."""
        wanted = set(self.scan.columns)
        return [(each.name, from_hive(each.type)) for each in self.table.columns if each.name in wanted]

    @property
    def parquet(self) -> list[DataFile]:
        """The files that are Parquet."""
        return [file for file in self.files if _is_parquet(file.format)]

    @property
    def json(self) -> list[DataFile]:
        """The other files."""
        return [file for file in self.files if not _is_parquet(file.format)]


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
        self._scans: list[_TableScan] = []

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
            _make_virtual(connection, relation, table)
        for opened in self._scans:
            _make_view(connection, opened)

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
                    is_value = isinstance(error, duckdb.ConversionException)
                    kind = "HIVE_BAD_DATA" if is_value else "HIVE_CANNOT_OPEN_SPLIT"
                    return QueryRefused(kind, message.replace(file.path, file.stored.uri))
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

    def _with_files(self, connection: duckdb.DuckDBPyConnection, scan: Scan) -> _TableScan:
        table = self._catalog.table(scan.source.database, scan.source.name)
        if table is None:  # it was dropped meanwhile
            raise QueryRefused(
                "TABLE_NOT_FOUND", f"Table '{scan.source.database}.{scan.source.name}' is gone"
            )
        partitions = partitions_of(table, self._catalog, scan.values, self._now)
        selected = _selected(connection, table, partitions, scan.condition)
        return _TableScan(scan, table, tuple(data_files(selected, self._storage)))


def _source_column(table: Table, column: Column, *, is_partition: bool = False) -> SourceColumn:
    try:
        return SourceColumn(column.name, from_hive(column.type), is_partition=is_partition)
    except UnreadableType as error:
        message = f"Column {column.name} of {table.database}.{table.name}: {error}"
        raise QueryRefused("HIVE_INVALID_METADATA", message) from error


def _is_parquet(form: StorageFormat) -> bool:
    return form.serde == parquet_files.SERDE


def _selected(
    connection: duckdb.DuckDBPyConnection, table: Table, partitions: Sequence[Partition], condition: str
) -> list[Partition]:
    """The partitions that a condition on their columns allows; all of them if it cannot be evaluated."""
    if not condition or not partitions:
        return list(partitions)
    columns = ", ".join(
        f"unnest({_list([each.values[place] for each in partitions], from_hive(key.type))})"
        f" AS {identifier(key.name)}"
        for place, key in enumerate(table.partition_keys)
    )
    numbered = f"SELECT unnest(range({len(partitions)})) AS number, {columns}"
    sql = f"SELECT number FROM ({numbered}) AS {PARTITION} WHERE {condition}"
    try:
        return [partitions[number] for (number,) in sorted(connection.execute(sql).fetchall())]
    except duckdb.Error:  # it fails when the query runs, if a row is there for it to fail on
        return list(partitions)


def _make_virtual(connection: duckdb.DuckDBPyConnection, relation: str, virtual: VirtualTable) -> None:
    columns = [
        f"{identifier(column.name)} {duckdb_type(from_hive(column.type))}" for column in virtual.table.columns
    ]
    name = identifier(relation)
    connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    if virtual.rows:
        connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", virtual.rows)


def _make_view(connection: duckdb.DuckDBPyConnection, scan: _TableScan) -> None:
    parts = []
    if scan.parquet:
        source = parquet_files.read_parquet([file.path for file in scan.parquet], scan.columns)
        values = {name: parquet_files.column_value(name, kind) for name, kind in scan.columns}
        parts.append(_select(scan, scan.parquet, source, "file_index", values))
    if scan.json:
        from infra.local.athena import json_files  # noqa: PLC0415  # Arrow takes long to load

        loaded = f"{scan.scan.relation} json"
        connection.register(loaded, json_files.load(scan.json, scan.columns))
        values = {name: identifier(name) for name, _ in scan.columns}
        number = identifier(json_files.FILE_NUMBER)
        parts.append(_select(scan, scan.json, identifier(loaded), number, values))
    sql = " UNION ALL ".join(parts) or _nothing(scan)
    connection.execute(f"CREATE VIEW {identifier(scan.scan.relation)} AS {sql}")


def _nothing(scan: _TableScan) -> str:
    types = {name: parquet_files.named_type(kind) for name, kind in scan.columns}
    types |= {key.name: duckdb_type(from_hive(key.type)) or "" for key in scan.table.partition_keys}
    types |= {name: duckdb_type(kind) or "" for name, kind in _HIDDEN.items()}
    columns = [f"CAST(NULL AS {types[name]}) AS {identifier(name)}" for name in scan.scan.columns]
    return f"SELECT {', '.join(columns) or '1 AS nothing'} WHERE false"


def _select(
    scan: _TableScan, files: Sequence[DataFile], source: str, number: str, values: dict[str, str]
) -> str:
    """A SELECT of a scan's columns; what is the same for a whole file is looked up by the file's number."""
    places = {key.name: place for place, key in enumerate(scan.table.partition_keys)}
    selected = []
    for name in scan.scan.columns:
        if name in values:
            value = values[name]
        elif name in places:
            texts = [file.partition.values[places[name]] for file in files]
            value = _lookup(texts, from_hive(scan.table.partition_keys[places[name]].type), number)
        else:
            texts = [_hidden_text(name, scan.table, file) for file in files]
            value = _lookup(texts, _LOOKED_UP[name], number)
            if name == "$file_modified_time":
                value = f"struct_pack(instant := {value}, zone := 'UTC')"
        selected.append(f"{value} AS {identifier(name)}")
    return f"SELECT {', '.join(selected) or '1 AS nothing'} FROM {source}"


def _hidden_text(name: str, table: Table, file: DataFile) -> str:
    match name:
        case "$path":
            return file.stored.uri
        case "$file_size":
            return str(file.stored.size)
        case "$file_modified_time":
            return file.stored.modified.replace(tzinfo=None).isoformat(" ", "milliseconds")
    return partition_name(table, file.partition.values)


def _lookup(texts: Sequence[str], kind: Type, number: str) -> str:
    """The value for a file, by its number from 0."""
    if len(set(texts)) == 1:
        return f"{_list(texts[:1], kind)}[1]"
    return f"{_list(texts, kind)}[CAST({number} AS BIGINT) + 1]"


def _list(texts: Iterable[str], kind: Type) -> str:
    literals = ("NULL" if text == NULL_PARTITION else quoted(text) for text in texts)
    return f"CAST([{', '.join(literals)}] AS {duckdb_type(kind)}[])"
