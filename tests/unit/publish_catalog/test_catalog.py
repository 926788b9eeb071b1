from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
import sqlglot
from moto import mock_aws

from publish_catalog.catalog import describe_table, describe_view, register_days
from publish_catalog.view_sql import all_views, latest_view, read_view
from spotify_lake.contract.marts.registry import ALL_TABLES
from spotify_lake.contract.tables import table


@pytest.fixture
def glue() -> Any:
    with mock_aws():
        client = boto3.client("glue")
        client.create_database(DatabaseInput={"Name": "lake"})
        yield client


def crawled_table(glue: Any, name: str, columns: list[dict[str, str]]) -> None:
    glue.create_table(
        DatabaseName="lake",
        TableInput={
            "Name": name,
            "Parameters": {"classification": "parquet", "UPDATED_BY_CRAWLER": "crawler"},
            "PartitionKeys": [{"Name": "snapshot_date", "Type": "string"}],
            "StorageDescriptor": {"Location": f"s3://curated/{name}/", "Columns": columns},
        },
    )


def found(glue: Any, name: str) -> dict[str, Any]:
    table_found: dict[str, Any] = glue.get_table(DatabaseName="lake", Name=name)["Table"]
    return table_found


def test_every_column_of_a_crawled_table_gets_its_description(glue: Any) -> None:
    crawled_table(glue, "artists", [{"Name": "artist_id", "Type": "string"}])
    describe_table(glue, "lake", table("artists"), "s3://curated/artists/")
    columns = {column["Name"]: column for column in found(glue, "artists")["StorageDescriptor"]["Columns"]}
    assert list(columns) == list(table("artists").column_names)
    assert all(column["Comment"] for column in columns.values())
    assert columns["genres"]["Type"] == "array<string>"
    assert found(glue, "artists")["PartitionKeys"][0]["Comment"]
    assert table("artists").description in found(glue, "artists")["Description"]


def test_properties_that_the_crawler_set_are_kept(glue: Any) -> None:
    crawled_table(glue, "artists", [{"Name": "artist_id", "Type": "string"}])
    describe_table(glue, "lake", table("artists"), "s3://elsewhere/artists/")
    assert found(glue, "artists")["Parameters"]["UPDATED_BY_CRAWLER"] == "crawler"
    assert found(glue, "artists")["StorageDescriptor"]["Location"] == "s3://curated/artists/"


def test_a_table_that_the_crawler_did_not_create_is_created(glue: Any) -> None:
    describe_table(glue, "lake", table("episodes"), "s3://curated/episodes/")
    made = found(glue, "episodes")
    assert made["TableType"] == "EXTERNAL_TABLE"
    assert made["StorageDescriptor"]["Location"] == "s3://curated/episodes/"
    assert made["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")


def test_a_view_of_an_earlier_release_is_replaced_with_the_table_of_the_same_name(glue: Any) -> None:
    view = {"Name": "episodes", "TableType": "VIRTUAL_VIEW", "StorageDescriptor": {"Columns": []}}
    glue.create_table(DatabaseName="lake", TableInput=view)
    describe_table(glue, "lake", table("episodes"), "s3://curated/episodes/")
    made = found(glue, "episodes")
    assert made["TableType"] == "EXTERNAL_TABLE"
    assert made["StorageDescriptor"]["Location"] == "s3://curated/episodes/"


def test_an_up_to_date_table_is_not_written_again(glue: Any) -> None:
    describe_table(glue, "lake", table("tracks"), "s3://curated/tracks/")
    versions = len(glue.get_table_versions(DatabaseName="lake", TableName="tracks")["TableVersions"])
    describe_table(glue, "lake", table("tracks"), "s3://curated/tracks/")
    assert len(glue.get_table_versions(DatabaseName="lake", TableName="tracks")["TableVersions"]) == versions


