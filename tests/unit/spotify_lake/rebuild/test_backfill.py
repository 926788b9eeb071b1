"""Rebuilds of several days: which days, in what order, and which are left unchanged."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from spotify_lake.config import JobConfig
from spotify_lake.errors import NoDayToRebuild, QualityGateError, RawObjectMissing, RebuildStopped
from spotify_lake.publishing.run_report import RunReport
from spotify_lake.rebuild import backfill
from spotify_lake.rebuild.days import parse_days
from tests.unit.spotify_lake.memory_reports import MemoryReports

RAW, CURATED = "s3://r/", "s3://c/"
MANIFESTS = f"{RAW}spotify/manifests/snapshot_date="


def now() -> dt.datetime:
    return dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


class Days:
    """A lake with fetched days, published days, and days that fail when they are rebuilt."""

    def __init__(self, fetched: list[str], published: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.files = MemoryReports({f"{MANIFESTS}{day}/run_id=f/manifest.json": "" for day in fetched})
        for day in published:
            self.files[f"{CURATED}tracks/snapshot_date={day}/tracks.parquet"] = ""
        self.failures: dict[str, Exception] = {}
        self.ran: list[str] = []
        monkeypatch.setattr(backfill, "HadoopFiles", lambda _: self.files)
        monkeypatch.setattr(backfill, "recover", lambda files, curated_uri: [])
        monkeypatch.setattr(backfill, "run", self._run)

    def _run(self, spark: object, config: JobConfig, clock: object) -> RunReport:
        self.ran.append(config.snapshot_date)
        if config.snapshot_date in self.failures:
            raise self.failures[config.snapshot_date]
        return RunReport(
            config.run_id,
            config.snapshot_date,
            published_at="",
            tables=dict.fromkeys(config.tables, 2),
            rejected={"not_json": 1},
            rejected_before={"not_json": 1, "wrong_type": 2},
        )

    def add_report(self, day: str, rejected: dict[str, int]) -> None:
        """Add a day's report with these rejected records by reason."""
        report = RunReport("r", day, published_at="", tables={}, rejected=rejected)
        self.files[f"{CURATED}_runs/snapshot_date={day}/run_id=r/_published.json"] = report.to_json()

    def rebuild(self, days: str, **settings: Any) -> list[str]:
        config = JobConfig(RAW, CURATED, "b", days, **settings)
        reports = backfill.run_days(None, config, now)  # type: ignore[arg-type]  # Spark is not used
        return [report.snapshot_date for report in reports]

    def rebuild_report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.files[f"{CURATED}_runs/run_id=b/_rebuilt.json"])
        return report


MakeDays = Callable[[list[str], list[str]], Days]


@pytest.fixture
def days_of(monkeypatch: pytest.MonkeyPatch) -> MakeDays:
    return lambda fetched, published: Days(fetched, published, monkeypatch)


def test_only_days_with_a_manifest_count_as_fetched() -> None:
    files = MemoryReports(
        {
            f"{MANIFESTS}2026-11-02/run_id=a/manifest.json": "",
            f"{MANIFESTS}2026-11-01/run_id=a/manifest.json": "",
            f"{MANIFESTS}2026-11-03/run_id=a/half": "",
            f"{MANIFESTS}2026-11-09/run_id=a/manifest.json": "",
        }
    )
    where = f"{RAW}spotify/manifests/"
    assert backfill.fetched_days(files, where, parse_days("2026-11-01..2026-11-05")) == [
        "2026-11-01",
        "2026-11-02",
    ]
    assert backfill.fetched_days(files, where, parse_days("all"))[-1] == "2026-11-09"


def test_the_fetched_days_of_a_range_are_rebuilt_oldest_first(days_of: MakeDays) -> None:
    lake = days_of(["2026-11-09", "2026-11-04", "2026-11-02", "2026-11-01"], [])
    assert lake.rebuild("2026-11-02..2026-11-08") == ["2026-11-02", "2026-11-04"]
    assert lake.ran == ["2026-11-02", "2026-11-04"]


def test_a_single_day_is_run_without_listing_others(days_of: MakeDays) -> None:
    lake = days_of([], [])
    assert lake.rebuild("2026-11-02") == ["2026-11-02"]
    assert not [path for path in lake.files if path.startswith(CURATED)], (
        "a rebuild of one day has no report of its own"
    )


def test_each_day_is_logged_in_one_line(days_of: MakeDays, caplog: pytest.LogCaptureFixture) -> None:
    lake = days_of(["2026-11-01", "2026-11-02"], [])
    for day in ("2026-11-01", "2026-11-02"):
        lake.add_report(day, {})
    with caplog.at_level("INFO"):
        lake.rebuild("all", tables=("tracks",))
    assert [message.rsplit(", ", 1)[0] for message in caplog.messages] == [
        "2026-11-01 (1 of 2): 2 rows published, rejected records: 1 (3 before)",
        "2026-11-02 (2 of 2): 2 rows published, rejected records: 1 (3 before)",
    ]


def test_a_range_without_a_fetched_day_is_an_error_that_lists_the_published_days(days_of: MakeDays) -> None:
    lake = days_of(["2026-12-01"], ["2026-11-03"])
    with pytest.raises(NoDayToRebuild) as refusal:
        lake.rebuild("2026-11-01..2026-11-05")
    assert refusal.value.requested == "2026-11-01..2026-11-05"
    assert list(refusal.value.skipped) == ["2026-11-03"]
    assert "2026-11-01..2026-11-05" in str(refusal.value)
    assert "2026-11-03" in str(refusal.value)


