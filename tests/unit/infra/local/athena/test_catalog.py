"""The catalog's entries, and the catalog that a lake's folder has saved."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from infra.local.athena.catalog import (
    Column,
    Partition,
    Table,
    partition_location,
    view_table,
)
from infra.local.athena.folder_catalog import FolderCatalog
from infra.local.athena.view_definition import ViewDefinition
from infra.local.lake_folder import LakeInUse, only_user_of, write_catalog

TRACKS: dict[str, Any] = {
    "Name": "tracks",
    "Description": "One row per track.",
    "Owner": "owner",
    "Retention": 0,
    "TableType": "EXTERNAL_TABLE",
    "Parameters": {"classification": "parquet", "UPDATED_BY_CRAWLER": "c"},
    "PartitionKeys": [{"Name": "snapshot_date", "Type": "string", "Comment": "The day."}],
    "StorageDescriptor": {
        "Columns": [{"Name": "track_id", "Type": "string"}, {"Name": "genres", "Type": "array<string>"}],
        "Location": "s3://curated/tracks/",
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
            "Parameters": {"serialization.format": "1"},
        },
        "NumberOfBuckets": -1,
    },
}
DAY: dict[str, Any] = {
    "Values": ["2026-01-01"],
    "StorageDescriptor": {**TRACKS["StorageDescriptor"], "Location": "s3://curated/elsewhere/"},
}


def lake_with(folder: Path, *days: dict[str, Any]) -> FolderCatalog:
    write_catalog(folder, {"music": {"tracks": {"table": TRACKS, "partitions": list(days)}}})
    return FolderCatalog(folder)


def test_a_table_gives_its_glue_definition_back() -> None:
    assert Table.from_glue("music", TRACKS).to_glue() == TRACKS


def test_a_partition_gives_its_glue_definition_back() -> None:
    table = Table.from_glue("music", TRACKS)
    partition = Partition.from_glue(DAY, table)
    assert (partition.values, partition.location) == (("2026-01-01",), "s3://curated/elsewhere/")
    assert partition.to_glue(table) == DAY


def test_a_partition_without_a_storage_has_the_tables() -> None:
    table = Table.from_glue("music", TRACKS)
    partition = Partition.from_glue({"Values": ["2026-01-01"]}, table)
    assert partition.location == "s3://curated/tracks/snapshot_date=2026-01-01/"
    assert partition.format == table.format


def test_a_partitions_folder_is_escaped_as_hive_does() -> None:
    table = Table.from_glue("music", TRACKS)
    assert partition_location(table, ["a b/ü:1%"]) == "s3://curated/tracks/snapshot_date=a b%2Fü%3A1%25/"


def test_a_view_is_kept_in_the_text_that_athena_reads() -> None:
    definition = ViewDefinition("SELECT 1 AS x", "music", (("x", "integer"),))
    table = view_table("music", "one", definition, [Column("x", "int")])
    found = Table.from_glue("music", table.to_glue())
    assert found.is_view
    assert found.view == definition
    assert found.columns == (Column("x", "int"),)


@pytest.mark.parametrize("text", ["/* Hive view */", "/* Presto View: e30= */", "/* Presto View: %% */", ""])
def test_a_view_that_is_not_athenas_has_no_definition(text: str) -> None:
    found = Table.from_glue("music", {"Name": "old", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": text})
    assert found.is_view
    assert found.view is None


def test_a_lakes_catalog_is_read(tmp_path: Path) -> None:
    catalog = lake_with(tmp_path, DAY)
    assert catalog.databases() == ["music"]
    assert [table.name for table in catalog.tables("music")] == ["tracks"]
    assert catalog.tables("other") == []
    table = catalog.table("music", "tracks")
    assert table is not None
    assert table.column("snapshot_date") == Column("snapshot_date", "string", "The day.")
    assert [partition.values for partition in catalog.partitions(table)] == [("2026-01-01",)]
    assert catalog.table("music", "absent") is None


def test_changes_are_there_for_the_next_reader_and_not_for_an_earlier_one(tmp_path: Path) -> None:
    before = lake_with(tmp_path, DAY)
    catalog = FolderCatalog(tmp_path)
    with catalog.changing():
        table = catalog.table("music", "tracks")
        assert table is not None
        catalog.put_table(dataclasses.replace(table, columns=(*table.columns, Column("mood", "string"))))
        catalog.add_partitions(table, [Partition(("2026-01-02",), "s3://curated/new/", table.format)])
        catalog.create_database("reports")

    after = FolderCatalog(tmp_path)
    assert after.databases() == ["music", "reports"]
    found = after.table("music", "tracks")
    assert found is not None
    assert found.columns[-1] == Column("mood", "string")
    assert [each.values for each in after.partitions(found)] == [("2026-01-01",), ("2026-01-02",)]
    assert [each.values for each in before.partitions(table)] == [("2026-01-01",)]

    with after.changing():
        after.drop_partitions(found, [("2026-01-01",)])
        assert [each.values for each in after.partitions(found)] == [("2026-01-02",)]
        after.drop_table(found)
        after.drop_database("reports")
    assert FolderCatalog(tmp_path).tables("music") == []
    assert FolderCatalog(tmp_path).databases() == ["music"]


def test_a_lake_in_use_is_read_and_not_changed(tmp_path: Path) -> None:
    with only_user_of(tmp_path):
        catalog = lake_with(tmp_path, DAY)
        assert catalog.table("music", "tracks") is not None
        with pytest.raises(LakeInUse), catalog.changing():
            pass
