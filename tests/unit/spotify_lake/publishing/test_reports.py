"""The published state of a day from its reports, and the day that a day is compared with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest

from spotify_lake.config import JobConfig
from spotify_lake.errors import TablesWouldDisagree
from spotify_lake.publishing.reports import previous_snapshot, published_columns, published_day
from spotify_lake.publishing.run_report import RebuildReport, RunReport
from spotify_lake.quality.comparisons import LastSeen, PreviousSnapshot
from spotify_lake.rebuild.partial_rebuild import check_fetches, check_rejected, check_rows, kept
from tests.unit.spotify_lake.memory_reports import MemoryReports

RUNS = "s3://c/_runs/snapshot_date="
PUBLISHED = RunReport(
    "r1", "2026-11-20", "", {"tracks": 5, "albums": 2}, runs_read=("run-1",), rejected={"not_json": 1}
)


def report(run_id: str, published_at: str, **changes: Any) -> str:
    """A report as the first release wrote it, with changes."""
    fields = {"run_id": run_id, "snapshot_date": published_at[:10] or "2026-11-20"}
    return json.dumps({**fields, "published_at": published_at, "tables": {"tracks": {"rows": 1}}, **changes})


def count_nothing(day: str) -> Mapping[str, int]:
    raise AssertionError(f"the report of {day} says how many items there are")


def test_the_previous_snapshot_is_the_last_report_of_the_newest_earlier_day() -> None:
    files = MemoryReports(
        {
            f"{RUNS}2026-11-18/run_id=a/_published.json": "not even read",
            f"{RUNS}2026-11-20/run_id=b/_published.json": report("b", "2026-11-20T09", items={"p": 2}),
            f"{RUNS}2026-11-20/run_id=c/_published.json": report("c", "2026-11-20T08", items={"p": 3}),
            f"{RUNS}2026-11-21/run_id=d/other.json": "no report",
            f"{RUNS}2026-11-22/run_id=e/_published.json": "today is not read",
            f"{RUNS}2026-11-23/run_id=f/_published.json": "nor is a later day",
            "s3://c/_runs/run_id=g/_rebuilt.json": "nor what a rebuild of many days noted",
        }
    )
    previous = previous_snapshot(files, "s3://c/", "2026-11-22", count_nothing)
    assert previous == PreviousSnapshot("2026-11-20", {"tracks": 1}, {"p": 2})


def test_the_first_snapshot_has_no_previous_one() -> None:
    assert previous_snapshot(MemoryReports(), "s3://c/", "2026-11-22", count_nothing) is None


def test_items_that_an_old_report_lacks_are_counted() -> None:
    files = MemoryReports({f"{RUNS}2026-11-20/run_id=a/_published.json": report("a", "")})
    previous = previous_snapshot(files, "s3://c/", "2026-11-22", lambda day: {f"counted on {day}": 7})
    assert previous == PreviousSnapshot("2026-11-20", {"tracks": 1}, {"counted on 2026-11-20": 7})


def test_figures_of_tables_that_a_run_did_not_replace_are_kept() -> None:
    whole = report("a", "2026-11-20T08", tables={"tracks": {"rows": 5}, "albums": {"rows": 2}})
    partial = report("b", "2026-11-20T09", tables={"tracks": {"rows": 6}}, kept={"albums": {"rows": 2}})
    files = MemoryReports(
        {
            f"{RUNS}2026-11-20/run_id=a/_published.json": whole,
            f"{RUNS}2026-11-20/run_id=b/_published.json": partial,
        }
    )
    published = published_day(files, "s3://c/", "2026-11-20")
    assert published is not None
    assert published.rows == {"tracks": 6, "albums": 2}


def config(*tables: str) -> JobConfig:
    given = {"tables": tables} if tables else {}
    return JobConfig("s3://r/", "s3://c/", "r", "2026-11-20", **given)  # type: ignore[arg-type]  # only tables


def test_a_run_keeps_the_figures_of_tables_that_it_does_not_publish() -> None:
    assert kept(config("tracks"), PUBLISHED) == {"albums": 2}
    assert kept(config(), PUBLISHED) == {}
    assert kept(config(), None) == {}


def test_some_tables_are_rebuilt_from_the_same_fetches_as_the_others() -> None:
    check_fetches(config("tracks"), PUBLISHED, ["run-1"])
    with pytest.raises(
        TablesWouldDisagree, match=r"made of the runs run-1, the raw zone now has run-1, run-2.*whole"
    ):
        check_fetches(config("tracks"), PUBLISHED, ["run-1", "run-2"])
    check_fetches(config(), PUBLISHED, ["run-1", "run-2"])


def test_some_tables_of_a_day_that_was_never_published_are_refused() -> None:
    with pytest.raises(TablesWouldDisagree, match=r"tracks of 2026-11-20 .*never published"):
        check_fetches(config("tracks"), None, ["run-1"])
    check_fetches(config(), None, ["run-1"])


def test_some_tables_are_refused_if_other_records_are_rejected_now() -> None:
    check_rejected(config("tracks"), PUBLISHED, {"not_json": 1})
    with pytest.raises(TablesWouldDisagree, match="holds 1 not_json, now no records would be rejected"):
        check_rejected(config("tracks"), PUBLISHED, {})
    check_rejected(config(), PUBLISHED, {})


def test_some_tables_are_refused_if_another_table_would_have_other_rows() -> None:
    check_rows(config("tracks"), PUBLISHED, {**PUBLISHED.rows, "tracks": 99})
    with pytest.raises(TablesWouldDisagree, match="albums has 2 rows and would have 3"):
        check_rows(config("tracks"), PUBLISHED, {**PUBLISHED.rows, "albums": 3})
    check_rows(config(), PUBLISHED, {"albums": 3})


def test_the_columns_of_a_table_are_those_of_its_last_publication_on_any_day() -> None:
    stored = report("a", "2026-11-20T08", columns={"tracks": [["a", "int"]], "albums": [["b", "int"]]})
    files = MemoryReports({f"{RUNS}2026-11-20/run_id=a/_published.json": stored})
    assert published_columns(files, "s3://c/", ("tracks", "albums")) == {
        "tracks": (("a", "int"),),
        "albums": (("b", "int"),),
    }
    files["s3://c/_runs/_columns.json"] = json.dumps({"tracks": [["a", "int"], ["x", "string"]]})
    assert published_columns(files, "s3://c/", ("tracks", "albums")) == {
        "tracks": (("a", "int"), ("x", "string")),
        "albums": (("b", "int"),),
    }
    assert published_columns(MemoryReports(), "s3://c/", ("tracks",)) == {}


def test_a_report_is_read_as_it_was_written() -> None:
    report = RunReport(
        run_id="r1",
        snapshot_date="2026-11-20",
        published_at="2026-11-20T06:00:00.000Z",
        tables={"tracks": 5},
        runs_read=("f1", "f2"),
        kept={"albums": 2},
        columns={"tracks": (("track_id", "string"),)},
        values={"tracks": {"popularity": 4}},
        reconciliation={"artists": {"read": 1, "written": 1}},
        rejected={"not_json": 1},
        rejected_before={"not_json": 2},
        quality={"rules": 60, "failed": [{"rule": "tracks:row_count"}]},
        drift={"new": {"track.vibe": 1}},
        items={"p1": 5},
        absent={"p2": LastSeen("2026-11-19", 7)},
        accepted_shrink={"p1": 5},
    )
    assert all(getattr(report, field.name) for field in dataclasses.fields(report))
    assert RunReport.from_json(report.to_json()) == report


def test_a_report_of_the_first_release_is_read() -> None:
    assert RunReport.from_json(report("a", "2026-11-20T08")) == RunReport(
        "a", "2026-11-20", "2026-11-20T08", {"tracks": 1}
    )


def test_a_report_with_a_field_of_a_later_release_is_read() -> None:
    assert RunReport.from_json(report("a", "2026-11-20T08", later=1)).run_id == "a"


def test_the_report_of_a_rebuild_sums_its_days_and_is_read_as_it_was_written() -> None:
    days = [
        RunReport("r", f"2026-11-{day}", "", {"tracks": day}, rejected={"not_json": 1}) for day in (18, 20)
    ]
    rebuild = RebuildReport.of_days("all", days, {"2026-11-19": "expired"})
    assert (rebuild.days, rebuild.rows, rebuild.rejected) == (
        ("2026-11-18", "2026-11-20"),
        {"tracks": 38},
        {"not_json": 2},
    )
    assert RebuildReport.from_json(rebuild.to_json()) == rebuild
