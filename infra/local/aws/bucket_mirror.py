"""The buckets as plain files, `<lake>/s3/<bucket>/<key>`, and the changes between the two.

The Glue job works on these files, and they keep the lake between runs. An index next to them has each
object's ETag and the file's size and time at the last copy, so that only changes are copied. It is a cache.
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

# Held by a Glue run from its pull to its push, and by a save of the lake: only the holder changes the files.
LOCK = threading.RLock()


class KeyNotAFile(ValueError):
    """An object whose key cannot be used as a file name below the bucket's folder."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(
            f"s3://{bucket}/{key} cannot be stored as a file on this machine. Rename the object."
        )


class Copied(NamedTuple):
    """How many objects a copy wrote and removed."""

    written: int
    removed: int


@dataclass(frozen=True)
class _Entry:
    """The state of a file when it last equalled its object."""

    etag: str
    size: int
    modified_ns: int


class BucketMirror:
    """The files of one lake, and the buckets of the local AWS that they mirror.

    It calls moto's S3 in this process, not its HTTP API, which is a hundred times faster for small objects.
    Hold `LOCK` while calling its methods.
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
        """Copy the buckets' objects to the files; delete files whose objects no longer exist."""
        index, current = self._read_index(), {}
        written = removed = 0
        for bucket in self.buckets():
            (self.folder / bucket).mkdir(parents=True, exist_ok=True)
            objects = {key.name: key for key in self._objects(bucket)}
            files = {name for name in objects if not name.endswith("/")}
            for stale in sorted(set(_files(self.folder / bucket)) - files):
                (self.folder / bucket / stale).unlink()
                removed += 1
            # An empty folder would be a path that does not exist on S3.
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
        """Copy to the buckets what changed in the files since the last pull, including deleted ones."""
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
        """Copy a bucket's files into the bucket, except keys that it already has: the deployment made those.

        The objects keep the ETag and time they were saved with. No event is sent, because no object is new.
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
        for name in list(keys):  # a copy: other threads add objects during the loop
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
        except OSError as error:  # both `a` and `a/b` exist, or the name is too long
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
