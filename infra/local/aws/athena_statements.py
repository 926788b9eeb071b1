"""The statements about the catalog: views are made and dropped, tables and partitions listed."""

import fnmatch
import re
from collections.abc import Callable, Sequence
from typing import Any

from moto.glue.exceptions import EntityNotFoundException
from moto.glue.models import GlueBackend

from infra.local.aws.athena_engine import Engine, missing_table, view_table
from infra.local.aws.athena_results import QueryOutput, ResultColumn
from infra.local.aws.athena_sql import CATALOG, QueryRefused, TableName

_NAME = r'(?P<name>(?:[`"]?[\w$-]+[`"]?\.){0,2}[`"]?[\w$-]+[`"]?)'
_IN = r'(?:\s+(?:IN|FROM)\s+[`"]?(?P<database>[\w-]+)[`"]?)?'
_LIKE = r"(?:\s+(?:LIKE\s+)?'(?P<pattern>[^']*)')?"


def run_statement(
    engine: Engine, glue: GlueBackend, sql: str, database: str, parameters: Sequence[str] = ()
) -> QueryOutput:
    """Run any statement that the local Athena has: a query, or one about the catalog.

    Args:
        engine: for queries.
        glue: the catalog.
        sql: the statement.
        database: the query execution's context.
        parameters: SQL literals for a query's question marks.

    Raises:
        QueryRefused: it fails, or is of a kind that only AWS has.
    """
    statement = sql.strip().rstrip(";").rstrip()
    for pattern, answer in _STATEMENTS:
        found = pattern.fullmatch(statement)
        if found:
            return answer(engine, glue, found, database)
    return engine.run(statement, database, parameters)


def _create_view(engine: Engine, glue: GlueBackend, found: re.Match[str], database: str) -> QueryOutput:
    name, query = _table_name(found["name"], database), found["query"]
    described = view_table(name, query, database, engine.columns(query, database))
    tables = _tables(glue, name.database)
    if name.name not in tables:
        glue.create_table(name.database, name.name, described)
    elif not found["replace"]:
        raise QueryRefused(f"View already exists: {CATALOG}.{name}")
    elif tables[name.name].as_dict().get("TableType") != "VIRTUAL_VIEW":
        raise QueryRefused(f"{CATALOG}.{name} is a table, not a view")
    else:
        glue.update_table(name.database, name.name, described)
    return QueryOutput(is_query=False)


def _drop_view(_: Engine, glue: GlueBackend, found: re.Match[str], database: str) -> QueryOutput:
    name = _table_name(found["name"], database)
    table = _tables(glue, name.database).get(name.name)
    if table is not None and table.as_dict().get("TableType") != "VIRTUAL_VIEW":
        raise QueryRefused(f"{CATALOG}.{name} is a table, not a view")
    if table is None and not found["exists"]:
        raise QueryRefused(f"View '{CATALOG}.{name}' does not exist")
    if table is not None:
        glue.delete_table(name.database, name.name)
    return QueryOutput(is_query=False)


def _show_tables(_: Engine, glue: GlueBackend, found: re.Match[str], database: str) -> QueryOutput:
    names = _matching(_tables(glue, (found["database"] or database).lower()), found["pattern"])
    return _listed("tab_name", names)


def _show_views(_: Engine, glue: GlueBackend, found: re.Match[str], database: str) -> QueryOutput:
    tables = _tables(glue, (found["database"] or database).lower())
    views = [name for name, table in tables.items() if table.as_dict().get("TableType") == "VIRTUAL_VIEW"]
    return _listed("views", _matching(views, found["pattern"]))


def _show_databases(_: Engine, glue: GlueBackend, found: re.Match[str], __: str) -> QueryOutput:
    return _listed("database_name", _matching(glue.databases, found["pattern"]))


