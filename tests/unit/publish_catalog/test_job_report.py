"""PublishCatalog reads the job's reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from common.events import Run
from publish_catalog.errors import ReportMissing
from publish_catalog.job_report import read_report


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="curated")
        yield client


def put(s3: Any, key: str, **report: Any) -> None:
    s3.put_object(Bucket="curated", Key=f"_runs/{key}", Body=json.dumps(report))


def failed_rule(number: int) -> dict[str, Any]:
    return {
        "rule": f"tracks.column_{number}:range",
        "table": "tracks",
        "severity": "warn",
        "failing": number,
        "detail": "very long " * 100,
    }


def put_day(s3: Any, day: str, tables: dict[str, int], failed: int = 0) -> None:
    put(
        s3,
        f"snapshot_date={day}/run_id=r/_published.json",
        run_id="r",
        snapshot_date=day,
        published_at=f"{day}T06:00:00.000Z",
        tables={name: {"rows": rows} for name, rows in tables.items()},
        rejected={"not_json": 1},
        rejected_before={"not_json": 3, "wrong_type": 1},
        quality={"rules": 60, "failed": [failed_rule(n) for n in range(failed)]},
    )


def test_a_fetched_day_is_read_from_its_report(s3: Any) -> None:
    put_day(s3, "2026-11-20", {"tracks": 5}, failed=30)
    report = read_report(s3, "curated", Run("r", "2026-11-20", is_rebuild=False))
    assert (report.snapshot_date, report.rows, report.rejected) == (
        "2026-11-20",
        {"tracks": 5},
        {"not_json": 1},
    )
    assert report.quality["rules"] == 60
    assert report.quality["failed_total"] == 30
    assert len(report.quality["failed"]) == 20, "the output of an execution is small"
    assert report.quality["failed"][1] == {**failed_rule(1), "detail": ("very long " * 30)}
    assert report.rebuilt is None


def test_a_single_rebuilt_day_is_reported_as_a_rebuild(s3: Any) -> None:
    put_day(s3, "2026-11-20", {"tracks": 5})
    report = read_report(s3, "curated", Run("r", "2026-11-20", is_rebuild=True))
    assert report.rows == {"tracks": 5}
    assert report.rebuilt == {
        "asked": "2026-11-20",
        "days": 1,
        "first": "2026-11-20",
        "last": "2026-11-20",
        "left_as_they_are": 0,
        "left": {},
        "rejected_before": 4,
        "rejected_now": 1,
    }


def test_several_days_are_read_from_the_rebuild_report_and_the_newest_days_report(s3: Any) -> None:
    put_day(s3, "2026-11-20", {"tracks": 5}, failed=1)
    put(
        s3,
        "run_id=r/_rebuilt.json",
        run_id="r",
        asked="all",
        days=["2026-11-18", "2026-11-20"],
        left={f"2026-10-{n:02}": "gone" for n in range(1, 31)},
        rows={"tracks": 9},
        rejected={},
        rejected_before={"wrong_type": 7},
    )
    report = read_report(s3, "curated", Run("r", "all", is_rebuild=True))
    assert (report.snapshot_date, report.rows, report.rejected) == ("2026-11-20", {"tracks": 9}, {})
    assert [each["rule"] for each in report.quality["failed"]] == ["tracks.column_0:range"]
    assert report.rebuilt is not None
    assert (report.rebuilt["days"], report.rebuilt["first"], report.rebuilt["last"]) == (
        2,
        "2026-11-18",
        "2026-11-20",
    )
    assert (report.rebuilt["rejected_before"], report.rebuilt["rejected_now"]) == (7, 0)
    assert (report.rebuilt["left_as_they_are"], len(report.rebuilt["left"])) == (30, 20)


def put_marts(s3: Any, *days: str) -> None:
    put(
        s3,
        "run_id=r/_marts_built.json",
        run_id="r",
        requested="all",
        days=dict.fromkeys(days, "requested"),
        newest=days[-1],
        newest_rows={"chart_positions": 3},
        rows={"chart_positions": 7},
        quality={"rules": 10, "failed": []},
    )


def test_marts_are_reported_with_the_day_and_their_rules_with_its_rules(s3: Any) -> None:
    put_day(s3, "2026-11-20", {"tracks": 5}, failed=1)
    put_marts(s3, "2026-11-19", "2026-11-20")
    report = read_report(s3, "curated", Run("r", "2026-11-20", is_rebuild=False, with_marts=True))
    assert report.marts == {
        "days": 2,
        "first": "2026-11-19",
        "last": "2026-11-20",
        "rows": {"chart_positions": 3},
    }
    assert (report.quality["rules"], report.quality["failed_total"]) == (70, 1)


def test_a_rebuild_of_the_marts_needs_no_report_on_tables(s3: Any) -> None:
    put_marts(s3, "2026-11-19", "2026-11-20")
    run = Run("r", "all", is_rebuild=True, with_tables=False, with_marts=True)
    report = read_report(s3, "curated", run)
    assert (report.snapshot_date, report.rows) == ("2026-11-20", {})
    assert report.marts is not None
    assert report.marts["rows"] == {"chart_positions": 7}
    assert report.rebuilt is not None
    assert (report.rebuilt["asked"], report.rebuilt["days"]) == ("all", 2)


def test_marts_that_were_not_published_are_named(s3: Any) -> None:
    put_day(s3, "2026-11-20", {"tracks": 5})
    with pytest.raises(ReportMissing, match=r"_runs/run_id=r/_marts_built\.json"):
        read_report(s3, "curated", Run("r", "2026-11-20", is_rebuild=False, with_marts=True))


@pytest.mark.parametrize("days", ["2026-11-20", "all"])
def test_a_run_that_left_no_report_is_named(s3: Any, days: str) -> None:
    message = r"There is no s3://curated/_runs/.*run_id=r/.*same snapshot_date .or rebuild"
    with pytest.raises(ReportMissing, match=message):
        read_report(s3, "curated", Run("r", days, is_rebuild=days == "all"))
