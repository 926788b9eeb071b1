"""The crawler of the local AWS registers Parquet files of a bucket as tables and partitions."""

import io
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.local.aws import LocalAws, glue_crawler

_SETTINGS: dict[str, Any] = {
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
    "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
    "Configuration": json.dumps(
        {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
    ),
}


@pytest.fixture
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(lake=tmp_path_factory.mktemp("lake")) as local:
        local.client("s3").create_bucket(Bucket="curated")
        local.client("glue").create_database(DatabaseInput={"Name": "music"})
        yield local


def test_the_first_crawl_creates_a_table_for_each_target_with_its_partitions(aws: LocalAws) -> None:
    _put(aws, "tracks/snapshot_date=2026-01-01/a.parquet", track_id=["t1", "t2"], duration_ms=[1, 2])
    _put(aws, "tracks/snapshot_date=2026-01-02/a.parquet", track_id=["t1"], duration_ms=[1])
    _put(aws, "artists/snapshot_date=2026-01-02/a.parquet", artist_id=["a1"], genres=[["rock", "pop"]])
    crawler = _crawl(aws, "s3://curated/tracks/", "s3://curated/artists/")

    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
    tracks = _table(aws, "tracks")
    assert _types(tracks) == {"track_id": "string", "duration_ms": "bigint"}
    assert tracks["PartitionKeys"] == [{"Name": "snapshot_date", "Type": "string"}]
    assert tracks["StorageDescriptor"]["Location"] == "s3://curated/tracks/"
    assert tracks["TableType"] == "EXTERNAL_TABLE"
    assert tracks["Parameters"] == {"classification": "parquet", "UPDATED_BY_CRAWLER": "crawler"}
    locations = {
        part["Values"][0]: part["StorageDescriptor"]["Location"] for part in _partitions(aws, "tracks")
    }
    assert locations == {
        "2026-01-01": "s3://curated/tracks/snapshot_date=2026-01-01/",
        "2026-01-02": "s3://curated/tracks/snapshot_date=2026-01-02/",
    }
    assert _types(_table(aws, "artists")) == {"artist_id": "string", "genres": "array<string>"}


def test_a_later_crawl_registers_the_new_partition(aws: LocalAws) -> None:
    _put(aws, "tracks/snapshot_date=2026-01-01/a.parquet", track_id=["t1"])
    _crawl(aws, "s3://curated/tracks/")
    _put(aws, "tracks/snapshot_date=2026-01-02/a.parquet", track_id=["t1"])
    _crawl(aws)

    assert [part["Values"] for part in _partitions(aws, "tracks")] == [["2026-01-01"], ["2026-01-02"]]


def test_a_later_crawl_creates_no_table(aws: LocalAws) -> None:
    _put(aws, "tracks/snapshot_date=2026-01-01/a.parquet", track_id=["t1"])
    _crawl(aws, "s3://curated/tracks/", "s3://curated/albums/")
    _put(aws, "albums/snapshot_date=2026-01-02/a.parquet", album_id=["a1"])
    _crawl(aws)

    assert _tables(aws) == ["tracks"]


def test_a_later_crawl_does_not_change_the_table_and_partitions_inherit_its_columns(aws: LocalAws) -> None:
    _put(aws, "tracks/day=1/a.parquet", track_id=["t1"], popularity=[1])
    _crawl(aws, "s3://curated/tracks/")
    table = _table(aws, "tracks")
    described = {name: table[name] for name in ("Name", "TableType", "Parameters", "StorageDescriptor")}
    columns = [
        {"Name": "track_id", "Type": "string", "Comment": "Spotify's id"},
        {"Name": "popularity", "Type": "bigint", "Comment": "0 to 100"},
    ]
    described["StorageDescriptor"]["Columns"] = columns
    keys = [{"Name": "day", "Type": "string", "Comment": "the day"}]
    aws.client("glue").update_table(
        DatabaseName="music",
        TableInput={**described, "Description": "One row per track and day", "PartitionKeys": keys},
    )
    _put(aws, "tracks/day=2/a.parquet", track_id=["t1"], popularity=[1.5], label=["x"])
    _crawl(aws)

    crawled = _table(aws, "tracks")
    assert crawled["Description"] == "One row per track and day"
    assert crawled["PartitionKeys"] == keys
    assert crawled["StorageDescriptor"]["Columns"] == columns
    assert _partitions(aws, "tracks")[1]["StorageDescriptor"]["Columns"] == columns


def test_a_crawl_that_finds_nothing_new_leaves_the_table_at_its_version(aws: LocalAws) -> None:
    _put(aws, "tracks/day=1/a.parquet", track_id=["t1"])
    _crawl(aws, "s3://curated/tracks/")
    _crawl(aws)
    assert _table(aws, "tracks")["VersionId"] == "1"


def test_a_broken_parquet_file_fails_the_crawl_and_is_named(aws: LocalAws) -> None:
    aws.client("s3").put_object(Bucket="curated", Key="tracks/day=1/a.parquet", Body=b"PAR1 and no more")
    crawler = _crawl(aws, "s3://curated/tracks/")

    assert crawler["LastCrawl"]["Status"] == "FAILED"
    assert "s3://curated/tracks/day=1/a.parquet" in crawler["LastCrawl"]["ErrorMessage"]
    assert _tables(aws) == []


def test_a_file_outside_of_a_partition_folder_fails_the_crawl(aws: LocalAws) -> None:
    _put(aws, "tracks/a.parquet", track_id=["t1"])
    crawler = _crawl(aws, "s3://curated/tracks/")

    assert crawler["LastCrawl"]["Status"] == "FAILED"
    assert "s3://curated/tracks/a.parquet" in crawler["LastCrawl"]["ErrorMessage"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("RecrawlPolicy", {"RecrawlBehavior": "CRAWL_EVERYTHING"}),
        ("SchemaChangePolicy", {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}),
        ("SchemaChangePolicy", {"UpdateBehavior": "LOG", "DeleteBehavior": "DELETE_FROM_DATABASE"}),
        ("Configuration", "{}"),
    ],
)
def test_a_setting_that_is_not_supported_fails_the_crawl_and_is_named(
    aws: LocalAws, setting: str, value: Any
) -> None:
    crawler = _crawl(aws, "s3://curated/tracks/", **{setting: value})
    assert crawler["LastCrawl"]["Status"] == "FAILED"
    assert "does not support" in crawler["LastCrawl"]["ErrorMessage"]


