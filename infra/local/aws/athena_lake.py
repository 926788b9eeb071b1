"""Moto's Glue catalog, S3 and prepared statements, as the local Athena's engine works on them."""

from __future__ import annotations

import bisect
import datetime as dt
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from moto.athena.models import AthenaBackend
from moto.glue.models import GlueBackend
from moto.s3.models import FakeKey, S3Backend

from infra.local.athena.catalog import Partition, Table
from infra.local.athena.storage import StoredObject, bucket_and_key, bucket_and_prefix


class GlueCatalog:
    """The Glue catalog of a local AWS."""

    def __init__(self, glue: GlueBackend) -> None:
        self._glue = glue

    def databases(self) -> list[str]:
        """Return the names of the databases, sorted."""
        return sorted(self._glue.databases)

    def tables(self, database: str) -> list[Table]:
        """Return the tables and views of a database, sorted by name; none if there is no such database."""
        tables = self._glue.databases[database].tables if database in self._glue.databases else {}
        return [_table(database, tables[name]) for name in sorted(tables)]

    def table(self, database: str, name: str) -> Table | None:
        """Return a table or view."""
        tables = self._glue.databases[database].tables if database in self._glue.databases else {}
        return _table(database, tables[name]) if name in tables else None

    def partitions(self, table: Table) -> list[Partition]:
        """Return the registered partitions of a table, sorted by their values."""
        registered = list(self._stored(table).partitions.values())
        found = [Partition.from_glue(each.partition_input, table) for each in registered]
        return sorted(found, key=lambda partition: partition.values)

    def changing(self) -> AbstractContextManager[None]:
        """Do nothing: each change is one step of this process."""
        return nullcontext()

    def create_database(self, name: str, description: str = "") -> None:
        """Add a database."""
        self._glue.create_database(name, {"Name": name, "Description": description})

    def drop_database(self, name: str) -> None:
        """Remove a database with its tables."""
        self._glue.delete_database(name)

    def put_table(self, table: Table, partitions: Sequence[Partition] = ()) -> None:
        """Add a table with partitions, or replace its definition and keep the partitions that it has."""
        if table.name in self._glue.get_database(table.database).tables:
            self._glue.update_table(table.database, table.name, table.to_glue())
        else:
            self._glue.create_table(table.database, table.name, table.to_glue())
        self.add_partitions(table, partitions)

    def drop_table(self, table: Table) -> None:
        """Remove a table with its partitions, not its files."""
        self._glue.delete_table(table.database, table.name)

    def add_partitions(self, table: Table, partitions: Sequence[Partition]) -> None:
        """Register partitions; one with the same values is replaced."""
        self.drop_partitions(table, (partition.values for partition in partitions))
        for partition in partitions:
            self._stored(table).create_partition(partition.to_glue(table))

    def drop_partitions(self, table: Table, values: Iterable[tuple[str, ...]]) -> None:
        """Remove partitions, not their files."""
        registered = self._stored(table).partitions
        for each in values:
            registered.pop(str(list(each)), None)

    def _stored(self, table: Table) -> Any:
        return self._glue.get_table(table.database, table.name)


def _table(database: str, stored: Any) -> Table:
    current = stored.versions[max(stored.versions, key=int)]
    return Table.from_glue(database, {**current, "Name": stored.name})


class BucketStorage:
    """The buckets of a local AWS; DuckDB reads copies of their objects.

    Args:
        s3: the buckets.
        folder: a folder for the copies.
    """

    def __init__(self, s3: S3Backend, folder: Path) -> None:
        self._s3 = s3
        self._folder = folder
        self._names: dict[str, list[str]] = {}

    def has_bucket(self, bucket: str) -> bool:
        """Return whether there is such a bucket."""
        return bucket in self._s3.buckets

    def objects(self, location: str) -> list[StoredObject]:
        """Return the objects below a location, sorted by key."""
        bucket, prefix = bucket_and_prefix(location)
        if not self.has_bucket(bucket):
            return []
        keys = self._s3.buckets[bucket].keys
        if bucket not in self._names:
            self._names[bucket] = sorted(list(keys))  # noqa: C414  # a copy: other threads add objects
        names = self._names[bucket]
        start = bisect.bisect_left(names, prefix)
        end = bisect.bisect_left(names, prefix + "\U0010ffff")
        found = ((name, keys.get(name)) for name in names[start:end] if not name.endswith("/"))
        return [_stored(bucket, name, key) for name, key in found if isinstance(key, FakeKey)]

    def file(self, found: StoredObject) -> Path:
        """Return a copy of an object."""
        name = hashlib.sha256(f"{found.uri}\n{found.version}".encode()).hexdigest()
        path = self._folder / name
        if not path.exists():
            key = self._s3.get_object(found.bucket, found.key)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as copy:
                copy.write(key.value if key is not None else b"")
            Path(copy.name).replace(path)
        return path

    def is_current(self, found: StoredObject) -> bool:
        """Return whether an object is still the one that was listed."""
        key = self._s3.buckets[found.bucket].keys.get(found.key)
        return isinstance(key, FakeKey) and _stored(found.bucket, found.key, key).version == found.version

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make a folder for files that `put` is going to read; it is removed at the end."""
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="statement-") as folder:
            yield Path(folder)

    def put(self, uri: str, content: Path) -> None:
        """Make an object of a file."""
        bucket, key = bucket_and_key(uri)
        self._s3.put_object(bucket_name=bucket, key_name=key, value=content.read_bytes())


class MotoPrepared:
    """The prepared statements of a work group of a local AWS.

    Args:
        athena: moto's Athena, which keeps one statement of a name.
        work_group: the work group's name.
    """

    def __init__(self, athena: AthenaBackend, work_group: str) -> None:
        self._athena = athena
        self._work_group = work_group

    def get(self, name: str) -> str | None:
        """Return a statement's text."""
        found = self._athena.get_prepared_statement(name, self._work_group)
        return found.query_statement if found else None

    def put(self, name: str, text: str) -> None:
        """Keep a statement; one of the same name is replaced."""
        self._athena.create_prepared_statement(name, self._work_group, text, "")

    def remove(self, name: str) -> None:
        """Forget a statement."""
        del self._athena.prepared_statements[name]

    def names(self) -> Iterable[str]:
        """Return the names of all statements."""
        return list(self._athena.prepared_statements)


def _stored(bucket: str, name: str, key: Any) -> StoredObject:
    modified = key.last_modified.replace(tzinfo=dt.UTC)
    return StoredObject(bucket, name, key.size, f"{key.etag}-{key.last_modified.timestamp()}", modified)
