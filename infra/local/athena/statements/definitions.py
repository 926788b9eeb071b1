"""The statements that create, change and drop databases, tables, views and partitions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from infra.local.athena.catalog import Column, Partition, Table, partition_location, view_table
from infra.local.athena.errors import Position, QueryRefused
from infra.local.athena.output import NOTHING, Output, lines
from infra.local.athena.statements import syntax
from infra.local.athena.statements.context import Context
from infra.local.athena.statements.formats import READABLE
from infra.local.athena.statements.listing import partitioned_table
from infra.local.athena.storage import bucket_and_prefix, is_hidden
from infra.local.athena.type_text import to_hive
from infra.local.athena.view_definition import CATALOG, ViewDefinition


def create_database(context: Context, statement: syntax.CreateDatabase) -> Output:
    """Run CREATE DATABASE."""
    if statement.name not in context.catalog.databases():
        context.catalog.create_database(statement.name, statement.comment)
    elif not statement.if_not_exists:
        message = f"Schema '{CATALOG}.{statement.name}' already exists"
        raise QueryRefused("SCHEMA_ALREADY_EXISTS", message, context.at)
    return NOTHING


def drop_database(context: Context, statement: syntax.DropDatabase) -> Output:
    """Run DROP DATABASE."""
    if statement.name not in context.catalog.databases():
        if statement.if_exists:
            return NOTHING
        context.check_database(statement.name)
    tables = context.catalog.tables(statement.name)
    if tables and not statement.cascade:
        message = f"Database {statement.name} is not empty. One or more tables exist."
        raise QueryRefused("SCHEMA_NOT_EMPTY", message)
    context.catalog.drop_database(statement.name)
    remaining = sorted({table.location for table in tables if table.location})
    return dataclasses.replace(NOTHING, note=_remains(context, remaining))


def create_view(context: Context, statement: syntax.CreateView) -> Output:
    """Run CREATE VIEW."""
    database, name = context.qualified(statement.view)
    replaced = (database, name) if statement.or_replace else None
    checked = context.queries.check(statement.query, replaced_view=replaced)
    names = column_names(checked.columns, context.at)
    existing = context.found(statement.view)
    if existing and not (existing.is_view and statement.or_replace):
        what = "View" if existing.is_view else "Table"
        message = f"{what} already exists: '{CATALOG}.{database}.{name}'"
        raise QueryRefused("TABLE_ALREADY_EXISTS", message, context.at)
    types = [kind for _, kind in checked.columns]
    definition = ViewDefinition(
        statement.text, context.database, tuple(zip(names, map(str, types), strict=True))
    )
    columns = [Column(column, to_hive(kind)) for column, kind in zip(names, types, strict=True)]
    context.catalog.put_table(view_table(database, name, definition, columns))
    return NOTHING


def drop_view(context: Context, statement: syntax.DropView) -> Output:
    """Run DROP VIEW."""
    view = context.found(statement.view)
    database, name = context.qualified(statement.view)
    if view is None and not statement.if_exists:
        message = f"View '{CATALOG}.{database}.{name}' does not exist"
        raise QueryRefused("GENERIC_USER_ERROR", message, context.at)
    if view and not view.is_view:
        message = f"View '{CATALOG}.{database}.{name}' does not exist, but a table with that name exists"
        raise QueryRefused("GENERIC_USER_ERROR", f"{message}. Did you mean DROP TABLE?", context.at)
    if view:
        context.catalog.drop_table(view)
    return NOTHING


def create_table(context: Context, statement: syntax.CreateTable) -> Output:
    """Run CREATE EXTERNAL TABLE."""
    existing = context.found(statement.table)
    database, name = context.qualified(statement.table)
    if existing and statement.if_not_exists:
        return NOTHING
    if existing:
        message = f"Table '{CATALOG}.{database}.{name}' already exists"
        raise QueryRefused("TABLE_ALREADY_EXISTS", message, context.at)
    columns = (*statement.columns, *statement.partition_keys)
    column_names([(column.name, column.type) for column in columns], context.at)
    table = Table(
        database,
        name,
        columns=statement.columns,
        partition_keys=statement.partition_keys,
        location=_folder(statement.location),
        format=statement.format,
        parameters={"EXTERNAL": "TRUE", **statement.properties},
        description=statement.comment,
    )
    context.catalog.put_table(table)
    if table.format.serde in READABLE:
        return NOTHING
    note = f"The local Athena cannot read the files of this table ({table.format.serde}). Athena can."
    return dataclasses.replace(NOTHING, note=note)


def drop_table(context: Context, statement: syntax.DropTable) -> Output:
    """Run DROP TABLE: the table's files stay where they are, as on AWS."""
    table = context.found(statement.table) if statement.if_exists else context.table(statement.table)
    if table is None:
        return NOTHING
    if table.is_view:
        raise QueryRefused("NOT_SUPPORTED", f"'{table.database}.{table.name}' is a view: write DROP VIEW")
    context.catalog.drop_table(table)
    return dataclasses.replace(NOTHING, note=_remains(context, [table.location]))


