"""A lake's folder as buckets with objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.athena.storage import FolderStorage, bucket_and_key, bucket_and_prefix, is_hidden


def put(folder: Path, *keys: str) -> FolderStorage:
    for key in keys:
        path = folder / "s3" / "music" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(key)
    return FolderStorage(folder / "s3")


def test_objects_below_a_location_are_listed_by_key(tmp_path: Path) -> None:
    storage = put(tmp_path, "tracks/b", "tracks/a", "tracks/day=1/c", "tracks2/d", "e")
    assert [found.key for found in storage.objects("s3://music/tracks")] == [
        "tracks/a",
        "tracks/b",
        "tracks/day=1/c",
    ]
    assert [found.uri for found in storage.objects("s3://music/tracks/day=1/")] == [
        "s3://music/tracks/day=1/c"
    ]
    assert len(storage.objects("s3://music")) == 5


def test_a_location_without_objects_is_empty(tmp_path: Path) -> None:
    storage = put(tmp_path, "a")
    assert storage.objects("s3://music/nowhere/") == []
    assert storage.objects("s3://other/") == []
    assert (storage.has_bucket("music"), storage.has_bucket("other")) == (True, False)


def test_an_object_that_was_replaced_is_not_current(tmp_path: Path) -> None:
    storage = put(tmp_path, "a", "b", "c")
    kept, replaced, deleted = storage.objects("s3://music/")
    new = tmp_path / "new"
    new.write_text("b")
    storage.put("s3://music/b", new)
    storage.file(deleted).unlink()
    assert [storage.is_current(each) for each in (kept, replaced, deleted)] == [True, False, False]
    assert not new.exists()


@pytest.mark.parametrize("location", ["/tmp/x", "file:///tmp/x", "s3:///x", ""])
def test_what_is_not_an_s3_location_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match="must be a location such as s3://bucket/folder/"):
        bucket_and_prefix(location)


def test_a_location_is_split_into_bucket_and_key() -> None:
    assert bucket_and_prefix("s3://music/a b/c#d?e") == ("music", "a b/c#d?e/")
    assert bucket_and_prefix("s3://music") == ("music", "")
    assert bucket_and_key("s3://music/a/b.parquet") == ("music", "a/b.parquet")


def test_what_begins_with_an_underscore_or_a_dot_is_hidden() -> None:
    assert [is_hidden(key) for key in ("_SUCCESS", "a/.x", "_a/x", "a/x_")] == [True, True, True, False]
