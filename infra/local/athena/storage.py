"""The storage: objects in buckets, which DuckDB reads as files of this machine."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True)
class StoredObject:
    """An object that a query may read.

    Attributes:
        bucket: its bucket.
        key: its key.
        size: in bytes.
        version: text that is another one when the object was replaced.
        modified: when it was written, in UTC.
    """

    bucket: str
    key: str
    size: int
    version: str
    modified: dt.datetime

    @property
    def uri(self) -> str:
        """The object's `s3://` URI."""
        return f"s3://{self.bucket}/{self.key}"


class Storage(Protocol):
    """Buckets with objects."""

    def has_bucket(self, bucket: str) -> bool:
        """Return whether there is such a bucket."""
        ...

    def objects(self, location: str) -> list[StoredObject]:
        """Return the objects below a location (`s3://bucket/folder/`), sorted by key, markers left out."""
        ...

    def file(self, found: StoredObject) -> Path:
        """Return a file of this machine with an object's content."""
        ...

    def is_current(self, found: StoredObject) -> bool:
        """Return whether an object is still the one that was listed."""
        ...

    def scratch(self) -> AbstractContextManager[Path]:
        """Make a folder for files that `put` is going to move; it is removed at the end."""
        ...

    def put(self, uri: str, content: Path) -> None:
        """Move a file to where it is an object; an object of this URI is replaced atomically."""
        ...


def bucket_and_prefix(location: str) -> tuple[str, str]:
    """Split `s3://bucket/folder` into the bucket and the prefix of the keys below it, `folder/`.

    Raises:
        ValueError: it is not an `s3://` URI.
    """
    parts = urlsplit(location)
    if parts.scheme not in {"s3", "s3a", "s3n"} or not parts.netloc:
        raise ValueError(f"{location!r} must be a location such as s3://bucket/folder/")
    prefix = location.partition("://")[2].removeprefix(parts.netloc).strip("/")
    return parts.netloc, f"{prefix}/" if prefix else ""


def is_hidden(path: str) -> bool:
    """Return whether Athena leaves an object out, by its path below a location.

    It does if the name of the object, or of a folder on the way, begins with `_` or a dot.
    """
    return any(part.startswith(("_", ".")) for part in path.split("/"))


class FolderStorage:
    """Objects that are files of a lake's folder: `<folder>/<bucket>/<key>`.

    Args:
        folder: the folder with a folder for each bucket.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has_bucket(self, bucket: str) -> bool:
        """Return whether there is such a bucket."""
        return (self._folder / bucket).is_dir()

    def objects(self, location: str) -> list[StoredObject]:
        """Return the objects below a location, sorted by key."""
        bucket, prefix = bucket_and_prefix(location)
        top = f"{self._folder}/{bucket}"
        found = [
            StoredObject(
                bucket,
                key=entry.path[len(top) + 1 :],
                size=status.st_size,
                version=_version(status),
                modified=dt.datetime.fromtimestamp(status.st_mtime, dt.UTC),
            )
            for entry, status in _files(f"{top}/{prefix}")
        ]
        return sorted(found, key=lambda each: each.key)

    def file(self, found: StoredObject) -> Path:
        """Return the object's file."""
        return self._folder / found.bucket / found.key

    def is_current(self, found: StoredObject) -> bool:
        """Return whether the file is still the one that was listed."""
        try:
            return _version(self.file(found).stat()) == found.version
        except FileNotFoundError:
            return False

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make a folder in the same file system."""
        parent = self._folder.parent / "tmp"
        parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix="statement-") as folder:
            yield Path(folder)

    def put(self, uri: str, content: Path) -> None:
        """Move a file of the same file system to where it is an object."""
        bucket, key = bucket_and_key(uri)
        target = self._folder / bucket / key
        target.parent.mkdir(parents=True, exist_ok=True)
        content.replace(target)


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Split an object's URI into bucket and key.

    Raises:
        ValueError: it is not an `s3://` URI.
    """
    bucket, prefix = bucket_and_prefix(uri)
    return bucket, prefix.removesuffix("/")


def _files(folder: str) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    """The files below a folder; one that goes meanwhile is left out."""
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        try:
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                yield entry, entry.stat()
        except FileNotFoundError:
            continue


def _version(status: os.stat_result) -> str:
    return f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"
