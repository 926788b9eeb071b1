"""The statements that are not queries, as they are written. Names are in lower case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.local.athena.catalog import Column, StorageFormat
from infra.local.athena.parsing.syntax import Expression, Query

Name = tuple[str, ...]
"""A table's name with one to three parts."""


class Statement:
    """A statement."""


@dataclass(frozen=True)
class Select(Statement):
    """A query."""

    query: Query


# ------------------------------------------------------------------ lists and descriptions


@dataclass(frozen=True)
class ShowDatabases(Statement):
    """SHOW DATABASES, with a pattern such as `a*|b`."""

    pattern: str | None


@dataclass(frozen=True)
class ShowTables(Statement):
    """SHOW TABLES, or SHOW VIEWS."""

    database: str | None
    pattern: str | None
    only_views: bool = False


@dataclass(frozen=True)
class ShowColumns(Statement):
    """SHOW COLUMNS."""

    table: Name


@dataclass(frozen=True)
class ShowPartitions(Statement):
    """SHOW PARTITIONS."""

    table: Name


@dataclass(frozen=True)
class ShowCreate(Statement):
    """SHOW CREATE TABLE, or SHOW CREATE VIEW."""

    table: Name
    is_view: bool


@dataclass(frozen=True)
class ShowProperties(Statement):
    """SHOW TBLPROPERTIES, of one property or of all."""

    table: Name
    property: str | None


@dataclass(frozen=True)
class Describe(Statement):
    """DESCRIBE."""

    table: Name


# ------------------------------------------------------------------ databases, tables and views


@dataclass(frozen=True)
class CreateDatabase(Statement):
    """CREATE DATABASE."""

    name: str
    if_not_exists: bool
    comment: str


@dataclass(frozen=True)
class DropDatabase(Statement):
    """DROP DATABASE."""

    name: str
    if_exists: bool
    cascade: bool


@dataclass(frozen=True)
class CreateView(Statement):
    """CREATE VIEW."""

    view: Name
    or_replace: bool
    query: Query
    text: str


@dataclass(frozen=True)
class DropView(Statement):
    """DROP VIEW."""

    view: Name
    if_exists: bool


@dataclass(frozen=True)
class CreateTable(Statement):
    """CREATE EXTERNAL TABLE."""

    table: Name
    if_not_exists: bool
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    comment: str
    format: StorageFormat
    location: str
    properties: Mapping[str, str]


@dataclass(frozen=True)
class DropTable(Statement):
    """DROP TABLE."""

    table: Name
    if_exists: bool


@dataclass(frozen=True)
class ChangeRows(Statement):
    """DELETE, UPDATE, MERGE or TRUNCATE."""

    table: Name


@dataclass(frozen=True)
class RepairTable(Statement):
    """MSCK REPAIR TABLE."""

    table: Name


# ------------------------------------------------------------------ ALTER TABLE


@dataclass(frozen=True)
class PartitionSpec:
    """A partition by its values, and where it is if that is said."""

    values: Mapping[str, str]
    location: str = ""


@dataclass(frozen=True)
class AddPartitions(Statement):
    """ALTER TABLE ... ADD PARTITION."""

    table: Name
    if_not_exists: bool
    partitions: tuple[PartitionSpec, ...]


@dataclass(frozen=True)
class DropPartitions(Statement):
    """ALTER TABLE ... DROP PARTITION."""

    table: Name
    if_exists: bool
    partitions: tuple[PartitionSpec, ...]


@dataclass(frozen=True)
class RenamePartition(Statement):
    """ALTER TABLE ... PARTITION ... RENAME TO PARTITION."""

    table: Name
    partition: PartitionSpec
    new: PartitionSpec


@dataclass(frozen=True)
class SetLocation(Statement):
    """ALTER TABLE ... [PARTITION ...] SET LOCATION."""

    table: Name
    partition: PartitionSpec | None
    location: str


@dataclass(frozen=True)
class AddColumns(Statement):
    """ALTER TABLE ... ADD COLUMNS, or REPLACE COLUMNS."""

    table: Name
    columns: tuple[Column, ...]
    replaces: bool = False


@dataclass(frozen=True)
class SetProperties(Statement):
    """ALTER TABLE ... SET TBLPROPERTIES."""

    table: Name
    properties: Mapping[str, str]


# ------------------------------------------------------------------ writing rows


@dataclass(frozen=True)
class CreateTableAs(Statement):
    """CREATE TABLE ... AS; without names, its columns are the query's."""

    table: Name
    columns: tuple[str, ...]
    if_not_exists: bool
    properties: Mapping[str, Expression]
    query: Query
    with_data: bool


@dataclass(frozen=True)
class InsertInto(Statement):
    """INSERT INTO."""

    table: Name
    columns: tuple[str, ...]
    query: Query


@dataclass(frozen=True)
class Unload(Statement):
    """UNLOAD."""

    query: Query
    location: str
    properties: Mapping[str, Expression]


# ------------------------------------------------------------------ prepared statements and plans


@dataclass(frozen=True)
class Prepare(Statement):
    """PREPARE name FROM statement."""

    name: str
    text: str


@dataclass(frozen=True)
class Execute(Statement):
    """EXECUTE name USING values; each value as SQL text."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Deallocate(Statement):
    """DEALLOCATE PREPARE name."""

    name: str


@dataclass(frozen=True)
class Explain(Statement):
    """EXPLAIN, with its options in upper case."""

    statement: Statement
    options: Mapping[str, str] = field(default_factory=dict)
