"""Which changes of the contract a run accepts, and which it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spotify_lake.config import JobConfig
from spotify_lake.contract.compatibility import check_columns
from spotify_lake.contract.tables import TABLES, Column, Table, table
from spotify_lake.errors import SchemaChangeRefused
from spotify_lake.publishing.run_report import RunReport
from spotify_lake.rebuild.partial_rebuild import columns
from tests.unit.spotify_lake.memory_reports import MemoryReports

PUBLISHED = [["track_id", "string"], ["popularity", "int"]]


def contract(*named: tuple[str, str]) -> list[Table]:
    return [
        Table(
            "tracks", "Tracks.", "A track.", tuple(Column(*each, "A thing.") for each in named), ("track_id",)
        )
    ]


def lake(**changes: Any) -> MemoryReports:
    """Two published days, of which the newer has `PUBLISHED`, and a third without a report."""
    fields = {"run_id": "r", "snapshot_date": "2026-11-21", "published_at": "2026-11-21T09"} | {
        "tables": {"tracks": {"rows": 1}}
    }
    report = json.dumps(fields | {"columns": {"tracks": PUBLISHED}} | changes)
    old = json.dumps(fields | {"columns": {"tracks": [["track_id", "bigint"]]}})
    return MemoryReports(
        {
            "s3://c/_runs/snapshot_date=2026-11-20/run_id=r/_published.json": old,
            "s3://c/_runs/snapshot_date=2026-11-21/run_id=r/_published.json": report,
            "s3://c/_runs/snapshot_date=2026-11-22/run_id=r/other.json": "no report",
            "s3://c/tracks/snapshot_date=2026-11-21/part-0.parquet": "rows",
        }
    )


def test_an_unchanged_contract_is_accepted() -> None:
    check_columns(lake(), "s3://c/", contract(("track_id", "string"), ("popularity", "int")))


def test_a_column_may_be_added_at_the_end() -> None:
    check_columns(
        lake(), "s3://c/", contract(("track_id", "string"), ("popularity", "int"), ("isrc", "string"))
    )


@pytest.mark.parametrize(
    ("changed", "facts"),
    [
        (
            [("track_id", "string"), ("popularity", "bigint")],
            ("popularity", "int", "bigint"),
        ),
        ([("track_id", "string")], ("popularity", "int")),
        (
            [("track_id", "string"), ("isrc", "string"), ("popularity", "int")],
            ("popularity", "2"),
        ),
    ],
    ids=["another type", "gone", "moved"],
)
def test_any_other_change_is_refused_with_the_column_and_the_remedy(
    changed: list[tuple[str, str]], facts: tuple[str, ...]
) -> None:
    with pytest.raises(SchemaChangeRefused) as refusal:
        check_columns(lake(), "s3://c/", contract(*changed))
    assert refusal.value.table == "tracks"
    for fact in facts:
        assert fact in refusal.value.difference
    for fact in ("tracks", refusal.value.difference, "s3://c/tracks/"):
        assert fact in str(refusal.value)


def test_a_table_whose_partitions_were_deleted_may_have_any_columns() -> None:
    files = lake()
    del files["s3://c/tracks/snapshot_date=2026-11-21/part-0.parquet"]
    check_columns(files, "s3://c/", contract(("track_id", "bigint")))


@pytest.mark.parametrize("files", [MemoryReports(), lake(columns={})], ids=["no day", "no columns recorded"])
def test_columns_that_were_not_recorded_are_not_compared(files: MemoryReports) -> None:
    check_columns(files, "s3://c/", contract(("track_id", "bigint")))


def test_a_report_has_the_columns_of_all_published_tables() -> None:
    config = JobConfig(
        run_id="r", snapshot_date="2026-11-21", raw_uri="s3://r/", curated_uri="s3://c/", tables=("tracks",)
    )
    published = {"tracks": (("a", "int"),), "albums": (("b", "int"),)}
    report = RunReport("r0", "2026-11-21", "", {}, columns=published)
    assert columns(config, report) == {"tracks": table("tracks").types, "albums": (("b", "int"),)}


def test_a_complete_run_records_the_columns_of_every_table() -> None:
    config = JobConfig(run_id="r", snapshot_date="2026-11-21", raw_uri="s3://r/", curated_uri="s3://c/")
    assert set(columns(config, None)) == {each.name for each in TABLES}


def test_a_column_that_only_a_rebuild_of_older_days_has_published_may_not_change_its_type() -> None:
    files = lake()
    files["s3://c/_runs/_columns.json"] = json.dumps({"tracks": [*PUBLISHED, ["isrc", "string"]]})
    same = (("track_id", "string"), ("popularity", "int"))
    check_columns(files, "s3://c/", contract(*same, ("isrc", "string")))
    with pytest.raises(SchemaChangeRefused, match=r"isrc.* string.* int "):
        check_columns(files, "s3://c/", contract(*same, ("isrc", "int")))
    with pytest.raises(SchemaChangeRefused, match=r"isrc.*string"):
        check_columns(files, "s3://c/", contract(*same))
