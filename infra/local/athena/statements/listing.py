"""The statements that show what the catalog has."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence

from infra.local.athena.catalog import Column, Table, partition_name
from infra.local.athena.errors import QueryRefused
from infra.local.athena.output import Output, ResultColumn, lines
from infra.local.athena.statements import syntax
from infra.local.athena.statements.context import Context
from infra.local.athena.types import VARCHAR
from infra.local.athena.view_definition import CATALOG

_WIDTH = 20  # of the columns of DESCRIBE


def show_databases(context: Context, statement: syntax.ShowDatabases) -> Output:
    """Run SHOW DATABASES."""
    return lines("database_name", _matching(context.catalog.databases(), statement.pattern))


def show_tables(context: Context, statement: syntax.ShowTables) -> Output:
    """Run SHOW TABLES or SHOW VIEWS."""
    database = statement.database or context.database
    context.check_database(database)
    names = [
        table.name for table in context.catalog.tables(database) if table.is_view or not statement.only_views
    ]
    return lines("views" if statement.only_views else "tab_name", _matching(names, statement.pattern))


def show_columns(context: Context, statement: syntax.ShowColumns) -> Output:
    """Run SHOW COLUMNS."""
    table = context.table(statement.table)
    return lines("field", (column.name.ljust(_WIDTH) for column in table.all_columns))


def show_partitions(context: Context, statement: syntax.ShowPartitions) -> Output:
    """Run SHOW PARTITIONS."""
    table = partitioned_table(context, statement.table)
    partitions = context.catalog.partitions(table)
    return lines("partition", (partition_name(table, partition.values) for partition in partitions))


def describe(context: Context, statement: syntax.Describe) -> Output:
    """Run DESCRIBE."""
    table = context.table(statement.table)
    rows = [_described(column) for column in table.all_columns]
    if table.partition_keys:
        heading = [("", "", ""), ("# Partition Information", "", ""), ("# col_name", "data_type", "comment")]
        rows += [*heading, ("", "", ""), *map(_described, table.partition_keys)]
    names = ("col_name", "data_type", "comment")
    return Output([ResultColumn(name, VARCHAR) for name in names], rows, is_query=False)


def show_properties(context: Context, statement: syntax.ShowProperties) -> Output:
    """Run SHOW TBLPROPERTIES."""
    table = context.table(statement.table)
    name = statement.property
    if name is None:
        rows = [(key, table.parameters[key]) for key in sorted(table.parameters)]
    else:
        missing = f"Table {table.database}.{table.name} does not have property: {name}"
        rows = [(name, table.parameters.get(name, missing))]
    columns = [ResultColumn(each, VARCHAR) for each in ("prpt_name", "prpt_value")]
    return Output(columns, rows, is_query=False)


def show_create(context: Context, statement: syntax.ShowCreate) -> Output:
    """Run SHOW CREATE TABLE or SHOW CREATE VIEW."""
    table = context.table(statement.table)
    if statement.is_view:
        if table.view is None:
            raise QueryRefused("NOT_SUPPORTED", f"Table '{table.database}.{table.name}' is not a view")
        begin = f"CREATE VIEW {CATALOG}.{table.database}.{table.name} AS"
        return lines("Create View", [begin, *table.view.sql.splitlines()])
    if table.is_view:
        message = f"'{table.database}.{table.name}' is a view: write SHOW CREATE VIEW"
        raise QueryRefused("NOT_SUPPORTED", message)
    return lines("createtab_stmt", _create_table(table))


def partitioned_table(context: Context, name: syntax.Name) -> Table:
    """Return a table that has partitions.

    Raises:
        QueryRefused: there is none, or it has no partitions.
    """
    table = context.table(name)
    if not table.partition_keys:
        raise QueryRefused("NOT_SUPPORTED", f"Table {table.name} is not a partitioned table")
    return table


def _described(column: Column) -> tuple[str, str, str]:
    return column.name.ljust(_WIDTH), column.type.ljust(_WIDTH), column.comment.ljust(_WIDTH)


def _matching(names: Iterable[str], pattern: str | None) -> list[str]:
    """The names that match a pattern in which `*` is any text and `|` an alternative; sorted."""
    patterns = (pattern or "*").lower().split("|")
    return sorted(name for name in names if any(fnmatch.fnmatchcase(name, each) for each in patterns))


def _create_table(table: Table) -> list[str]:
    form = table.format
    found = [f"CREATE EXTERNAL TABLE `{table.name}`(", *_columns(table.columns)]
    if table.description:
        found += ["COMMENT ", f"  {_text(table.description)}"]
    if table.partition_keys:
        found += ["PARTITIONED BY ( ", *_columns(table.partition_keys)]
    found += ["ROW FORMAT SERDE ", f"  {_text(form.serde)} "]
    if form.parameters:
        found += ["WITH SERDEPROPERTIES ( ", *_properties(form.parameters.items())]
    if form.input_format:
        found += ["STORED AS INPUTFORMAT ", f"  {_text(form.input_format)} "]
        found += ["OUTPUTFORMAT ", f"  {_text(form.output_format)}"]
    found += ["LOCATION", f"  {_text(table.location)}"]
    if table.parameters:
        found += ["TBLPROPERTIES (", *_properties(sorted(table.parameters.items()))]
    return found


def _columns(columns: Sequence[Column]) -> list[str]:
    texts = [
        f"  `{column.name}` {column.type}" + (f" COMMENT {_text(column.comment)}" if column.comment else "")
        for column in columns
    ]
    return _listed(texts)


def _properties(properties: Iterable[tuple[str, str]]) -> list[str]:
    return _listed([f"  {_text(name)}={_text(value)}" for name, value in properties])


def _listed(texts: Sequence[str]) -> list[str]:
    return [*(f"{text}, " for text in texts[:-1]), f"{texts[-1]})"]


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
