"""The catalog that a lake's folder has saved, `catalog.json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.local.athena.catalog import Partition, Table
from infra.local.lake_folder import only_user_of, read_catalog, write_catalog


class FolderCatalog:
    """The catalog of a lake's folder, as it was saved when this was made.

    A run that is in progress replaces the file as a whole, so that a reader has a consistent catalog. A
    statement that changes it locks the lake first and reads it again.

    Args:
        lake: the folder.

    Raises:
        LakeBroken: the file cannot be read; names it and the fix.
    """

    def __init__(self, lake: Path) -> None:
        self._lake = lake
        self._databases = read_catalog(lake)

    def databases(self) -> list[str]:
        """Return the names of the databases, sorted."""
        return sorted(self._databases)

    def tables(self, database: str) -> list[Table]:
        """Return the tables and views of a database, sorted by name; none if there is no such database."""
        saved = self._databases.get(database, {})
        return [Table.from_glue(database, saved[name]["table"]) for name in sorted(saved)]

    def table(self, database: str, name: str) -> Table | None:
        """Return a table or view."""
        saved = self._databases.get(database, {}).get(name)
        return Table.from_glue(database, saved["table"]) if saved else None

    def partitions(self, table: Table) -> list[Partition]:
        """Return the registered partitions of a table, sorted by their values."""
        saved = self._databases[table.database][table.name]["partitions"]
        found = [Partition.from_glue(partition, table) for partition in saved]
        return sorted(found, key=lambda partition: partition.values)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Lock the lake, and read its catalog again.

        Raises:
            LakeInUse: a run, or another statement, changes the lake.
        """
        with only_user_of(self._lake):
            self._databases = read_catalog(self._lake)
            yield

    def create_database(self, name: str, description: str = "") -> None:  # noqa: ARG002
        """Add a database. The file has no place for its description."""
        self._databases.setdefault(name, {})
        self._write()

    def drop_database(self, name: str) -> None:
        """Remove a database with its tables."""
        self._databases.pop(name, None)
        self._write()

    def put_table(self, table: Table, partitions: Sequence[Partition] = ()) -> None:
        """Add a table with partitions, or replace its definition and keep the partitions that it has."""
        saved = self._databases[table.database].setdefault(table.name, {"partitions": []})
        saved["table"] = table.to_glue()
        self._register(table, partitions)
        self._write()

    def drop_table(self, table: Table) -> None:
        """Remove a table with its partitions, not its files."""
        self._databases[table.database].pop(table.name, None)
        self._write()

    def add_partitions(self, table: Table, partitions: Sequence[Partition]) -> None:
        """Register partitions; one with the same values is replaced."""
        self._register(table, partitions)
        self._write()

    def drop_partitions(self, table: Table, values: Iterable[tuple[str, ...]]) -> None:
        """Remove partitions, not their files."""
        self._remove(self._databases[table.database][table.name], set(values))
        self._write()

    def _register(self, table: Table, partitions: Sequence[Partition]) -> None:
        saved = self._databases[table.database][table.name]
        self._remove(saved, {partition.values for partition in partitions})
        saved["partitions"] += [partition.to_glue(table) for partition in partitions]

    def _remove(self, saved: dict[str, Any], values: set[tuple[str, ...]]) -> None:
        saved["partitions"] = [each for each in saved["partitions"] if tuple(each["Values"]) not in values]

    def _write(self) -> None:
        write_catalog(self._lake, self._databases)
