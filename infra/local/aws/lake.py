"""The lake folder: what the local AWS keeps from one run to the next.

```
<lake>/s3/<bucket>/<key>   the objects, as files that any tool can read
<lake>/s3-index.json       the files' ETags (a cache: it may be deleted)
<lake>/catalog.json        tables, views and partitions of the Glue catalog
```

An object keeps its bytes, ETag and time, not its metadata, tags or earlier versions. Everything else of AWS
(functions, jobs, secrets, ...) is deployed again from the template each time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.glue.exceptions import EntityNotFoundException
from moto.glue.models import glue_backends

from infra.local.aws.bucket_mirror import LOCK, BucketMirror
from infra.local.aws.context import Aws
from infra.local.lake_folder import LakeBroken, read_catalog, write_catalog

# GetTable returns these fields, CreateTable does not accept them.
_READ_ONLY_FIELDS = frozenset({"DatabaseName", "CreateTime", "UpdateTime", "CatalogId", "VersionId"})


@dataclass(frozen=True)
class Restored:
    """The result of a restore.

    Attributes:
        objects: objects put into buckets.
        tables: tables and views put into the catalog.
        left_over: buckets and databases of the lake that this AWS does not have; they stay in the folder.
    """

    objects: int
    tables: int
    left_over: tuple[str, ...]


def save(local: Aws) -> None:
    """Write the buckets' objects and the catalog to the lake folder; only what changed is written.

    Waits for a running Glue job, so that half of its output is not saved.
    """
    with LOCK:
        BucketMirror(local).pull()
        write_catalog(local.lake, _databases(local))


def restore(local: Aws, *, skip: Collection[str] = ()) -> Restored:
    """Load the lake into the buckets and databases that exist.

    Objects and tables that the deployment created are newer and are kept.

    Args:
        local: the AWS, with its stack deployed.
        skip: buckets to leave as they are.

    Raises:
        LakeBroken: a file cannot be read; names it and the fix.
    """
    with LOCK:
        databases = read_catalog(local.lake)  # first: nothing is restored from a broken lake
        mirror = BucketMirror(local)
        saved = sorted(path.name for path in mirror.folder.iterdir()) if mirror.folder.is_dir() else []
        known = set(mirror.buckets())
        try:
            objects = sum(mirror.load(bucket).written for bucket in saved if bucket in known - set(skip))
        except OSError as error:
            raise LakeBroken(Path(error.filename or mirror.folder), error.strerror or str(error)) from error
        tables, left_over = _restore_tables(local, databases)
        return Restored(objects, tables, (*(bucket for bucket in saved if bucket not in known), *left_over))


def _databases(local: Aws) -> dict[str, Any]:
    """The tables of every database, including saved databases that this AWS does not have."""
    saved = read_catalog(local.lake)
    databases = glue_backends[local.account_id][local.region].databases
    return saved | {
        name: {table: _saved_table(found) for table, found in list(database.tables.items())}
        for name, database in list(databases.items())
    }


def _saved_table(table: Any) -> dict[str, Any]:
    kept = {field: value for field, value in table.as_dict().items() if field not in _READ_ONLY_FIELDS}
    partitions = [partition.partition_input for partition in list(table.partitions.values())]
    return {"table": kept, "partitions": partitions}


def _restore_tables(local: Aws, databases: dict[str, Any]) -> tuple[int, list[str]]:
    glue = glue_backends[local.account_id][local.region]
    restored, left_over = 0, []
    for database, tables in databases.items():
        try:
            existing = glue.get_database(database).tables
        except EntityNotFoundException:
            left_over.append(database)
            continue
        for name, saved in tables.items():
            if name not in existing:
                glue.create_table(database, name, saved["table"])
                restored += 1
            table = glue.get_table(database, name)
            registered = {tuple(partition.values) for partition in table.partitions.values()}
            for partition in saved["partitions"]:
                if tuple(partition["Values"]) not in registered:
                    table.create_partition(partition)
    return restored, left_over
