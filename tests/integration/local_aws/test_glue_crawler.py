"""The crawler of the local AWS: what lies in the bucket becomes tables and partitions of the catalog."""

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

_INHERIT = json.dumps(
    {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
)


@pytest.fixture
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(lake=tmp_path_factory.mktemp("lake")) as local:
        local.client("s3").create_bucket(Bucket="curated")
        local.client("glue").create_database(DatabaseInput={"Name": "music"})
        yield local


def test_a_table_is_made_for_each_folder_with_its_partitions(aws: LocalAws) -> None:
    _put(aws, "tracks/snapshot_date=2026-01-01/a.parquet", track_id=["t1", "t2"], duration_ms=[1, 2])
    _put(aws, "tracks/snapshot_date=2026-01-02/a.parquet", track_id=["t1"], duration_ms=[1])
    _put(aws, "artists/a.parquet", artist_id=["a1"], genres=[["rock", "pop"]])
    crawler = _crawl(aws, "s3://curated/")

    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
    tracks = _table(aws, "tracks")
    assert _types(tracks) == {"track_id": "string", "duration_ms": "bigint"}
    assert tracks["PartitionKeys"] == [{"Name": "snapshot_date", "Type": "string"}]
    assert tracks["StorageDescriptor"]["Location"] == "s3://curated/tracks/"
    assert tracks["TableType"] == "EXTERNAL_TABLE"
    assert tracks["Parameters"]["classification"] == "parquet"
    assert tracks["Parameters"]["UPDATED_BY_CRAWLER"] == "crawler"
    assert tracks["Parameters"]["recordCount"] == "3"
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


def test_a_crawl_of_new_folders_adds_days_but_no_table_after_the_first(aws: LocalAws) -> None:
    policy = {"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}}
    _put(aws, "tracks/snapshot_date=2026-01-01/a.parquet", track_id=["t1"])
    _crawl(aws, "s3://curated/", **policy)
    _put(aws, "tracks/snapshot_date=2026-01-02/a.parquet", track_id=["t1"])
    _put(aws, "albums/snapshot_date=2026-01-02/a.parquet", album_id=["a1"])
    _crawl(aws)

    assert [part["Values"] for part in _partitions(aws, "tracks")] == [["2026-01-01"], ["2026-01-02"]]
    assert [table["Name"] for table in aws.client("glue").get_tables(DatabaseName="music")["TableList"]] == [
        "tracks"
    ]


def test_descriptions_that_were_given_to_a_table_stay(aws: LocalAws) -> None:
    _put(aws, "tracks/day=1/a.parquet", track_id=["t1"], popularity=[1])
    _crawl(aws, "s3://curated/tracks/", Configuration=_INHERIT)
    table = _table(aws, "tracks")
    described = {name: table[name] for name in ("Name", "TableType", "Parameters", "StorageDescriptor")}
    described["StorageDescriptor"]["Columns"] = [
        {"Name": "track_id", "Type": "string", "Comment": "Spotify's id"},
        {"Name": "popularity", "Type": "bigint", "Comment": "0 to 100"},
    ]
    keys = [{"Name": "day", "Type": "string", "Comment": "the day"}]
    parameters = {**described["Parameters"], "owner_team": "data"}
    aws.client("glue").update_table(
        DatabaseName="music",
        TableInput={
            **described,
            "Description": "A track a day",
            "PartitionKeys": keys,
            "Parameters": parameters,
        },
    )
    _put(aws, "tracks/day=2/a.parquet", track_id=["t1"], popularity=[1.5], label=["x"])
    _crawl(aws)

    crawled = _table(aws, "tracks")
    assert crawled["Description"] == "A track a day"
    assert crawled["PartitionKeys"] == keys
    assert crawled["Parameters"]["owner_team"] == "data"
    assert crawled["StorageDescriptor"]["Columns"] == [
        {"Name": "track_id", "Type": "string", "Comment": "Spotify's id"},
        {"Name": "popularity", "Type": "double"},
        {"Name": "label", "Type": "string"},
    ]
    inherited = _partitions(aws, "tracks")[1]["StorageDescriptor"]["Columns"]
    assert inherited == crawled["StorageDescriptor"]["Columns"]


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
    assert aws.client("glue").get_tables(DatabaseName="music")["TableList"] == []


def test_an_empty_folder_is_no_error(aws: LocalAws) -> None:
    crawler = _crawl(aws, "s3://curated/nothing/")
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
    assert crawler["State"] == "READY"


def test_a_database_that_does_not_exist_fails_the_crawl(aws: LocalAws) -> None:
    _put(aws, "tracks/a.parquet", track_id=["t1"])
    crawler = _crawl(aws, "s3://curated/", DatabaseName="absent")
    assert crawler["LastCrawl"]["Status"] == "FAILED"
    assert "absent" in crawler["LastCrawl"]["ErrorMessage"]


def test_excluded_folders_and_hidden_files_are_left_out(aws: LocalAws) -> None:
    _put(aws, "tracks/day=1/a.parquet", track_id=["t1"])
    _put(aws, "_staging/run_id=1/tracks/a.parquet", track_id=["t1"])
    aws.client("s3").put_object(Bucket="curated", Key="tracks/day=1/_SUCCESS", Body=b"")
    aws.client("s3").put_object(Bucket="curated", Key="_runs/_published.json", Body=b"{}")
    _crawl(aws, {"Path": "s3://curated/", "Exclusions": ["_staging/**"]})

    assert [table["Name"] for table in aws.client("glue").get_tables(DatabaseName="music")["TableList"]] == [
        "tracks"
    ]


def test_a_partition_whose_files_are_gone_is_deleted_when_the_policy_says_so(aws: LocalAws) -> None:
    for day in ("1", "2"):
        _put(aws, f"tracks/day={day}/a.parquet", track_id=["t1"])
    _crawl(aws, "s3://curated/tracks/", SchemaChangePolicy={"DeleteBehavior": "DELETE_FROM_DATABASE"})
    aws.client("s3").delete_object(Bucket="curated", Key="tracks/day=1/a.parquet")
    _crawl(aws)
    assert [part["Values"] for part in _partitions(aws, "tracks")] == [["2"]]


def test_a_table_whose_files_are_gone_is_marked_and_kept_by_default(aws: LocalAws) -> None:
    _put(aws, "tracks/day=1/a.parquet", track_id=["t1"])
    _crawl(aws, "s3://curated/")
    aws.client("s3").delete_object(Bucket="curated", Key="tracks/day=1/a.parquet")
    _crawl(aws)
    assert _table(aws, "tracks")["Parameters"]["DEPRECATED_BY_CRAWLER"] == "crawler"


def test_a_running_crawler_cannot_be_started_again_and_can_be_stopped(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, go_on = threading.Event(), threading.Event()

    def slowly(*_: Any) -> list[Any]:
        looking.set()
        go_on.wait(20)
        return []

    monkeypatch.setattr(glue_crawler, "find_tables", slowly)
    glue = aws.client("glue")
    _create(aws, "s3://curated/")
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


def _create(aws: LocalAws, target: str | dict[str, Any], **settings: Any) -> None:
    targets = [{"Path": target} if isinstance(target, str) else target]
    wanted = {"DatabaseName": "music", "Role": "crawler", **settings}
    aws.client("glue").create_crawler(Name="crawler", Targets={"S3Targets": targets}, **wanted)


def _crawl(aws: LocalAws, target: str | dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    if target is not None:
        _create(aws, target, **settings)
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


def _types(table: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


def _partitions(aws: LocalAws, name: str) -> list[dict[str, Any]]:
    found = aws.client("glue").get_partitions(DatabaseName="music", TableName=name)["Partitions"]
    return sorted(found, key=lambda partition: partition["Values"])
