"""The report of a day as a whole, and what a lake may lack."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from build_report.errors import PartitionMissing
from build_report.page import render
from build_report.reading.day import read_report
from build_report.reading.runs import GlueSize
from build_report.report import Report
from spotify_lake.contract.marts.collections import GENRE_DAILY
from spotify_lake.contract.marts.entities import ARTIST_DAILY, TRACK_DAILY
from spotify_lake.contract.marts.playlists import PLAYLIST_CHANGES, PLAYLIST_DAILY
from spotify_lake.contract.marts.registry import MARTS
from spotify_lake.contract.tables import PLAYLISTS, Table
from tests.unit.build_report.lake import DAY, WritableLake, manifest
from tests.unit.build_report.rows import NAMES, entities, playlist_changes

BEFORE = "2026-11-18"


def report_of(lake: WritableLake, day: str = DAY) -> Report:
    return read_report(
        lake.reader,
        day,
        run_id="r",
        lake_name="spotify_lake",
        built_at=dt.datetime(2026, 11, 20, 6, tzinfo=dt.UTC),
        size=GlueSize(2, "STANDARD"),
    )


def two_days(lake: WritableLake) -> None:
    """Write two days with a gap between them. A removed track is only on the earlier one."""
    for day in (BEFORE, DAY):
        lake.put_empty_day(day)
        lake.put(TRACK_DAILY, entities(len(day), "track_id"), day)
        lake.put(ARTIST_DAILY, entities(len(day), "artist_id"), day)
        lake.put(GENRE_DAILY, [{"genre": "jazz", "placements": 2, "placement_share": 0.5}], day)
        lake.put_run(day, "r", f"{day}T05:10:00Z", f"{day}T05:12:00Z", runs_read=["r"])
        at = f"{day}T05:00:00.000Z"
        lake.put_manifest(manifest("p1", day=day, started_at=at, completed_at=at, skipped=[("p2", "Gone.")]))
    lake.put(
        PLAYLIST_DAILY,
        [
            {
                "playlist_id": "p1",
                "name": "Mixtape",
                "is_listed": True,
                "days_without_contents": 0,
                "previous_snapshot_date": BEFORE,
            },
            {"playlist_id": "p2", "name": "Lost", "is_listed": False},
        ],
    )
    rows = [{"track_id": "gone", "name": "x", "artist_name": "Earlier artist", "playlists": 1}]
    lake.put(TRACK_DAILY, rows, BEFORE)
    lake.put(
        PLAYLIST_CHANGES,
        [
            {
                "playlist_id": "p1",
                "change": "removed",
                "item_name": "x",
                "position": 3,
                "track_id": "gone",
                "previous_snapshot_date": BEFORE,
                "previous_position": 3,
            }
        ],
    )


def test_an_ordinary_day(lake: WritableLake) -> None:
    two_days(lake)
    report = report_of(lake)
    assert report.previous_day == BEFORE
    assert report.rank_days == report.genre_days == report.published_days == (BEFORE, DAY)
    assert report.freshness_days == (BEFORE, "2026-11-19", DAY)
    assert report.changes[0].changes[0].artist_names == "Earlier artist"
    assert report.verdict.skipped_playlists == (("Lost", "Gone."),)
    assert (report.verdict.playlists, report.verdict.playlists_requested) == (1, 2)
    assert report.mode == "extended"
    calls = report.run_figures[0]
    assert (calls.value, calls.low, calls.high) == (12, 12, 12)


def test_an_empty_first_day(lake: WritableLake) -> None:
    lake.put_empty_day()
    report = report_of(lake)
    assert (report.previous_day, report.is_first_day) == (None, True)
    assert report.verdict.summary == f"No playlist was read on {DAY}; no quality rule was checked."
    assert report.rank_days == report.freshness_days == (DAY,)
    assert (report.top_tracks, report.changes, report.playlists, report.rules_checked) == ((), (), (), 0)
    assert "<html" in render(report)


def test_a_day_on_which_no_playlist_was_read_is_compared_with_none(lake: WritableLake) -> None:
    two_days(lake)
    lake.put_empty_day()
    lake.put(
        PLAYLIST_DAILY,
        [
            {
                "playlist_id": "p1",
                "is_listed": False,
                "last_snapshot_date": BEFORE,
                "days_without_contents": 1,
                "previous_snapshot_date": "2026-11-10",
            }
        ],
    )
    lake.put_manifest(manifest(skipped=[("p1", "Gone.")]))
    report = report_of(lake)
    assert (report.previous_day, report.is_first_day) == (None, False)
    page = render(report)
    assert "first day" not in page
    assert "Nothing to compare: no playlist that was read on the day has earlier contents." in page
    assert report.verdict.summary.startswith("Incomplete: 0 of 1 playlist of 2026-11-20 were read")


NOT_SHOWN = (
    "playlist_stays",
    "chart_totals",
    "chart_positions",
    "recordings",
    "popularity_forecast",
    "forecast_backtest",
)
SHOWN = [mart for mart in MARTS if mart.name not in NOT_SHOWN]


@pytest.mark.parametrize("mart", SHOWN, ids=lambda mart: mart.name)
def test_a_mart_whose_partition_of_the_day_was_deleted_is_named(lake: WritableLake, mart: Table) -> None:
    lake.put_empty_day()
    lake.delete(mart, DAY)
    with pytest.raises(PartitionMissing, match=f"{mart.name} has no partition of {DAY}"):
        report_of(lake)


@pytest.mark.parametrize("mart", [TRACK_DAILY, ARTIST_DAILY, GENRE_DAILY], ids=lambda mart: mart.name)
def test_a_deleted_partition_of_an_earlier_day_is_left_out(lake: WritableLake, mart: Table) -> None:
    two_days(lake)
    lake.delete(mart, BEFORE)
    report = report_of(lake)
    assert report.genre_days == ((DAY,) if mart is GENRE_DAILY else (BEFORE, DAY))
    assert all(len(each.ranks) == len(report.rank_days) for each in (*report.top_tracks, *report.top_artists))
    assert all(len(series.values) == len(report.rank_days) for series in report.reach)


def test_a_day_whose_manifests_have_expired_counts_its_playlists(lake: WritableLake) -> None:
    lake.put_empty_day()
    listed = [{"playlist_id": f"p{number}", "is_listed": True} for number in range(3)]
    lake.put(PLAYLIST_DAILY, listed)
    lake.put_run(DAY, "r", f"{DAY}T05:10:00Z", runs_read=["r"])
    report = report_of(lake)
    assert (report.verdict.playlists, report.verdict.playlists_requested, report.mode) == (3, 3, None)
    assert {figure.name: figure.value for figure in report.run_figures}["Calls to Spotify"] is None


def test_a_day_before_the_newest_one_is_not_fresh(lake: WritableLake) -> None:
    lake.put_empty_day()
    lake.put(PLAYLISTS, [], "2026-11-21")
    assert not report_of(lake).verdict.is_fresh


def test_names_with_markup_quotes_emoji_and_right_to_left_text_stay_text(lake: WritableLake) -> None:
    two_days(lake)
    lake.put(PLAYLIST_CHANGES, playlist_changes(5, playlists=len(NAMES), items=60))
    page = render(report_of(lake))
    assert "<img src=x" not in page
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in page
    assert "{{ 7 * 7 }}" in page
    for name in ("\N{FIRE} emoji \N{FAMILY}", "\u05e9\u05d9\u05e8 \u05d1\u05e2\u05d1\u05e8\u05d9\u05ea"):
        assert name in page


def test_the_day_of_a_report_is_read_with_few_requests(lake: WritableLake) -> None:
    two_days(lake)
    seen: list[str] = []
    lake.s3.meta.events.register("before-call.s3", lambda model, **_: seen.append(model.name))
    report_of(lake)
    assert seen.count("ListObjectsV2") <= 10


def test_the_report_of_a_run_can_be_json(lake: WritableLake) -> None:
    """No value is one of numpy or pandas, which neither JSON nor the page takes."""
    import dataclasses

    two_days(lake)

    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.datetime) else value

    json.dumps(dataclasses.asdict(report_of(lake)), default=plain, allow_nan=False)