def test_no_description_exceeds_the_catalogs_limit(glue: Any) -> None:
    for each in ALL_TABLES:
        describe_table(glue, "lake", each, f"s3://curated/{each.name}/")
        columns = found(glue, each.name)["StorageDescriptor"]["Columns"]
        assert max(len(column["Comment"]) for column in columns) <= 255


def days(glue: Any, name: str) -> dict[str, Any]:
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName="lake", TableName=name)
    return {part["Values"][0]: part["StorageDescriptor"] for page in pages for part in page["Partitions"]}


def put_days(*keys: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="curated")
    for key in keys:
        s3.put_object(Bucket="curated", Key=key, Body=b"PAR1")


def test_days_in_s3_that_no_crawl_registered_are_registered(glue: Any) -> None:
    put_days(
        "albums/snapshot_date=2026-11-21/albums.parquet",
        "albums/snapshot_date=2026-11-22/albums.parquet",
        "albums/notes/readme.txt",
        "artists/snapshot_date=2026-11-23/artists.parquet",
    )
    describe_table(glue, "lake", table("albums"), "s3://curated/albums/")
    glue.create_partition(
        DatabaseName="lake",
        TableName="albums",
        PartitionInput={
            "Values": ["2026-11-21"],
            "StorageDescriptor": {"Location": "s3://curated/albums/snapshot_date=2026-11-21/"},
        },
    )
    assert register_days("lake", table("albums"), "s3://curated/albums/") == ["2026-11-22"]
    registered = days(glue, "albums")
    assert list(registered) == ["2026-11-21", "2026-11-22"]
    made = registered["2026-11-22"]
    assert made["Location"] == "s3://curated/albums/snapshot_date=2026-11-22/"
    assert made["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert [column["Name"] for column in made["Columns"]] == list(table("albums").column_names)
    assert register_days("lake", table("albums"), "s3://curated/albums/") == []


def test_a_history_of_years_is_registered_completely(glue: Any) -> None:
    put_days(*(f"albums/snapshot_date={number}/a.parquet" for number in range(1100)))
    describe_table(glue, "lake", table("albums"), "s3://curated/albums/")
    assert len(register_days("lake", table("albums"), "s3://curated/albums/")) == 1100
    assert len(days(glue, "albums")) == 1100


def test_a_view_gets_its_description(glue: Any) -> None:
    glue.create_table(
        DatabaseName="lake",
        TableInput={"Name": "v", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "/* Presto View: e30= */"},
    )
    describe_view(glue, "lake", "v", "What it is.")
    assert found(glue, "v")["Description"] == "What it is."
    assert found(glue, "v")["ViewOriginalText"] == "/* Presto View: e30= */"


def test_the_latest_view_of_a_table_has_the_tables_columns() -> None:
    select = sqlglot.parse_one(latest_view(table("albums")).query, read="athena", into=sqlglot.exp.Select)
    assert select.named_selects == [*table("albums").column_names, "snapshot_date"]


def test_the_views_of_the_lake_exist_with_descriptions() -> None:
    views = {view.name: view for view in all_views()}
    assert {"latest_tracks", "latest_albums", "latest_artists", "playlist_tracks", "artist_trends"} <= set(
        views
    )
    assert all(view.description for view in views.values())


@pytest.mark.parametrize("view", all_views(), ids=lambda view: view.name)
def test_a_view_reads_only_tables_of_the_contract(view: Any) -> None:
    statement = sqlglot.parse_one(view.statement, read="athena")
    select = statement.expression
    own = {cte.alias for cte in select.find_all(sqlglot.exp.CTE)}
    read = {source.name for source in select.find_all(sqlglot.exp.Table)} - own
    assert read <= {each.name for each in ALL_TABLES}


def test_a_views_file_begins_with_its_description(tmp_path: Path) -> None:
    path = tmp_path / "hits.sql"
    path.write_text("-- The hits,\n-- one a row.\nSELECT 1 AS n\n")
    view = read_view(path)
    assert (view.name, view.description, view.query) == ("hits", "The hits, one a row.", "SELECT 1 AS n")
