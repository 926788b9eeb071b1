"""What a statement works with, and what the names in it mean."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from infra.local.athena.catalog import Catalog, Table
from infra.local.athena.errors import Position, QueryRefused, did_you_mean
from infra.local.athena.query_run import QueryRunner
from infra.local.athena.statements.syntax import Name
from infra.local.athena.storage import Storage
from infra.local.athena.view_definition import CATALOG


class PreparedStatements(Protocol):
    """The prepared statements of a work group, by name."""

    def get(self, name: str) -> str | None:
        """Return a statement's text."""
        ...

    def put(self, name: str, text: str) -> None:
        """Keep a statement; one of the same name is replaced."""
        ...

    def remove(self, name: str) -> None:
        """Forget a statement."""
        ...

    def names(self) -> Iterable[str]:
        """Return the names of all statements."""
        ...


_CHANGES: Final = {
    *("create_database", "drop_database", "put_table", "drop_table", "add_partitions", "drop_partitions"),
    *("scratch", "put"),
}
"""The methods of `Catalog` and `Storage` that change something."""


class _ReadOnly:
    """A catalog or storage whose changes are refused.

    Args:
        target: the catalog or storage.
        refusal: what a change raises.
    """

    def __init__(self, target: object, refusal: Exception) -> None:
        self._target = target
        self._refusal = refusal

    def __getattr__(self, name: str) -> Any:
        if name in _CHANGES:
            raise self._refusal
        return getattr(self._target, name)


@dataclass(frozen=True)
class WorkGroup:
    """What a statement needs of its work group.

    Attributes:
        location: `s3://` URI of the folder for results; "" if there is none.
        is_enforced: whether statements may not name another one.
        prepared: its prepared statements.
    """

    location: str
    is_enforced: bool
    prepared: PreparedStatements


@dataclass(frozen=True)
class Context:
    """What a statement works with.

    Attributes:
        catalog: the catalog.
        storage: the buckets.
        queries: runs queries.
        work_group: the work group.
        database: where tables without a database are.
        query_id: the execution's id, for the names of new files.
        now: the time of the statement, in UTC.
        at: where the statement begins, which is the place of most of its errors.
    """

    catalog: Catalog
    storage: Storage
    queries: QueryRunner
    work_group: WorkGroup
    database: str
    query_id: str
    now: dt.datetime
    at: Position

    def read_only(self, refusal: Exception) -> Context:
        """Return a context in which a change of the catalog or the storage raises an exception."""
        return dataclasses.replace(
            self,
            catalog=cast("Catalog", _ReadOnly(self.catalog, refusal)),
            storage=cast("Storage", _ReadOnly(self.storage, refusal)),
        )

    def qualified(self, name: Name) -> tuple[str, str]:
        """Return database and name of a table.

        Raises:
            QueryRefused: there is no such catalog.
        """
        if len(name) > 3 or (len(name) == 3 and name[0] != CATALOG):  # noqa: PLR2004  # catalog.database.table
            raise QueryRefused("CATALOG_NOT_FOUND", f"Catalog '{name[0]}' does not exist")
        return (name[-2] if len(name) > 1 else self.database), name[-1]

    def found(self, name: Name) -> Table | None:
        """Return a table or view, if it exists.

        Raises:
            QueryRefused: there is no such database.
        """
        database, table = self.qualified(name)
        self.check_database(database)
        return self.catalog.table(database, table)

    def table(self, name: Name, *, is_placed: bool = True) -> Table:
        """Return a table or view.

        Args:
            name: its name.
            is_placed: whether the error that there is none has a place.

        Raises:
            QueryRefused: there is none.
        """
        found = self.found(name)
        if found is None:
            database, table = self.qualified(name)
            hint = did_you_mean(table, (each.name for each in self.catalog.tables(database)))
            message = f"Table '{CATALOG}.{database}.{table}' does not exist{hint}"
            raise QueryRefused("TABLE_NOT_FOUND", message, self.at if is_placed else None)
        return found

    def check_database(self, database: str) -> None:
        """Check that a database exists.

        Raises:
            QueryRefused: it does not.
        """
        known = self.catalog.databases()
        if database not in known:
            hint = did_you_mean(database, known)
            raise QueryRefused("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist{hint}", self.at)
