"""The statements that write rows: CREATE TABLE AS, INSERT INTO and UNLOAD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from infra.local.athena import parquet_files
from infra.local.athena.catalog import Column, Partition, StorageFormat, Table, partition_location
from infra.local.athena.checking import CheckedQuery
from infra.local.athena.coercions import can_insert
from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.json_lines import HIVE, OPENX
from infra.local.athena.output import NOTHING, Output
from infra.local.athena.parsing import syntax as expressions
from infra.local.athena.projection import is_projected
from infra.local.athena.statements import syntax
from infra.local.athena.statements.context import Context
from infra.local.athena.statements.definitions import column_names
from infra.local.athena.statements.formats import FORMATS
from infra.local.athena.statements.row_files import (
    JSON,
    PARQUET,
    FileForm,
    NewFiles,
    RowWriter,
    check_storable,
)
from infra.local.athena.storage import bucket_and_prefix
from infra.local.athena.translation import Translated
from infra.local.athena.type_text import from_hive, to_hive
from infra.local.athena.types import UNKNOWN, Type
from infra.local.athena.view_definition import CATALOG

_BUCKETING: Final = ("bucketed_by", "bucket_count")
_COMPRESSIONS: Final = ("write_compression", "compression", "parquet_compression")
_OF_TABLE: Final = {
    *("format", "external_location", "partitioned_by", "field_delimiter", "is_external", "table_type"),
    *_BUCKETING,
    *_COMPRESSIONS,
}
_OF_UNLOAD: Final = {"format", "compression", "partitioned_by", "field_delimiter"}

Columns = Sequence[tuple[str, Type]]


@dataclass(frozen=True)
class _Properties:
    """The properties of WITH (...)."""

    values: Mapping[str, expressions.Expression]
    known: frozenset[str]

    def check(self) -> None:
        for name in self.values:
            if name not in self.known:
                raise QueryRefused("INVALID_TABLE_PROPERTY", f"table property '{name}' does not exist")
        if any(name in self.values for name in _BUCKETING):
            raise NotSupportedHere("tables with buckets")
        if self.text("table_type", "HIVE").upper() == "ICEBERG":
            raise NotSupportedHere("Iceberg tables")

    def text(self, name: str, default: str = "") -> str:
        value = self._value(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name, "a text")
        return default if value is None else value

    def names(self, name: str) -> list[str]:
        value = self._value(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._wrong(name, "an array of texts such as ARRAY['a', 'b']")
        return [each.lower() for each in value]

    def form(self, default_compression: str = "GZIP") -> FileForm:
        compression = next(
            (self.text(name) for name in _COMPRESSIONS if self.text(name)), default_compression
        )
        form = FileForm(
            self.text("format", PARQUET).upper(),
            compression.upper(),
            self.text("field_delimiter", "\x01"),
        )
        form.check()
        return form

    def _value(self, name: str) -> Any:
        node = self.values.get(name)
        if isinstance(node, expressions.ArrayConstructor):
            return [item.value if isinstance(item, expressions.Literal) else None for item in node.items]
        if node is None or isinstance(node, expressions.Literal):
            return node.value if node else None
        raise self._wrong(name, "a literal")

    def _wrong(self, name: str, wanted: str) -> QueryRefused:
        return QueryRefused("INVALID_TABLE_PROPERTY", f"Property '{name}' must be {wanted}")


def create_table_as(context: Context, statement: syntax.CreateTableAs) -> Output:
    """Run CREATE TABLE AS."""
    database, name = context.qualified(statement.table)
    if database not in context.catalog.databases():
        raise QueryRefused("NOT_FOUND", f"Schema {database} not found")
    existing = context.found(statement.table)
    if existing and statement.if_not_exists:
        return NOTHING
    if existing:
        what = f"Destination table '{CATALOG}.{database}.{name}'"
        raise QueryRefused("TABLE_ALREADY_EXISTS", f"{what} already exists", context.at)
    properties = _Properties(statement.properties, frozenset(_OF_TABLE))
    properties.check()
    form = properties.form()
    if form.format not in {PARQUET, JSON}:
        raise NotSupportedHere(f"tables of {form.format} files")
    checked = context.queries.check(statement.query).renamed(statement.columns, context.at)
    columns = _table_columns(checked, context)
    keys = _partition_keys(columns, properties.names("partitioned_by"))
    location = _table_location(context, properties)
    described = [Column(column, to_hive(kind)) for column, kind in columns]
    table = Table(
        database,
        name,
        columns=tuple(described[: len(described) - keys]),
        partition_keys=tuple(described[len(described) - keys :]),
        location=location,
        format=FORMATS[form.format],
        parameters={"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
    )
    if not statement.with_data:
        context.catalog.put_table(table)
        return NOTHING
    output, partitions = _write(context, checked, columns, _Target(table, form))
    context.catalog.put_table(table, partitions)
    return output


def insert_into(context: Context, statement: syntax.InsertInto) -> Output:
    """Run INSERT INTO."""
    table = context.table(statement.table, is_placed=False)
    if table.is_view:
        raise QueryRefused("NOT_SUPPORTED", "Inserting into views is not supported", context.at)
    form = _form_of(table.format)
    wanted = [(column.name, from_hive(column.type)) for column in table.all_columns]
    checked = context.queries.check(statement.query)
    names = _inserted_names(statement, [name for name, _ in wanted])
    types = dict(wanted)
    if len(names) != len(checked.columns) or not all(
        can_insert(kind, types[name]) for name, (_, kind) in zip(names, checked.columns, strict=True)
    ):
        table_types = ", ".join(str(types[name]) for name in names)
        query_types = ", ".join(str(kind) for _, kind in checked.columns)
        message = f"Insert query has mismatched column types: Table: [{table_types}], Query: [{query_types}]"
        raise QueryRefused("TYPE_MISMATCH", message)
    converted = context.queries.converted(checked, names, wanted)
    output, partitions = _write(context, converted, wanted, _Target(table, form))
    known = {partition.values for partition in context.catalog.partitions(table)}
    new = [partition for partition in partitions if partition.values not in known]
    if new and not is_projected(table):
        context.catalog.add_partitions(table, new)
    return output


def unload(context: Context, statement: syntax.Unload) -> Output:
    """Run UNLOAD."""
    properties = _Properties(statement.properties, frozenset(_OF_UNLOAD))
    properties.check()
    if "format" not in statement.properties:
        raise QueryRefused("INVALID_TABLE_PROPERTY", "UNLOAD must have the property 'format'")
    form = properties.form()
    checked = context.queries.check(statement.query)
    columns = _table_columns(checked, context)
    keys = _partition_keys(columns, properties.names("partitioned_by"))
    location = _empty_location(context, statement.location)
    described = [Column(column, to_hive(kind)) for column, kind in columns]
    target = Table(
        context.database,
        "unload",
        partition_keys=tuple(described[len(described) - keys :]),
        location=location,
    )
    output, _ = _write(context, checked, columns, _Target(target, form))
    return output


@dataclass(frozen=True)
class _Target:
    """Where rows are written: below the table's location, in a form."""

    table: Table
    form: FileForm


