"""The files of a table: those below its registered or projected partitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.local.athena.catalog import NULL_PARTITION, Catalog, Partition, StorageFormat, Table
from infra.local.athena.errors import QueryRefused
from infra.local.athena.projection import is_projected, projected_partitions
from infra.local.athena.storage import Storage, StoredObject, bucket_and_prefix, is_hidden
from infra.local.athena.type_text import from_hive
from infra.local.athena.types import INTEGERS

Wanted = Mapping[str, frozenset[str]]
"""By partition column, the only values that a query can use."""


@dataclass(frozen=True)
class DataFile:
    """A file with rows of a table.

    Attributes:
        stored: the object.
        path: the file of this machine with its content.
        partition: the partition that it belongs to.
    """

    stored: StoredObject
    path: str
    partition: Partition

    @property
    def format(self) -> StorageFormat:
        """How the file is read."""
        return self.partition.format


def partitions_of(table: Table, catalog: Catalog, wanted: Wanted, now: dt.datetime) -> list[Partition]:
    """Return the partitions of a table; a table without partition columns is a single one.

    Raises:
        QueryRefused: the projection of partitions is wrong, or a value does not have its column's type.
    """
    if not table.partition_keys:
        return [Partition((), table.location, table.format)]
    if is_projected(table):
        return list(projected_partitions(table, wanted, now))
    partitions = catalog.partitions(table)
    for partition in partitions:
        _check_values(table, partition.values)
    return partitions


def data_files(partitions: Sequence[Partition], storage: Storage) -> Iterator[DataFile]:
    """Return the files of partitions; hidden and empty ones are left out."""
    for partition in partitions:
        try:
            _, prefix = bucket_and_prefix(partition.location)
        except ValueError as error:
            raise QueryRefused("HIVE_INVALID_METADATA", str(error)) from error
        for stored in storage.objects(partition.location):
            if stored.size and not is_hidden(stored.key[len(prefix) :]):
                yield DataFile(stored, str(storage.file(stored)), partition)


def _check_values(table: Table, values: Sequence[str]) -> None:
    for key, value in zip(table.partition_keys, values, strict=True):
        kind = from_hive(key.type)
        try:
            if value == NULL_PARTITION:
                continue
            if kind.base in INTEGERS:
                int(value)
            elif kind.base == "date":
                dt.date.fromisoformat(value)
        except ValueError as error:
            raise QueryRefused(
                "HIVE_INVALID_PARTITION_VALUE",
                f"Invalid partition value '{value}' for {kind} partition key: {key.name}",
            ) from error
