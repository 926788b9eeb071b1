"""A column that was added to the contract is null in older partitions in Athena."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import awswrangler as wr
import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.local.aws import LocalAws
from publish_catalog.catalog import describe_table
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import Column, Table, table

BEFORE = table("tracks")
AFTER = dataclasses.replace(BEFORE, columns=(*BEFORE.columns, Column("mood", "string", "How it sounds.")))


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """A table as the crawler created it from its first day, and a second day with one more column."""
    with LocalAws(lake=tmp_path) as local:
        for name, value in local.environment.items():
            monkeypatch.setenv(name, value)
        for bucket in ("curated", "results"):
            local.client("s3").create_bucket(Bucket=bucket)
        glue = local.client("glue")
        glue.create_database(DatabaseInput={"Name": "lake"})
        glue.create_table(
            DatabaseName="lake",
            TableInput={
                "Name": BEFORE.name,
                "StorageDescriptor": _storage(),
                "PartitionKeys": [{"Name": "snapshot_date", "Type": "string"}],
            },
        )
        _put_day(local, BEFORE, "2026-11-20", track_id="older")
        _put_day(local, AFTER, "2026-11-21", track_id="newer", mood="bright")
        yield local


def test_the_column_is_null_on_the_days_before_it_was_added(aws: LocalAws) -> None:
    describe_table(aws.client("glue"), "lake", AFTER, "s3://curated/tracks/")

    found = _ask("SELECT track_id, mood FROM tracks ORDER BY track_id")

    assert found == [["newer", "bright"], ["older", None]]


def _ask(sql: str) -> list[list[str | None]]:
    query = wr.athena.start_query_execution(
        sql, database="lake", s3_output="s3://results/", boto3_session=boto3.Session(), wait=True
    )
    client = boto3.client("athena")
    rows = client.get_query_results(QueryExecutionId=query["QueryExecutionId"])["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]


def _storage(folder: str = "") -> dict[str, object]:
    columns = [{"Name": name, "Type": kind} for name, kind in BEFORE.types]
    serde = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}
    return {"Columns": columns, "Location": f"s3://curated/tracks/{folder}", "SerdeInfo": serde}


def _put_day(aws: LocalAws, contract: Table, day: str, **row: str) -> None:
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row], arrow_schema(contract)), content)
    folder = f"snapshot_date={day}/"
    aws.client("s3").put_object(
        Bucket="curated", Key=f"tracks/{folder}part-0.parquet", Body=content.getvalue()
    )
    aws.client("glue").create_partition(
        DatabaseName="lake",
        TableName="tracks",
        PartitionInput={"Values": [day], "StorageDescriptor": _storage(folder)},
    )