def _write(
    context: Context, checked: CheckedQuery, columns: Columns, target: _Target
) -> tuple[Output, list[Partition]]:
    """Write a query's rows; no file is where it belongs before all of them are written."""
    table, form = target.table, target.form
    keys = len(table.partition_keys)
    with context.storage.scratch() as scratch:
        attempts = iter(range(1_000))

        def use(connection: duckdb.DuckDBPyConnection, query: Translated) -> NewFiles:
            folder = scratch / str(next(attempts))
            folder.mkdir()
            return RowWriter(columns, keys, form, folder).write(connection, query)

        new, scanned_bytes = context.queries.use(checked, use, writes_to=scratch)
        uris, partitions = [], []
        for number, (path, values) in enumerate(new.files):
            location = partition_location(table, values) if keys else table.location
            ending = ".gz" if form.format != PARQUET and form.compression == "GZIP" else ""
            uris.append(f"{location}{context.query_id}_{number:05d}{ending}")
            context.storage.put(uris[-1], path)
            if keys:
                partitions.append(Partition(values, location, table.format))
    output = Output(is_query=False, scanned_bytes=scanned_bytes, update_count=new.rows, written=tuple(uris))
    return output, partitions


def _table_columns(checked: CheckedQuery, context: Context) -> list[tuple[str, Type]]:
    """The columns of a query with names in lower case, as those of a table."""
    names = column_names(checked.columns, context.at)
    types = [kind for _, kind in checked.columns]
    if UNKNOWN in types:
        message = f"Column type is unknown: {names[types.index(UNKNOWN)]}"
        raise QueryRefused("COLUMN_TYPE_UNKNOWN", message, context.at)
    columns = list(zip(names, types, strict=True))
    check_storable(columns)
    return columns


