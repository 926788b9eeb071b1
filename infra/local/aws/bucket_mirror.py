"""The buckets as plain files, `<lake>/s3/<bucket>/<key>`, and what changed between the two.

The Glue job works on these files and the lake is kept in them. An index beside them remembers the ETag and
the file's size and time at the last copy, so that only what changed is copied; losing it costs time only.
"""

import datetime as dt
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from moto.s3.models import FakeKey, s3_backends

from infra.local.aws.context import Aws

# Whoever holds it may change the files: a Glue run from its pull to its push, or a save of the lake.
LOCK = threading.RLock()


class KeyNotAFile(ValueError):
    """An object whose key cannot be the name of a file below the bucket's folder."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(f"s3://{bucket}/{key} cannot be kept as a file on this machine: rename the object.")


class Copied(NamedTuple):
    """How many objects a copy wrote and removed."""

    written: int
    removed: int


@dataclass(frozen=True)
class _Entry:
    """A file as it was when it was last the same as its object."""

    etag: str
    size: int
    modified_ns: int


class BucketMirror:
    """The files of one lake, and the buckets of the local AWS that they mirror.

    It goes to moto's S3 in this process, not through its HTTP API: a hundred times faster for small objects.
    Hold `LOCK` around its methods.
    """

    def __init__(self, local: Aws) -> None:
        self.folder = local.lake / "s3"
        self._temporary = local.lake / "tmp"
        self._index_file = local.lake / "s3-index.json"
        self._s3 = s3_backends[local.account_id]["aws"]

    def buckets(self) -> list[str]:
        """The names of the buckets that exist in the local AWS."""
        return sorted(self._s3.buckets)

    def pull(self) -> Copied:
        """Make the files the same as the buckets' objects."""
        index, current = self._read_index(), {}
        written = removed = 0
        for bucket in self.buckets():
            (self.folder / bucket).mkdir(parents=True, exist_ok=True)
            objects = {key.name: key for key in self._objects(bucket)}
            files = {name for name in objects if not name.endswith("/")}
            for stale in sorted(set(_files(self.folder / bucket)) - files):
                (self.folder / bucket / stale).unlink()
                removed += 1
            # An empty folder would be a path that exists here and not on S3.
            _remove_empty_folders(self.folder / bucket)
            for name, found in objects.items():
                path = self._path(bucket, name)
                if name.endswith("/"):
                    path.mkdir(parents=True, exist_ok=True)
                    continue
                entry = self._unchanged(path, found.etag, index.get(f"{bucket}/{name}"))
                if entry is None:
                    entry = self._write(path, found)
                    written += 1
                current[f"{bucket}/{name}"] = entry
        self._write_index(current)
        return Copied(written, removed)

    def push(self) -> Copied:
        """Bring to the buckets what changed in the files since the last pull, new and deleted ones too."""
        index = self._read_index()
        written = removed = 0
        for bucket in self.buckets():
            files = dict.fromkeys(_files(self.folder / bucket))
            for name in files:
                path, where = self.folder / bucket / name, f"{bucket}/{name}"
                if not _same_file(path, index.get(where)):
                    put = self._s3.put_object(bucket_name=bucket, key_name=name, value=path.read_bytes())
                    index[where] = _entry(path, put.etag)
                    written += 1
            known = [where for where in index if where.startswith(f"{bucket}/")]
            for where in known:
                name = where.removeprefix(f"{bucket}/")
                if name not in files:
                    self._s3.delete_object(bucket, name)
                    del index[where]
                    removed += 1
        self._write_index(index)
        return Copied(written, removed)

    def load(self, bucket: str) -> Copied:
        """Put a bucket's files into the bucket, but for keys that it already has (newer: just deployed).

        The object's ETag and time are those it had when it was saved. No event is sent: nothing is new.
        """
        index, written = self._read_index(), 0
        for name in _files(self.folder / bucket):
            if self._s3.get_object(bucket, name) is not None:
                continue
            path, entry = self.folder / bucket / name, index.get(f"{bucket}/{name}")
            put = self._s3.put_object(
                bucket_name=bucket,
                key_name=name,
                value=path.read_bytes(),
                etag=entry.etag.strip('"') if entry and _same_file(path, entry) else None,
                disable_notification=True,
            )
            # moto keeps naive UTC times
            put.last_modified = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).replace(tzinfo=None)
            index[f"{bucket}/{name}"] = _entry(path, put.etag)
            written += 1
        self._write_index(index)
        return Copied(written, 0)

    def _objects(self, bucket: str) -> Iterator[Any]:
        keys = self._s3.buckets[bucket].keys
        for name in list(keys):  # a copy: other threads put objects meanwhile
            found = keys.get(name)
            if isinstance(found, FakeKey):  # not a versioned bucket's delete marker
                yield found

    def _path(self, bucket: str, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if ".." in parts or name.startswith("/") or "//" in name or "." in name.split("/"):
            raise KeyNotAFile(bucket, name)
        return self.folder / bucket / name

    def _unchanged(self, path: Path, etag: str, entry: _Entry | None) -> _Entry | None:
        if entry and entry.etag == etag and _same_file(path, entry):
            return entry
        if entry is None and path.is_file():
            content = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
            return _entry(path, etag) if etag == f'"{content}"' else None
        return None

    def _write(self, path: Path, found: Any) -> _Entry:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._scratch_file()
            temporary.write_bytes(found.value)
            modified = found.last_modified.replace(tzinfo=dt.UTC).timestamp()
            os.utime(temporary, (modified, modified))
            temporary.replace(path)
        except OSError as error:  # a/b beside a, or a name that is too long
            raise KeyNotAFile(found.bucket_name, found.name) from error
        return _entry(path, found.etag)

    def _scratch_file(self) -> Path:
        self._temporary.mkdir(parents=True, exist_ok=True)
        return self._temporary / f"object-{os.getpid()}-{threading.get_ident()}"

    def _read_index(self) -> dict[str, _Entry]:
        try:
            saved = json.loads(self._index_file.read_text(encoding="utf-8"))
            return {where: _Entry(str(etag), int(size), int(ns)) for where, (etag, size, ns) in saved.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _write_index(self, index: dict[str, _Entry]) -> None:
        lines = {where: (entry.etag, entry.size, entry.modified_ns) for where, entry in index.items()}
        self._index_file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._scratch_file()
        temporary.write_text(json.dumps(lines), encoding="utf-8")
        temporary.replace(self._index_file)


def _files(folder: Path) -> Iterator[str]:
    """The files below a folder, as keys."""
    for parent, _, names in os.walk(folder):
        inside = Path(parent).relative_to(folder)
        for name in names:
            yield (inside / name).as_posix()


def _remove_empty_folders(folder: Path) -> None:
    for parent, _, _ in os.walk(folder, topdown=False):
        if Path(parent) != folder and not any(Path(parent).iterdir()):
            Path(parent).rmdir()


def _entry(path: Path, etag: str) -> _Entry:
    stat = path.stat()
    return _Entry(etag, stat.st_size, stat.st_mtime_ns)


def _same_file(path: Path, entry: _Entry | None) -> bool:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return False
    return entry is not None and (stat.st_size, stat.st_mtime_ns) == (entry.size, entry.modified_ns)
