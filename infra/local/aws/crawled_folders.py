"""What a crawler finds below its targets: tables, their partitions and columns, and the files they lie in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from moto.s3.models import FakeKey, S3Backend

from infra.local.aws.hive_types import UnknownType, to_hive


class FileUnreadable(RuntimeError):
    """A Parquet file whose footer cannot be read."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"The Parquet file {uri} cannot be read: {reason}")


@dataclass(frozen=True)
class Target:
    """A folder to crawl.

    Attributes:
        bucket: the bucket.
        prefix: the folder's keys begin with it; "" or ending in a slash.
        exclusions: glob patterns, relative to the folder, of what is left out.
    """

    bucket: str
    prefix: str
    exclusions: tuple[str, ...] = ()

    @classmethod
    def from_api(cls, target: dict[str, Any]) -> "Target":
        """The target as CreateCrawler has it: `{"Path": "s3://...", "Exclusions": [...]}`."""
        parts = urlsplit(target["Path"])
        prefix = parts.path.strip("/")
        return cls(parts.netloc, f"{prefix}/" if prefix else "", tuple(target.get("Exclusions") or ()))


@dataclass
class FoundFiles:
    """The Parquet files of one folder: how many, how large, and the columns of them all."""

    files: int = 0
    bytes: int = 0
    rows: int = 0
    columns: dict[str, str] = field(default_factory=dict)

    def add(self, size: int, metadata: pq.FileMetaData, uri: str) -> None:
        """Count one more file; a column that another file has too takes this file's type."""
        self.files += 1
        self.bytes += size
        self.rows += metadata.num_rows
        for column in metadata.schema.to_arrow_schema():
            self.columns[column.name.lower()] = _hive_type(column, uri)


@dataclass
class FoundTable:
    """A folder that is a table.

    Attributes:
        name: the folder's name, as a table may be called.
        location: the folder's URI, ending in a slash.
        partition_keys: names of the partition columns, from folders like `snapshot_date=2026-01-01`.
        partitions: the files of each partition; () is the table without partitions.
    """

    name: str
    location: str
    partition_keys: tuple[str, ...]
    partitions: dict[tuple[str, ...], FoundFiles] = field(default_factory=dict)
    folders: dict[tuple[str, ...], str] = field(default_factory=dict)

    def columns(self) -> dict[str, str]:
        """The table's columns: those of all partitions, the type of the last one that has it."""
        merged: dict[str, str] = {}
        for values in sorted(self.partitions):
            merged.update(self.partitions[values].columns)
        return merged


def find_tables(s3: S3Backend, targets: Iterable[Target]) -> list[FoundTable]:
    """The tables below the targets, in the order of their locations. An empty folder has none.

    A table is a folder that has Parquet files, directly or below partition folders. Other files are left out.

    Raises:
        FileUnreadable: a Parquet file is broken.
    """
    tables: dict[str, FoundTable] = {}
    for target in targets:
        for key in _parquet_files(s3, target):
            root, partition = _split_key(key.name, target)
            location = f"s3://{target.bucket}/{root}"
            keys = tuple(name for name, _ in partition)
            table = tables.setdefault(location, FoundTable(_table_name(target, root), location, keys))
            values = tuple(value for _, value in partition)
            uri = f"s3://{target.bucket}/{key.name}"
            table.folders[values] = uri.rpartition("/")[0] + "/"
            table.partitions.setdefault(values, FoundFiles()).add(key.size, _footer(key.value, uri), uri)
    return [tables[location] for location in sorted(tables)]


def _parquet_files(s3: S3Backend, target: Target) -> Iterator[Any]:
    keys = s3.get_bucket(target.bucket).keys
    for name in sorted(keys):
        inside = name.removeprefix(target.prefix)
        hidden = inside.rpartition("/")[2].startswith(("_", "."))
        excluded = any(_glob(pattern).fullmatch(inside) for pattern in target.exclusions)
        if name.startswith(target.prefix) and not hidden and not excluded and _is_parquet(keys.get(name)):
            yield keys.get(name)


def _is_parquet(key: Any) -> bool:
    is_object = isinstance(key, FakeKey)  # or it is a versioned bucket's delete marker
    return is_object and (key.name.endswith(".parquet") or key.value[:4] == b"PAR1")


def _split_key(key: str, target: Target) -> tuple[str, list[tuple[str, str]]]:
    """The table's folder, and the partition's columns and values; a folder without `=` is `partition_<n>`."""
    folders = key.split("/")[:-1]
    own = target.prefix.count("/")
    first = next((at for at, folder in enumerate(folders) if at >= own and "=" in folder), len(folders))
    partition = []
    for position, folder in enumerate(folders[first:]):
        name, equals, value = folder.partition("=")
        partition.append((name.lower(), value) if equals else (f"partition_{position}", folder))
    return "".join(f"{folder}/" for folder in folders[:first]), partition


def _table_name(target: Target, root: str) -> str:
    folder = root.rstrip("/").rpartition("/")[2] or target.bucket
    return re.sub(r"[^a-z0-9_]", "_", folder.lower())


def _footer(content: bytes, uri: str) -> pq.FileMetaData:
    try:
        return pq.read_metadata(pa.BufferReader(content))
    except (pa.ArrowException, OSError) as error:
        raise FileUnreadable(uri, str(error)) from error


def _hive_type(column: pa.Field, uri: str) -> str:
    try:
        return to_hive(column.type)
    except UnknownType as error:
        raise FileUnreadable(uri, f"column {column.name}: {error}") from error


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    """A crawler's exclusion: `*` stays within a folder, `**` does not; also `?`, `[...]` and `{a,b}`."""
    translated = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
    parts = re.findall(r"\*\*|\[[^\]]+\]|.", pattern.removeprefix("/"))
    return re.compile("".join(translated.get(part) or _literal(part) for part in parts))


def _literal(part: str) -> str:
    return part.replace("[!", "[^") if part.startswith("[") and len(part) > 1 else re.escape(part)
