"""Relations of DuckDB over the files of a table, and for tables that are made of the catalog.

The value of a partition column is looked up by the number of the file, so that DuckDB opens only the files
that its own reasoning about the query leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from infra.local.athena import parquet_files
from infra.local.athena.catalog import NULL_PARTITION, StorageFormat, Table, partition_name
from infra.local.athena.data_files import DataFile
from infra.local.athena.parquet_files import identifier, quoted
from infra.local.athena.sources import Scan
from infra.local.athena.type_text import from_hive
from infra.local.athena.types import BIGINT, VARCHAR, Type, duckdb_type, timestamp, timestamp_with_zone
from infra.local.athena.virtual_tables import VirtualTable

PARTITION_COLUMN: Final = "$partition"
HIDDEN_COLUMNS: Final = {
    "$path": VARCHAR,
    "$file_size": BIGINT,
    "$file_modified_time": timestamp_with_zone(3),
    PARTITION_COLUMN: VARCHAR,
}
_LOOKED_UP: Final = {**HIDDEN_COLUMNS, "$file_modified_time": timestamp(3)}


@dataclass(frozen=True)
class TableFiles:
    """One scan of a table of the catalog.

    Attributes:
        scan: the scan.
        table: the table.
        files: the files that it may need.
    """

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


def make_virtual_table(connection: duckdb.DuckDBPyConnection, relation: str, virtual: VirtualTable) -> None:
    """Make a table of DuckDB with the rows of a virtual one."""
    columns = [
        f"{identifier(column.name)} {duckdb_type(from_hive(column.type))}" for column in virtual.table.columns
    ]
    name = identifier(relation)
    connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    if virtual.rows:
        connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", virtual.rows)


def make_view(connection: duckdb.DuckDBPyConnection, scan: TableFiles) -> None:
    """Make a view of DuckDB with the columns of a scan.

    Raises:
        QueryRefused: a file cannot be read.
    """
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


def _nothing(scan: TableFiles) -> str:
    types = {name: parquet_files.named_type(kind) for name, kind in scan.columns}
    types |= {key.name: duckdb_type(from_hive(key.type)) or "" for key in scan.table.partition_keys}
    types |= {name: duckdb_type(kind) or "" for name, kind in HIDDEN_COLUMNS.items()}
    columns = [f"CAST(NULL AS {types[name]}) AS {identifier(name)}" for name in scan.scan.columns]
    return f"SELECT {', '.join(columns) or '1 AS nothing'} WHERE false"


def _select(
    scan: TableFiles, files: Sequence[DataFile], source: str, number: str, values: dict[str, str]
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
        return f"{value_list(texts[:1], kind)}[1]"
    return f"{value_list(texts, kind)}[CAST({number} AS BIGINT) + 1]"


def value_list(texts: Iterable[str], kind: Type) -> str:
    """Return the values of a partition column as a list in DuckDB's SQL."""
    literals = ("NULL" if text == NULL_PARTITION else quoted(text) for text in texts)
    return f"CAST([{', '.join(literals)}] AS {duckdb_type(kind)}[])"


def _is_parquet(form: StorageFormat) -> bool:
    return form.serde == parquet_files.SERDE