def test_an_empty_folder_succeeds_without_a_table(aws: LocalAws) -> None:
    crawler = _crawl(aws, "s3://curated/nothing/")
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
    assert crawler["State"] == "READY"
    assert _tables(aws) == []


def test_a_database_that_does_not_exist_fails_the_crawl(aws: LocalAws) -> None:
    crawler = _crawl(aws, "s3://curated/tracks/", DatabaseName="absent")
    assert crawler["LastCrawl"]["Status"] == "FAILED"
    assert "absent" in crawler["LastCrawl"]["ErrorMessage"]


def test_hidden_files_and_folders_that_are_not_targets_are_ignored(aws: LocalAws) -> None:
    _put(aws, "tracks/day=1/a.parquet", track_id=["t1"])
    _put(aws, "tracks/day=2/_a.parquet", track_id=["t1"])
    _put(aws, "_staging/run_id=1/tracks/a.parquet", track_id=["t1"])
    aws.client("s3").put_object(Bucket="curated", Key="tracks/day=3/_SUCCESS", Body=b"")
    _crawl(aws, "s3://curated/tracks/")

    assert _tables(aws) == ["tracks"]
    assert [part["Values"] for part in _partitions(aws, "tracks")] == [["1"]]


def test_a_partition_whose_files_were_deleted_stays_registered(aws: LocalAws) -> None:
    for day in ("1", "2"):
        _put(aws, f"tracks/day={day}/a.parquet", track_id=["t1"])
    _crawl(aws, "s3://curated/tracks/")
    aws.client("s3").delete_object(Bucket="curated", Key="tracks/day=1/a.parquet")
    _crawl(aws)
    assert [part["Values"] for part in _partitions(aws, "tracks")] == [["1"], ["2"]]


def test_a_running_crawler_cannot_be_started_again_and_can_be_stopped(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, go_on = threading.Event(), threading.Event()

    def slowly(*_: Any) -> glue_crawler.FoundTable:
        looking.set()
        go_on.wait(20)
        return glue_crawler.FoundTable("tracks", "s3://curated/tracks/")

    monkeypatch.setattr(glue_crawler, "find_new_folders", slowly)
    glue = aws.client("glue")
    _create(aws, "s3://curated/tracks/")
    glue.start_crawler(Name="crawler")
    looking.wait(20)
    assert glue.get_crawler(Name="crawler")["Crawler"]["State"] == "RUNNING"
    assert "LastCrawl" not in glue.get_crawler(Name="crawler")["Crawler"]
    with pytest.raises(glue.exceptions.CrawlerRunningException):
        glue.start_crawler(Name="crawler")
    glue.stop_crawler(Name="crawler")
    assert glue.get_crawler(Name="crawler")["Crawler"]["State"] == "STOPPING"
    go_on.set()

    assert _ready(aws)["LastCrawl"]["Status"] == "CANCELLED"


def _put(aws: LocalAws, key: str, **columns: list[Any]) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    aws.client("s3").put_object(Bucket="curated", Key=key, Body=buffer.getvalue())


def _create(aws: LocalAws, *paths: str, **settings: Any) -> None:
    targets = {"S3Targets": [{"Path": path} for path in paths]}
    wanted = {"DatabaseName": "music", "Role": "crawler", **_SETTINGS, **settings}
    aws.client("glue").create_crawler(Name="crawler", Targets=targets, **wanted)


def _crawl(aws: LocalAws, *paths: str, **settings: Any) -> dict[str, Any]:
    """Crawl the paths with a new crawler; without a path, crawl again with the one that exists."""
    if paths:
        _create(aws, *paths, **settings)
    aws.client("glue").start_crawler(Name="crawler")
    return _ready(aws)


def _ready(aws: LocalAws) -> dict[str, Any]:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        crawler: dict[str, Any] = aws.client("glue").get_crawler(Name="crawler")["Crawler"]
        if crawler["State"] == "READY":
            return crawler
        time.sleep(0.02)
    raise AssertionError("the crawler never came back")


def _table(aws: LocalAws, name: str) -> dict[str, Any]:
    table: dict[str, Any] = aws.client("glue").get_table(DatabaseName="music", Name=name)["Table"]
    return table


def _tables(aws: LocalAws) -> list[str]:
    return [table["Name"] for table in aws.client("glue").get_tables(DatabaseName="music")["TableList"]]


def _types(table: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


def _partitions(aws: LocalAws, name: str) -> list[dict[str, Any]]:
    found = aws.client("glue").get_partitions(DatabaseName="music", TableName=name)["Partitions"]
    return sorted(found, key=lambda partition: partition["Values"])
