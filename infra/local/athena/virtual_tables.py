"""Tables that are made of the catalog: `table$partitions`, `table$properties` and `information_schema`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from infra.local.athena.catalog import NULL_PARTITION, Catalog, Column, Table
from infra.local.athena.type_text import from_hive
from infra.local.athena.view_definition import CATALOG

INFORMATION_SCHEMA: Final = "information_schema"
_PARTITIONS: Final = "$partitions"
_PROPERTIES: Final = "$properties"

Row = tuple[Any, ...]


@dataclass(frozen=True)
class VirtualTable:
    """A table with its rows.

    Attributes:
        table: how it is described.
        rows: its values as Python has them, a partition's as text; they are cast to the column's type.
    """

    table: Table
    rows: tuple[Row, ...]


def virtual_table(catalog: Catalog, database: str, name: str) -> VirtualTable | None:
    """Return the virtual table of this name, if there is one."""
    if database == INFORMATION_SCHEMA:
        described = _INFORMATION.get(name)
        if described is None:
            return None
        columns, rows = described
        return VirtualTable(Table(database, name, columns=columns), tuple(rows(catalog)))
    for suffix, make in ((_PARTITIONS, _partitions), (_PROPERTIES, _properties)):
        table = catalog.table(database, name.removesuffix(suffix)) if name.endswith(suffix) else None
        if table is not None and not table.is_view:
            return make(catalog, table)
    return None


def _partitions(catalog: Catalog, table: Table) -> VirtualTable | None:
    if not table.partition_keys:
        return None
    rows = [
        tuple(None if value == NULL_PARTITION else value for value in partition.values)
        for partition in catalog.partitions(table)
    ]
    described = Table(table.database, table.name + _PARTITIONS, columns=table.partition_keys)
    return VirtualTable(described, tuple(rows))


def _properties(_: Catalog, table: Table) -> VirtualTable:
    names = sorted(table.parameters)
    columns = tuple(Column(name, "string") for name in names)
    described = Table(table.database, table.name + _PROPERTIES, columns=columns)
    return VirtualTable(described, (tuple(table.parameters[name] for name in names),))


def _all_tables(catalog: Catalog) -> Iterator[tuple[str, str, tuple[Column, ...], str | None]]:
    """Database, name, columns and a view's query of every table."""
    for database in catalog.databases():
        for table in catalog.tables(database):
            sql = table.view.sql if table.view else None
            yield database, table.name, table.all_columns, sql if table.is_view else None


def _schemata(catalog: Catalog) -> Iterable[Row]:
    return ((CATALOG, name) for name in sorted([*catalog.databases(), INFORMATION_SCHEMA]))


def _tables(catalog: Catalog) -> Iterable[Row]:
    for database, name, _, sql in _all_tables(catalog):
        yield CATALOG, database, name, "BASE TABLE" if sql is None else "VIEW"
    for name in _INFORMATION:
        yield CATALOG, INFORMATION_SCHEMA, name, "BASE TABLE"


def _columns(catalog: Catalog) -> Iterable[Row]:
    described = [(INFORMATION_SCHEMA, name, columns) for name, (columns, _) in _INFORMATION.items()]
    described += [(database, name, columns) for database, name, columns, _ in _all_tables(catalog)]
    for database, name, columns in described:
        for place, column in enumerate(columns, start=1):
            kind = str(from_hive(column.type))
            yield CATALOG, database, name, column.name, place, None, "YES", kind


def _views(catalog: Catalog) -> Iterable[Row]:
    return (
        (CATALOG, database, name, sql) for database, name, _, sql in _all_tables(catalog) if sql is not None
    )


def _texts(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "bigint" if name == "ordinal_position" else "string") for name in names.split())


_TABLE: Final = "table_catalog table_schema table_name"
_INFORMATION: Final[dict[str, tuple[tuple[Column, ...], Callable[[Catalog], Iterable[Row]]]]] = {
    "columns": (
        _texts(f"{_TABLE} column_name ordinal_position column_default is_nullable data_type"),
        _columns,
    ),
    "schemata": (_texts("catalog_name schema_name"), _schemata),
    "tables": (_texts(f"{_TABLE} table_type"), _tables),
    "views": (_texts(f"{_TABLE} view_definition"), _views),
}
