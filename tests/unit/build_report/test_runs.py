"""The figures of the runs: calls, seconds, rows and costs, with their bands."""

from __future__ import annotations

import pytest

from build_report.reading.lake import PublishedRun
from build_report.reading.runs import Figures, GlueSize, figures_of, run_figures
from spotify_lake.publishing.run_report import RunReport
from tests.unit.build_report.lake import DAY, manifest

SIZE = GlueSize(workers=2, execution_class="STANDARD")
CRAWL = 0.44 * 2 / 6


def published(run_id: str = "r", marts: str | None = f"{DAY}T05:10:00.000Z") -> PublishedRun:
    report = RunReport(
        run_id, DAY, f"{DAY}T05:06:00.000Z", tables={"tracks": 5, "albums": 2}, kept={"artists": 1}
    )
    return PublishedRun(report, marts)


def test_seconds_and_calls_are_from_the_manifest_and_the_reports() -> None:
    found = figures_of(published(), {(DAY, "r"): manifest("a")}, SIZE)
    assert (found.calls, found.rows) == (12, 8)
    assert (found.fetch_seconds, found.tables_seconds, found.marts_seconds) == (60, 300, 240)
    assert found.usd == pytest.approx(540 / 3600 * 2 * 0.44 + CRAWL)


def test_a_job_costs_at_least_a_minute_and_flex_costs_less() -> None:
    assert SIZE.usd(2) == pytest.approx(0.0147, abs=1e-4)
    assert GlueSize(10, "FLEX").usd(3600) == pytest.approx(2.9)


def test_a_rebuild_has_no_fetch() -> None:
    found = figures_of(published("rebuild", marts=None), {(DAY, "r"): manifest("a")}, SIZE)
    assert found == Figures(None, None, None, None, 8, None)


def test_a_figure_has_the_band_of_the_earlier_runs() -> None:
    earlier = [Figures(calls, None, 10.0, None, calls, None) for calls in (4, 9, 2)]
    calls, fetch, tables, *_ = run_figures(Figures(30, 1.5, None, None, 1, 0.2), earlier)
    assert (calls.value, calls.low, calls.high, calls.earlier) == (30, 2, 9, (4, 9, 2))
    assert (fetch.value, fetch.low, fetch.high, fetch.earlier) == (1.5, None, None, (None, None, None))
    assert (tables.value, tables.low, tables.high) == (None, 10.0, 10.0)


def test_a_day_without_a_report_of_its_run_has_no_values() -> None:
    assert {figure.value for figure in run_figures(None, [])} == {None}