def test_a_failing_day_stops_the_run_and_the_error_says_how_to_continue(days_of: MakeDays) -> None:
    lake = days_of([f"2026-11-0{n}" for n in range(1, 5)], [])
    lake.failures["2026-11-03"] = QualityGateError(["p1 30 -> 14"])
    with pytest.raises(RebuildStopped) as stop:
        lake.rebuild("all")
    assert (stop.value.day, stop.value.days[-1]) == ("2026-11-03", "2026-11-04")
    assert stop.value.error is lake.failures["2026-11-03"]
    message = str(stop.value)
    assert "--snapshot_date 2026-11-03..2026-11-04 " in message
    assert json.dumps({"rebuild": "2026-11-03..2026-11-04"}) in message
    assert "QualityGateError" in message
    assert "p1 30 -> 14" in message
    assert lake.ran[-1] == "2026-11-03"


def test_the_other_settings_are_part_of_how_to_continue(days_of: MakeDays) -> None:
    lake = days_of(["2026-11-01"], [])
    lake.add_report("2026-11-01", {})
    lake.failures["2026-11-01"] = RuntimeError("no more memory")
    with pytest.raises(RebuildStopped) as stop:
        lake.rebuild("all", tables=("tracks", "albums"), accept_shrink=True)
    rest = "2026-11-01..2026-11-01"
    assert f"--snapshot_date {rest} --tables tracks,albums --accept_shrink true (" in str(stop.value)
    run_input = {"rebuild": rest, "tables": ["tracks", "albums"], "accept_shrink": True}
    assert json.dumps(run_input) in str(stop.value)


def test_after_a_failure_on_the_last_day_no_later_day_is_suggested(days_of: MakeDays) -> None:
    lake = days_of(["2026-11-01"], [])
    lake.failures["2026-11-01"] = RuntimeError("no more memory")
    with pytest.raises(RebuildStopped) as stop:
        lake.rebuild("all")
    message = str(stop.value)
    assert "RuntimeError: no more memory" in message
    assert "2026-11-02" not in message
    assert "to leave 2026-11-01" not in message


def test_a_published_day_whose_raw_records_have_expired_is_left_unchanged_and_reported(
    days_of: MakeDays, caplog: pytest.LogCaptureFixture
) -> None:
    lake = days_of(["2026-11-02", "2026-11-03"], ["2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03"])
    lake.failures["2026-11-02"] = RawObjectMissing("s3://r/gone.gz")
    assert lake.rebuild("2026-11-01..2026-11-30") == ["2026-11-03"]
    assert caplog.messages[0] == "2026-11-01 is left unchanged: its raw records have expired"
    report = lake.rebuild_report()
    assert (report["asked"], report["days"]) == ("2026-11-01..2026-11-30", ["2026-11-03"])
    assert report["left"]["2026-11-01"] == "its raw records have expired"
    assert "s3://r/gone.gz" in report["left"]["2026-11-02"]


def test_an_unpublished_day_without_its_raw_records_stops_the_run(days_of: MakeDays) -> None:
    lake = days_of(["2026-11-02", "2026-11-03"], ["2026-11-03"])
    lake.failures["2026-11-02"] = RawObjectMissing("s3://r/gone.gz")
    with pytest.raises(RebuildStopped, match=r"day 1 of 2, 2026-11-02, .*gone\.gz"):
        lake.rebuild("all")


def test_a_partial_rebuild_skips_and_reports_a_day_that_was_never_published(days_of: MakeDays) -> None:
    lake = days_of(["2026-11-02", "2026-11-03"], [])
    lake.add_report("2026-11-03", {})
    assert lake.rebuild("all", tables=("tracks",)) == ["2026-11-03"]
    assert lake.rebuild_report()["left"] == {
        "2026-11-02": "it was never published, so all of its tables must be rebuilt"
    }
    assert lake.rebuild("all") == ["2026-11-02", "2026-11-03"]


def test_the_report_sums_up_the_days(days_of: MakeDays) -> None:
    lake = days_of(["2026-11-02", "2026-11-03"], [])
    for day in ("2026-11-02", "2026-11-03"):
        lake.add_report(day, {})
    lake.rebuild("all", tables=("tracks", "albums"))
    assert lake.rebuild_report() == {
        "run_id": "b",
        "asked": "all",
        "days": ["2026-11-02", "2026-11-03"],
        "left": {},
        "rows": {"tracks": 4, "albums": 4},
        "rejected": {"not_json": 2},
        "rejected_before": {"not_json": 2, "wrong_type": 4},
    }


def test_only_days_with_rejected_records_are_reprocessed(days_of: MakeDays) -> None:
    days = [f"2026-11-0{n}" for n in range(1, 5)]
    lake = days_of(days[1:], days)
    for day in days[:2]:
        lake.add_report(day, {"not_json": 3})
    lake.add_report(days[2], {})
    assert lake.rebuild("all", reprocess_rejected=True) == [days[1]]
    assert lake.rebuild_report()["left"] == {days[0]: "its raw records have expired"}
    assert lake.rebuild(days[1], reprocess_rejected=True) == [days[1]]


@pytest.mark.parametrize("requested", ["2026-11-02", "all"])
def test_without_rejected_records_there_is_nothing_to_reprocess(days_of: MakeDays, requested: str) -> None:
    lake = days_of(["2026-11-02"], ["2026-11-02"])
    lake.add_report("2026-11-02", {})
    with pytest.raises(NoDayToRebuild) as refusal:
        lake.rebuild(requested, reprocess_rejected=True)
    assert refusal.value.requested == requested
    assert "rejected records" in refusal.value.reason