def _partition_keys(columns: Columns, keys: Sequence[str]) -> int:
    names = [name for name, _ in columns]
    missing = [key for key in keys if key not in names]
    if missing:
        raise QueryRefused("INVALID_TABLE_PROPERTY", f"Partition columns {missing} not present in schema")
    if keys and names[-len(keys) :] != list(keys):
        raise QueryRefused(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table "
            f"properties: {list(keys)}",
        )
    if len(keys) == len(names):
        raise QueryRefused("INVALID_TABLE_PROPERTY", "Table contains only partition columns")
    return len(keys)


def _table_location(context: Context, properties: _Properties) -> str:
    group = context.work_group
    wanted = properties.text("external_location")
    if wanted and group.is_enforced:
        raise QueryRefused(
            "INVALID_TABLE_PROPERTY",
            "The Create Table As Select query failed because it was submitted with an 'external_location' "
            "property to an Athena Workgroup that enforces a centralized output location for all queries. "
            "Please remove the 'external_location' property and resubmit the query.",
        )
    if wanted:
        return _empty_location(context, wanted)
    if not group.location:
        raise QueryRefused("INVALID_TABLE_PROPERTY", "There is no output location for the table's files")
    return f"{group.location.rstrip('/')}/tables/{context.query_id}/"


def _empty_location(context: Context, location: str) -> str:
    try:
        bucket, prefix = bucket_and_prefix(location)
    except ValueError as error:
        raise QueryRefused("INVALID_TABLE_PROPERTY", str(error)) from error
    if not context.storage.has_bucket(bucket):
        raise QueryRefused("HIVE_FILESYSTEM_ERROR", f"The specified bucket does not exist: {bucket}")
    folder = f"s3://{bucket}/{prefix}"
    if context.storage.objects(folder):
        raise QueryRefused("HIVE_PATH_ALREADY_EXISTS", f"Target directory for table already exists: {folder}")
    return folder


def _inserted_names(statement: syntax.InsertInto, known: Sequence[str]) -> list[str]:
    for name in statement.columns:
        if name not in known:
            message = f"Insert column name does not exist in target table: {name}"
            raise QueryRefused("COLUMN_NOT_FOUND", message)
        if statement.columns.count(name) > 1:
            message = f"Insert column name is specified more than once: {name}"
            raise QueryRefused("DUPLICATE_COLUMN_NAME", message)
    return list(statement.columns or known)


def _form_of(form: StorageFormat) -> FileForm:
    if form.serde == parquet_files.SERDE:
        return FileForm(PARQUET, "GZIP")
    if form.serde in {OPENX, *HIVE}:
        return FileForm(JSON, "GZIP")
    raise NotSupportedHere(f"INSERT INTO a table with the SerDe {form.serde}")
