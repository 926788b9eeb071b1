"""The lake folder: buckets and catalog are restored in the next local AWS."""

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.local.aws import LocalAws, lake
from infra.local.aws.bucket_mirror import BucketMirror, KeyNotAFile
from infra.local.lake_folder import LakeBroken


def test_objects_are_restored_with_their_etag_and_time(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        _put(aws, "raw/day=1/a.json", b"one")
        before = aws.client("s3").head_object(Bucket="music", Key="raw/day=1/a.json")
        lake.save(aws)
    assert (tmp_path / "s3" / "music" / "raw" / "day=1" / "a.json").read_bytes() == b"one"

    with _aws(tmp_path) as aws:
        restored = lake.restore(aws)
        after = aws.client("s3").get_object(Bucket="music", Key="raw/day=1/a.json")
        assert restored.objects == 1
        assert after["Body"].read() == b"one"
        assert (after["ETag"], after["LastModified"]) == (before["ETag"], before["LastModified"])


def test_the_etag_of_a_multipart_upload_is_kept(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        aws.client("s3").upload_fileobj(io.BytesIO(bytes(9 * 1024 * 1024)), "music", "large")
        etag = aws.client("s3").head_object(Bucket="music", Key="large")["ETag"]
        lake.save(aws)
    with _aws(tmp_path) as aws:
        lake.restore(aws)
        assert aws.client("s3").head_object(Bucket="music", Key="large")["ETag"] == etag
        assert "-" in etag


def test_only_changed_objects_are_written(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        _put(aws, "same", b"1")
        _put(aws, "changed", b"1")
        lake.save(aws)
        files = tmp_path / "s3" / "music"
        inode = (files / "same").stat().st_ino
        _put(aws, "changed", b"2")
        lake.save(aws)
        assert (files / "same").stat().st_ino == inode
        assert (files / "changed").read_bytes() == b"2"


def test_without_the_index_an_unchanged_file_is_recognised_by_its_content(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        _put(aws, "same", b"1")
        lake.save(aws)
        (tmp_path / "s3-index.json").write_text("nonsense")
        assert BucketMirror(aws).pull().written == 0


def test_a_deleted_object_is_removed_from_the_lake_with_its_empty_folders(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        _put(aws, "a/b/c", b"1")
        lake.save(aws)
        aws.client("s3").delete_object(Bucket="music", Key="a/b/c")
        lake.save(aws)
        assert list((tmp_path / "s3" / "music").iterdir()) == []


def test_changed_files_are_uploaded_to_the_bucket(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        for key in ("kept", "changed", "deleted"):
            _put(aws, key, b"1")
        mirror = BucketMirror(aws)
        mirror.pull()
        files = tmp_path / "s3" / "music"
        (files / "changed").write_bytes(b"changed")
        (files / "deleted").unlink()
        (files / "new").mkdir()
        (files / "new" / "object").write_bytes(b"new")
        _put(aws, "meanwhile", b"from elsewhere")
        assert mirror.push() == (2, 1)

        listed = aws.client("s3").list_objects_v2(Bucket="music")["Contents"]
        assert {found["Key"] for found in listed} == {"kept", "changed", "new/object", "meanwhile"}
        assert mirror.push() == (0, 0)


def test_a_key_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        _put(aws, "a/../../escaped", b"1")
        with pytest.raises(KeyNotAFile, match=r"s3://music/a/\.\./\.\./escaped"):
            lake.save(aws)


def test_objects_of_the_deployment_are_not_overwritten(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        _put(aws, "job.py", b"old")
        _put(aws, "data", b"data")
        lake.save(aws)
    with _aws(tmp_path) as aws:
        _put(aws, "job.py", b"new")
        lake.restore(aws)
        assert aws.client("s3").get_object(Bucket="music", Key="job.py")["Body"].read() == b"new"
        assert aws.client("s3").get_object(Bucket="music", Key="data")["Body"].read() == b"data"


def test_a_skipped_bucket_stays_empty(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        _put(aws, "data", b"data")
        lake.save(aws)
    with _aws(tmp_path) as aws:
        assert lake.restore(aws, skip={"music"}).objects == 0
        assert aws.client("s3").list_objects_v2(Bucket="music")["KeyCount"] == 0


def test_a_missing_bucket_and_a_missing_database_are_named_and_kept(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        _put(aws, "data", b"data")
        _register(aws)
        lake.save(aws)
    with LocalAws(lake=tmp_path) as aws:
        assert lake.restore(aws).left_over == ("music", "music")
        lake.save(aws)
    assert (tmp_path / "s3" / "music" / "data").read_bytes() == b"data"
    assert "tracks" in json.loads((tmp_path / "catalog.json").read_text())["databases"]["music"]


def test_tables_partitions_and_views_are_restored(tmp_path: Path) -> None:
    with _aws(tmp_path) as aws:
        _register(aws)
        lake.save(aws)
    with _aws(tmp_path) as aws:
        assert lake.restore(aws).tables == 2
        glue = aws.client("glue")
        table = glue.get_table(DatabaseName="music", Name="tracks")["Table"]
        assert table["Description"] == "A track a day"
        assert table["StorageDescriptor"]["Columns"][0]["Comment"] == "Spotify's id"
        (partition,) = glue.get_partitions(DatabaseName="music", TableName="tracks")["Partitions"]
        assert partition["Values"] == ["2026-01-01"]
        view = glue.get_table(DatabaseName="music", Name="latest")["Table"]
        assert view["ViewOriginalText"] == "/* Presto View: e30= */"


@pytest.mark.parametrize(
    "broken",
    ["{", "[]", '{"version": 99, "databases": {}}', '{"version": 1, "databases": {"music": {"tracks": {}}}}'],
)
def test_a_broken_catalog_is_named_with_the_fix(tmp_path: Path, broken: str) -> None:
    (tmp_path / "catalog.json").write_text(broken)
    with _aws(tmp_path) as aws, pytest.raises(LakeBroken, match="LAKE=<folder>") as error:
        lake.restore(aws)
    assert error.value.path == tmp_path / "catalog.json"
    assert str(tmp_path / "catalog.json") in str(error.value)


def test_a_restored_parquet_file_is_the_same_to_the_byte(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"track_id": ["t1"]}), buffer)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    with _aws(tmp_path) as aws:
        _put(aws, "tracks/a.parquet", buffer.getvalue())
        lake.save(aws)
    with _aws(tmp_path) as aws:
        lake.restore(aws)
        body = aws.client("s3").get_object(Bucket="music", Key="tracks/a.parquet")["Body"].read()
        assert hashlib.sha256(body).hexdigest() == digest


@contextmanager
def _aws(folder: Path) -> Iterator[LocalAws]:
    """An AWS with the bucket and the database `music`, as if just deployed."""
    with LocalAws(lake=folder) as local:
        local.client("s3").create_bucket(Bucket="music")
        local.client("glue").create_database(DatabaseInput={"Name": "music"})
        yield local


def _put(aws: LocalAws, key: str, content: bytes) -> None:
    aws.client("s3").put_object(Bucket="music", Key=key, Body=content)


def _register(aws: LocalAws) -> None:
    columns = [{"Name": "track_id", "Type": "string", "Comment": "Spotify's id"}]
    storage: dict[str, Any] = {"Columns": columns, "Location": "s3://music/tracks/"}
    glue = aws.client("glue")
    tracks = {"Name": "tracks", "Description": "A track a day", "TableType": "EXTERNAL_TABLE"}
    keys = [{"Name": "snapshot_date", "Type": "string"}]
    glue.create_table(
        DatabaseName="music", TableInput={**tracks, "StorageDescriptor": storage, "PartitionKeys": keys}
    )
    partition = {"Values": ["2026-01-01"], "StorageDescriptor": storage}
    glue.create_partition(DatabaseName="music", TableName="tracks", PartitionInput=partition)
    view = {"Name": "latest", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "/* Presto View: e30= */"}
    glue.create_table(DatabaseName="music", TableInput=view)