def change_rows(context: Context, statement: syntax.ChangeRows) -> Output:
    """Refuse DELETE, UPDATE, MERGE and TRUNCATE, which Athena only runs on Iceberg tables."""
    context.table(statement.table)
    message = "Modifying Hive table rows is only supported for transactional tables"
    raise QueryRefused("NOT_SUPPORTED", message, context.at)


def add_columns(context: Context, statement: syntax.AddColumns) -> Output:
    """Run ALTER TABLE ... ADD COLUMNS or REPLACE COLUMNS."""
    table = context.table(statement.table)
    columns = statement.columns if statement.replaces else (*table.columns, *statement.columns)
    column_names([(column.name, column.type) for column in (*columns, *table.partition_keys)], context.at)
    context.catalog.put_table(dataclasses.replace(table, columns=columns))
    return NOTHING


def set_properties(context: Context, statement: syntax.SetProperties) -> Output:
    """Run ALTER TABLE ... SET TBLPROPERTIES."""
    table = context.table(statement.table)
    parameters = {**table.parameters, **statement.properties}
    context.catalog.put_table(dataclasses.replace(table, parameters=parameters))
    return NOTHING


def set_location(context: Context, statement: syntax.SetLocation) -> Output:
    """Run ALTER TABLE ... SET LOCATION, of the table or of a partition."""
    location = _folder(statement.location)
    if statement.partition is None:
        table = context.table(statement.table)
        context.catalog.put_table(dataclasses.replace(table, location=location))
        return NOTHING
    table = partitioned_table(context, statement.table)
    values = _values(table, statement.partition)
    partition = _registered(context, table, values)
    context.catalog.add_partitions(table, [dataclasses.replace(partition, location=location)])
    return NOTHING


def add_partitions(context: Context, statement: syntax.AddPartitions) -> Output:
    """Run ALTER TABLE ... ADD PARTITION."""
    table = partitioned_table(context, statement.table)
    known = {partition.values for partition in context.catalog.partitions(table)}
    new = []
    for partition in statement.partitions:
        values = _values(table, partition)
        if values in known and not statement.if_not_exists:
            raise QueryRefused("ALREADY_EXISTS", f"Partition already exists: {list(values)}")
        if values not in known:
            location = partition.location or partition_location(table, values)
            new.append(Partition(values, _folder(location), table.format))
    if new:
        context.catalog.add_partitions(table, new)
    return NOTHING


def drop_partitions(context: Context, statement: syntax.DropPartitions) -> Output:
    """Run ALTER TABLE ... DROP PARTITION: the partitions' files stay where they are."""
    table = partitioned_table(context, statement.table)
    known = {partition.values: partition for partition in context.catalog.partitions(table)}
    wanted = [_values(table, partition) for partition in statement.partitions]
    missing = [values for values in wanted if values not in known]
    if missing and not statement.if_exists:
        raise QueryRefused("NOT_FOUND", f"Partition not found: {list(missing[0])}")
    dropped = [values for values in wanted if values in known]
    context.catalog.drop_partitions(table, dropped)
    return dataclasses.replace(
        NOTHING, note=_remains(context, [known[values].location for values in dropped])
    )


