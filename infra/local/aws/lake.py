"""The lake folder: what the local AWS keeps from one run to the next.

```
<lake>/s3/<bucket>/<key>   the objects, as files that any tool can read
<lake>/s3-index.json       the files' ETags (a cache: it may be deleted)
<lake>/catalog.json        tables, views and partitions of the Glue catalog
```

An object keeps its bytes, ETag and time, not its metadata, tags or earlier versions. Everything else of AWS
(functions, jobs, secrets, ...) is deployed again from the template each time.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.glue.exceptions import EntityNotFoundException
from moto.glue.models import glue_backends

from infra.local.aws.bucket_mirror import LOCK, BucketMirror
from infra.local.aws.context import Aws

_CATALOG = "catalog.json"
_VERSION = 1
# GetTable returns these fields, CreateTable does not accept them.
_READ_ONLY_FIELDS = frozenset({"DatabaseName", "CreateTime", "UpdateTime", "CatalogId", "VersionId"})


class LakeBroken(RuntimeError):
    """A file of the lake cannot be used.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"The lake file {path} cannot be used: {reason}. Repair it, or use another lake: LAKE=<folder>."
        )


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
        catalog = {"version": _VERSION, "databases": _databases(local)}
        _write_atomically(local.lake / _CATALOG, json.dumps(catalog, indent=1, sort_keys=True))


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
        databases = _read_catalog(local.lake / _CATALOG)  # first: nothing is restored from a broken lake
        mirror = BucketMirror(local)
        saved = sorted(path.name for path in mirror.folder.iterdir()) if mirror.folder.is_dir() else []
        known = set(mirror.buckets())
        try:
            objects = sum(mirror.load(bucket).written for bucket in saved if bucket in known - set(skip))
        except OSError as error:
            raise LakeBroken(Path(error.filename or mirror.folder), error.strerror or str(error)) from error
        tables, left_over = _restore_tables(local, databases)
        return Restored(objects, tables, (*(bucket for bucket in saved if bucket not in known), *left_over))


def has_tables(folder: Path) -> bool:
    """Return whether a lake folder's catalog has a table.

    Raises:
        LakeBroken: the catalog cannot be read.
    """
    return any(_read_catalog(folder / _CATALOG).values())


def _databases(local: Aws) -> dict[str, Any]:
    """The tables of every database, including saved databases that this AWS does not have."""
    saved = _read_catalog(local.lake / _CATALOG)
    databases = glue_backends[local.account_id][local.region].databases
    return saved | {
        name: {table: _saved_table(found) for table, found in list(database.tables.items())}
        for name, database in list(databases.items())
    }


def _saved_table(table: Any) -> dict[str, Any]:
    kept = {field: value for field, value in table.as_dict().items() if field not in _READ_ONLY_FIELDS}
    partitions = [partition.partition_input for partition in list(table.partitions.values())]
    return {"table": kept, "partitions": partitions}


def _read_catalog(path: Path) -> dict[str, Any]:
    try:
        catalog = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise LakeBroken(path, str(error)) from error
    if not isinstance(catalog, dict) or catalog.get("version") != _VERSION:
        raise LakeBroken(path, f"it is not a catalog of version {_VERSION}")
    databases = catalog.get("databases")
    if not isinstance(databases, dict) or not all(map(_is_database, databases.values())):
        raise LakeBroken(path, "it does not have databases with tables and partitions")
    return databases


def _is_database(tables: Any) -> bool:
    return isinstance(tables, dict) and all(
        isinstance(saved, dict)
        and isinstance(saved.get("table"), dict)
        and isinstance(saved.get("partitions"), list)
        and all(isinstance(partition, dict) and "Values" in partition for partition in saved["partitions"])
        for saved in tables.values()
    )


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


def _write_atomically(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
