"""Replacing an object on an object store, where Hadoop's own copy would publish half a file."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from spotify_lake.engine.storage import HadoopFiles

SOURCE, TARGET = "s3://lake/_staging/t.parquet", "s3://lake/t/t.parquet"


class JavaPath:
    def __init__(self, uri: str) -> None:
        self.uri = uri

    def getName(self) -> str:  # noqa: N802 - Hadoop's name
        return self.uri.rpartition("/")[2]

    def getFileSystem(self, store: ObjectStore) -> ObjectStore:  # noqa: N802
        return store

    def toUri(self) -> Any:  # noqa: N802
        return types.SimpleNamespace(getScheme=lambda: urlsplit(self.uri).scheme)

    @property
    def on_disk(self) -> Path:
        return Path(unquote(urlsplit(self.uri).path))


class ObjectStore:
    """The part of Hadoop's S3 that is needed; a download may fail after some bytes."""

    def __init__(self, objects: dict[str, bytes], breaks_after: int | None = None, error: str = "") -> None:
        self.objects, self.breaks_after, self.error = objects, breaks_after, error

    def resolvePath(self, path: JavaPath) -> JavaPath:  # noqa: N802
        return path

    def getFileStatus(self, path: JavaPath) -> Any:  # noqa: N802
        return types.SimpleNamespace(getLen=lambda: len(self.objects[path.uri]))

    def copyToLocalFile(self, _delete: bool, path: JavaPath, to: JavaPath, _raw: bool) -> None:  # noqa: N802
        to.on_disk.write_bytes(self.objects[path.uri][: self.breaks_after])
        if self.error:
            raise OSError(self.error)

    def copyFromLocalFile(self, _delete: bool, _overwrite: bool, file: JavaPath, to: JavaPath) -> None:  # noqa: N802
        self.objects[to.uri] = file.on_disk.read_bytes()


def files_on(store: ObjectStore) -> HadoopFiles:
    hadoop = types.SimpleNamespace(fs=types.SimpleNamespace(Path=JavaPath))
    jvm = types.SimpleNamespace(org=types.SimpleNamespace(apache=types.SimpleNamespace(hadoop=hadoop)))
    session: Any = types.SimpleNamespace(
        _jvm=jvm, _jsc=types.SimpleNamespace(hadoopConfiguration=lambda: store)
    )
    return HadoopFiles(session)


def test_the_new_object_replaces_the_old_one() -> None:
    store = ObjectStore({SOURCE: b"new", TARGET: b"old"})
    files_on(store).replace(SOURCE, TARGET)
    assert store.objects == {SOURCE: b"new", TARGET: b"new"}


@pytest.mark.parametrize("error", ["connection reset", ""], ids=["with an error", "without a word"])
def test_an_object_that_cannot_be_read_completely_does_not_replace_the_old_one(error: str) -> None:
    store = ObjectStore({SOURCE: b"a new object", TARGET: b"old"}, breaks_after=5, error=error)
    with pytest.raises(OSError, match=error or "could not read all of s3://lake/_staging/t.parquet"):
        files_on(store).replace(SOURCE, TARGET)
    assert store.objects[TARGET] == b"old"
