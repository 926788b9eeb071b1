"""The catalog: databases, tables, views and partitions as the Glue Data Catalog describes them.

A `Table` is made of Glue's TableInput and gives it back unchanged, with the fields that are not modelled.
Names are in lower case, as the catalog keeps them. Types are Hive's, as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self

from infra.local.athena.view_definition import ViewDefinition

NULL_PARTITION: Final = "__HIVE_DEFAULT_PARTITION__"
"""The value of a partition whose column is null."""
_VIEW: Final = "VIRTUAL_VIEW"
# What Hive escapes in a partition's folder: org.apache.hadoop.hive.common.FileUtils.
_ESCAPED: Final = re.compile(r"""[\x01-\x1f\x7f"#%'*/:=?\\{\[\]^]""")


@dataclass(frozen=True)
class Column:
    """A column: its name, its Hive type (`array<string>`), and its comment."""

    name: str
    type: str
    comment: str = ""

    @classmethod
    def from_glue(cls, column: Mapping[str, Any]) -> Self:
        """Read a column of a TableInput."""
        return cls(column["Name"].lower(), column.get("Type", "string"), column.get("Comment") or "")

    def to_glue(self) -> dict[str, str]:
        """Return the column for a TableInput."""
        comment = {"Comment": self.comment} if self.comment else {}
        return {"Name": self.name, "Type": self.type, **comment}


@dataclass(frozen=True)
class StorageFormat:
    """How a table's or a partition's files are read.

    Attributes:
        serde: the serialization library, as a Java class name.
        parameters: the SerDe's parameters.
        input_format: the Java class that reads files.
        output_format: the Java class that writes files.
    """

    serde: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    input_format: str = ""
    output_format: str = ""

    @classmethod
    def from_glue(cls, storage: Mapping[str, Any]) -> Self:
        """Read the format of a StorageDescriptor."""
        serde = storage.get("SerdeInfo") or {}
        return cls(
            serde.get("SerializationLibrary") or "",
            dict(serde.get("Parameters") or {}),
            storage.get("InputFormat") or "",
            storage.get("OutputFormat") or "",
        )

    def to_glue(self) -> dict[str, Any]:
        """Return the format's fields of a StorageDescriptor."""
        names = {"InputFormat": self.input_format, "OutputFormat": self.output_format}
        serde = {"SerializationLibrary": self.serde} if self.serde else {}
        parameters = {"Parameters": dict(self.parameters)} if self.parameters else {}
        return {**{name: value for name, value in names.items() if value}, "SerdeInfo": serde | parameters}


@dataclass(frozen=True)
class Table:
    """A table or a view.

    Attributes:
        database: the database that it belongs to.
        name: its name.
        columns: those of its files, without the partition columns.
        partition_keys: the partition columns.
        location: `s3://` URI of its folder; "" for a view.
        format: how its files are read.
        parameters: the table's properties.
        description: what it is.
        is_view: whether it is a view, of any kind.
        view: the view's definition; None for a table, and for a view that Athena cannot read.
        source: the TableInput that it was made of, for the fields that are not modelled.
    """

    database: str
    name: str
    columns: tuple[Column, ...] = ()
    partition_keys: tuple[Column, ...] = ()
    location: str = ""
    format: StorageFormat = field(default_factory=StorageFormat)
    parameters: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    is_view: bool = False
    view: ViewDefinition | None = None
    source: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_glue(cls, database: str, table: Mapping[str, Any]) -> Self:
        """Read a TableInput, or the Table that GetTable returns."""
        storage = table.get("StorageDescriptor") or {}
        is_view = table.get("TableType") == _VIEW
        return cls(
            database=database,
            name=table["Name"].lower(),
            columns=_columns(storage.get("Columns")),
            partition_keys=_columns(table.get("PartitionKeys")),
            location=storage.get("Location") or "",
            format=StorageFormat.from_glue(storage),
            parameters=dict(table.get("Parameters") or {}),
            description=table.get("Description") or "",
            is_view=is_view,
            view=ViewDefinition.from_text(table.get("ViewOriginalText") or "") if is_view else None,
            source=table,
        )

    def to_glue(self) -> dict[str, Any]:
        """Return the table as a TableInput."""
        storage = {
            **(self.source.get("StorageDescriptor") or {}),
            **self.format.to_glue(),
            "Columns": [column.to_glue() for column in self.columns],
            "Location": self.location,
        }
        described = {"Description": self.description} if self.description else {}
        return {
            "TableType": _VIEW if self.is_view else "EXTERNAL_TABLE",
            **self.source,
            **described,
            "Name": self.name,
            "PartitionKeys": [key.to_glue() for key in self.partition_keys],
            "Parameters": dict(self.parameters),
            "StorageDescriptor": storage,
            **_view_texts(self.view),
        }

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns as a query sees them: those of the files, then the partition columns."""
        return self.columns + self.partition_keys

    def column(self, name: str) -> Column | None:
        """Return the column of this name in lower case, if there is one."""
        return next((column for column in self.all_columns if column.name == name), None)


@dataclass(frozen=True)
class Partition:
    """A registered partition.

    Attributes:
        values: the partition columns' values as text; `NULL_PARTITION` is null.
        location: `s3://` URI of its folder.
        format: how its files are read.
        source: the PartitionInput that it was made of, for the fields that are not modelled.
    """

    values: tuple[str, ...]
    location: str
    format: StorageFormat
    source: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_glue(cls, partition: Mapping[str, Any], table: Table) -> Self:
        """Read a PartitionInput; what it leaves out is as in the table."""
        storage = partition.get("StorageDescriptor") or {}
        values = tuple(map(str, partition["Values"]))
        found = StorageFormat.from_glue(storage)
        return cls(
            values,
            storage.get("Location") or partition_location(table, values),
            found if found.serde else table.format,
            partition,
        )

    def to_glue(self, table: Table) -> dict[str, Any]:
        """Return the partition as a PartitionInput; a new one has the table's columns."""
        storage = {
            "Columns": [column.to_glue() for column in table.columns],
            **(self.source.get("StorageDescriptor") or {}),
            **self.format.to_glue(),
            "Location": self.location,
        }
        return {**self.source, "Values": list(self.values), "StorageDescriptor": storage}