def rename_partition(context: Context, statement: syntax.RenamePartition) -> Output:
    """Run ALTER TABLE ... PARTITION ... RENAME TO PARTITION."""
    table = partitioned_table(context, statement.table)
    partition = _registered(context, table, _values(table, statement.partition))
    values = _values(table, statement.new)
    if any(each.values == values for each in context.catalog.partitions(table)):
        raise QueryRefused("ALREADY_EXISTS", f"Partition already exists: {list(values)}")
    context.catalog.add_partitions(table, [dataclasses.replace(partition, values=values)])
    context.catalog.drop_partitions(table, [partition.values])
    return NOTHING


def repair_table(context: Context, statement: syntax.RepairTable) -> Output:
    """Run MSCK REPAIR TABLE: register the partitions whose folders are below the table's."""
    table = partitioned_table(context, statement.table)
    known = {partition.values for partition in context.catalog.partitions(table)}
    found = {values: location for values, location in _folders(context, table) if values not in known}
    partitions = [Partition(values, location, table.format) for values, location in found.items()]
    if partitions:
        context.catalog.add_partitions(table, partitions)
    names = [_named(table, partition.values) for partition in partitions]
    missing = [f"Partitions not in metastore:\t{chr(9).join(names)}"] if names else []
    return lines("result", [*missing, *(f"Repair: Added partition to metastore {name}" for name in names)])


def column_names(columns: Sequence[tuple[str, object]], at: Position) -> list[str]:
    """Return the names of columns in lower case.

    Args:
        columns: each column's name, and something else.
        at: where the statement begins.

    Raises:
        QueryRefused: a column has no name, or two have the same.
    """
    names = [name.lower() for name, _ in columns]
    for place, name in enumerate(names):
        if name == f"_col{place}":  # what a query calls a column without a name
            message = f"Column name not specified at position {place + 1}"
            raise QueryRefused("MISSING_COLUMN_NAME", message, at)
        if name in names[:place]:
            message = f"Column name '{name}' specified more than once"
            raise QueryRefused("DUPLICATE_COLUMN_NAME", message, at)
    return names


def _named(table: Table, values: Sequence[str]) -> str:
    named = (f"{key.name}={value}" for key, value in zip(table.partition_keys, values, strict=True))
    return f"{table.name}:{'/'.join(named)}"


def _folders(context: Context, table: Table) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values and location of the partitions that have files, sorted."""
    bucket, prefix = bucket_and_prefix(table.location)
    depth = len(table.partition_keys)
    for stored in context.storage.objects(table.location):
        folders = stored.key[len(prefix) :].split("/")[:-1]
        names = [folder.partition("=")[0] for folder in folders[:depth]]
        is_partition = names == [key.name for key in table.partition_keys]
        if is_partition and not is_hidden(stored.key[len(prefix) :]):
            values = tuple(unquote(folder.partition("=")[2]) for folder in folders[:depth])
            yield values, f"s3://{bucket}/{prefix}{'/'.join(folders[:depth])}/"


def _values(table: Table, partition: syntax.PartitionSpec) -> tuple[str, ...]:
    names = [key.name for key in table.partition_keys]
    if sorted(partition.values) != sorted(names):
        raise QueryRefused(
            "INVALID_PARTITION",
            f"Partition spec {dict(partition.values)} must have a value for each of {', '.join(names)}",
        )
    return tuple(partition.values[name] for name in names)


def _registered(context: Context, table: Table, values: tuple[str, ...]) -> Partition:
    for partition in context.catalog.partitions(table):
        if partition.values == values:
            return partition
    raise QueryRefused("NOT_FOUND", f"Partition not found: {list(values)}")


def _folder(location: str) -> str:
    """A location that ends in a slash."""
    try:
        bucket, prefix = bucket_and_prefix(location)
    except ValueError as error:
        raise QueryRefused("INVALID_TABLE_PROPERTY", str(error)) from error
    return f"s3://{bucket}/{prefix}"


def _remains(context: Context, locations: Sequence[str]) -> str:
    """What stays in the buckets when something is dropped."""
    counts = {location: len(context.storage.objects(location)) for location in locations if location}
    texts = [f"{location} ({count} object{'' if count == 1 else 's'})" for location, count in counts.items()]
    return f"The files stay: {', '.join(texts)}." if texts else ""