def _show_partitions(_: Engine, glue: GlueBackend, found: re.Match[str], database: str) -> QueryOutput:
    table = _table(glue, _table_name(found["name"], database))
    keys = [key["Name"] for key in table.as_dict().get("PartitionKeys", ())]
    if not keys:
        raise QueryRefused(f"Table {table.name} is not a partitioned table")
    partitions = [
        "/".join(f"{key}={value}" for key, value in zip(keys, partition.values, strict=True))
        for partition in table.partitions.values()
    ]
    return _listed("partition", sorted(partitions))


def _show_columns(_: Engine, glue: GlueBackend, found: re.Match[str], database: str) -> QueryOutput:
    columns, keys = _columns(_table(glue, _table_name(found["name"], database)))
    return _listed("field", [column["Name"] for column in columns + keys])


def _describe(_: Engine, glue: GlueBackend, found: re.Match[str], database: str) -> QueryOutput:
    columns, keys = _columns(_table(glue, _table_name(found["name"], database)))
    rows = [_described(column) for column in columns + keys]
    if keys:
        heading = [["", "", ""], ["# Partition Information", "", ""], ["# col_name", "data_type", "comment"]]
        rows += [*heading, ["", "", ""], *(_described(key) for key in keys)]
    named = [ResultColumn(name, "VARCHAR") for name in ("col_name", "data_type", "comment")]
    return QueryOutput(named, rows, is_query=False)


def _described(column: dict[str, Any]) -> list[str]:
    return [column["Name"].ljust(20), column["Type"].ljust(20), (column.get("Comment") or "").ljust(20)]


def _columns(table: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    described = table.as_dict()
    return list(described.get("StorageDescriptor", {}).get("Columns", ())), list(
        described.get("PartitionKeys", ())
    )


def _listed(column: str, names: Sequence[str]) -> QueryOutput:
    return QueryOutput([ResultColumn(column, "VARCHAR")], [[name] for name in names], is_query=False)


def _matching(names: Any, pattern: str | None) -> list[str]:
    """The names that match a pattern in which `*` is any text and `|` an alternative; sorted."""
    patterns = (pattern or "*").lower().split("|")
    return sorted(name for name in names if any(fnmatch.fnmatchcase(name, each) for each in patterns))


def _table_name(written: str, database: str) -> TableName:
    parts = [part.strip('`"').lower() for part in written.split(".")]
    if len(parts) > 2 and parts.pop(0) != CATALOG:  # noqa: PLR2004  # catalog.database.table
        raise QueryRefused(f"CATALOG_NOT_FOUND: the catalog of {written} does not exist")
    return TableName(parts[0] if len(parts) > 1 else database, parts[-1])


def _tables(glue: GlueBackend, database: str) -> dict[str, Any]:
    try:
        return dict(glue.get_database(database).tables)
    except EntityNotFoundException as error:
        raise QueryRefused(f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist") from error


def _table(glue: GlueBackend, name: TableName) -> Any:
    try:
        return glue.get_table(name.database, name.name)
    except EntityNotFoundException as error:
        raise missing_table(glue, name) from error


_Answer = Callable[[Engine, GlueBackend, re.Match[str], str], QueryOutput]
_STATEMENTS: tuple[tuple[re.Pattern[str], _Answer], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), answer)
    for pattern, answer in (
        (
            rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?VIEW\s+{_NAME}\s+AS\s+(?P<query>.+)",
            _create_view,
        ),
        (rf"DROP\s+VIEW\s+(?P<exists>IF\s+EXISTS\s+)?{_NAME}", _drop_view),
        (rf"SHOW\s+TABLES{_IN}{_LIKE}", _show_tables),
        (rf"SHOW\s+VIEWS{_IN}{_LIKE}", _show_views),
        (rf"SHOW\s+(?:DATABASES|SCHEMAS){_LIKE}", _show_databases),
        (rf"SHOW\s+PARTITIONS\s+{_NAME}", _show_partitions),
        (rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_NAME}", _show_columns),
        (rf"(?:DESCRIBE|DESC)\s+(?:TABLE\s+)?{_NAME}", _describe),
    )
)