class Catalog(Protocol):
    """Where databases, tables and partitions are kept. Each change is one atomic step."""

    def databases(self) -> list[str]:
        """Return the names of the databases, sorted."""
        ...

    def tables(self, database: str) -> list[Table]:
        """Return the tables and views of a database, sorted by name; none if there is no such database."""
        ...

    def table(self, database: str, name: str) -> Table | None:
        """Return a table or view."""
        ...

    def partitions(self, table: Table) -> list[Partition]:
        """Return the registered partitions of a table, sorted by their values."""
        ...

    def changing(self) -> AbstractContextManager[None]:
        """Enter this before the first read of a statement that changes the catalog or the storage.

        Raises:
            LakeInUse: something else changes them.
        """
        ...

    def create_database(self, name: str, description: str = "") -> None:
        """Add a database."""
        ...

    def drop_database(self, name: str) -> None:
        """Remove a database with its tables."""
        ...

    def put_table(self, table: Table, partitions: Sequence[Partition] = ()) -> None:
        """Add a table with partitions, or replace its definition and keep the partitions that it has."""
        ...

    def drop_table(self, table: Table) -> None:
        """Remove a table with its partitions, not its files."""
        ...

    def add_partitions(self, table: Table, partitions: Sequence[Partition]) -> None:
        """Register partitions; one with the same values is replaced."""
        ...

    def drop_partitions(self, table: Table, values: Iterable[tuple[str, ...]]) -> None:
        """Remove partitions, not their files."""
        ...


def view_table(database: str, name: str, definition: ViewDefinition, columns: Sequence[Column]) -> Table:
    """Return the catalog's entry for a view, as Athena makes it; the columns have Hive's types."""
    storage = {"NumberOfBuckets": 0, "SortColumns": [], "StoredAsSubDirectories": False}
    return Table(
        database,
        name,
        columns=tuple(columns),
        parameters={"presto_view": "true", "comment": "Presto View"},
        is_view=True,
        view=definition,
        source={"StorageDescriptor": storage},
    )


def partition_location(table: Table, values: Sequence[str]) -> str:
    """Return where a partition is if nothing else is said: `<table>/<key>=<value>/`."""
    return f"{table.location.rstrip('/')}/{partition_name(table, values)}/"


def partition_name(table: Table, values: Sequence[str]) -> str:
    """Return a partition's name, `<key>=<value>/<key>=<value>`, as Hive makes it of folders."""
    named = zip(table.partition_keys, values, strict=True)
    return "/".join(f"{key.name}={_ESCAPED.sub(_percent, value)}" for key, value in named)


def _percent(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def _columns(columns: Sequence[Mapping[str, Any]] | None) -> tuple[Column, ...]:
    return tuple(map(Column.from_glue, columns or ()))


def _view_texts(view: ViewDefinition | None) -> dict[str, str]:
    if view is None:
        return {}
    return {"ViewOriginalText": view.to_text(), "ViewExpandedText": "/* Presto View */"}
