"""What a query reads: tables and views as the checker sees them, and the scans of a translated query.

The checker asks `Sources` for what a name is. The translation reads each table under a name of its own, and
lists these as `Scan`s; whoever runs the query gives DuckDB a relation for each before it executes the SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from infra.local.athena.types import Type

PARTITION: Final = "part"
"""The relation that has the partition columns in a scan's condition."""


@dataclass(frozen=True)
class SourceColumn:
    """A column of a table.

    Attributes:
        name: its name in lower case.
        type: its Trino type.
        is_hidden: whether `*` leaves it out, as of `$path`.
        is_partition: whether it has one value per partition, so that a condition on it selects files.
    """

    name: str
    type: Type
    is_hidden: bool = False
    is_partition: bool = False


class ViewQuery(Protocol):
    """A view's definition, as the catalog keeps it."""

    @property
    def sql(self) -> str:
        """The query, as it was written."""
        ...

    @property
    def database(self) -> str:
        """Where the query's tables without a database are."""
        ...

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and Trino type of each column."""
        ...


@dataclass(frozen=True)
class Source:
    """A table or view that a query may name.

    Attributes:
        database: its database.
        name: its name, for example `tracks`, `tracks$partitions`.
        columns: its columns, the hidden ones included.
        view: its definition if it is a view.
    """

    database: str
    name: str
    columns: tuple[SourceColumn, ...]
    view: ViewQuery | None = None


class Sources(Protocol):
    """The tables and views of the catalog. Names are in lower case."""

    def find(self, database: str, name: str) -> Source | None:
        """Return a table or view, also one of `information_schema` or `tracks$partitions`.

        Raises:
            QueryRefused: it exists, but cannot be read.
        """
        ...

    def has_database(self, database: str) -> bool:
        """Return whether there is such a database."""
        ...

    def names(self, database: str) -> Sequence[str]:
        """Return the names of a database's tables and views."""
        ...


@dataclass(frozen=True)
class Scan:
    """A table that a translated query reads once.

    Attributes:
        relation: the name under which DuckDB's SQL reads it, for example `scan0`.
        source: the table.
        columns: the columns that are read, hidden ones included. The relation has these names and, in
            DuckDB, the types of `duckdb_type`; but a row keeps Hive's names of its fields.
        condition: what is known of the rows that count, as a condition in DuckDB's SQL on the partition
            columns of a relation `PARTITION` (`part."snapshot_date" = '2026-01-01'`); "" when all count.
            Files of other partitions need not be read, but may be.
        values: the only values of partition columns that count, as text, where equalities leave some.
    """

    relation: str
    source: Source
    columns: tuple[str, ...]
    condition: str = ""
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
