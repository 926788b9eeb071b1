"""The digest: when it is sent, and what it says."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from build_report.digest import is_due, message, subject
from build_report.report import Change, PlaylistChanges, Ranked, Report, Trend
from tests.reports.empty import empty_first_day
from tests.unit.build_report.rows import NAMES

LINK = "https://example.com/report"


@pytest.mark.parametrize(
    ("frequency", "day", "previous_day", "expected"),
    [
        ("none", "2026-11-23", "2026-11-22", False),
        ("daily", "2026-11-25", "2026-11-24", True),
        ("weekly", "2026-11-23", "2026-11-22", True),  # a Monday
        ("weekly", "2026-11-24", "2026-11-23", False),
        ("weekly", "2026-11-24", "2026-11-21", True),  # Monday's run failed
        ("weekly", "2026-12-28", "2025-12-29", True),  # the same number of the week, a year later
        ("weekly", "2026-01-01", "2025-12-31", False),  # a week across the years
        ("weekly", "2026-11-25", None, True),
    ],
)
def test_the_days_of_a_digest(frequency: str, day: str, previous_day: str | None, *, expected: bool) -> None:
    assert is_due(frequency, day, previous_day) is expected


def busy_day() -> Report:
    changes = tuple(
        PlaylistChanges(name, "2026-11-19", 9 - number, number, 0, (Change("added", "x", None, 0, None),))
        for number, name in enumerate(NAMES)
    )
    trends = tuple(
        Trend("track", name, "followers", 28, direction, 1.234, 1, 2, 9, 0.01)
        for direction in ("rising", "falling")
        for name in NAMES
    )
    tracks = tuple(
        Ranked(name, "Artist", number, None, 1, None, None, ()) for number, name in enumerate(NAMES, 1)
    )
    return dataclasses.replace(
        empty_first_day(),
        previous_day="2026-11-28",
        changes=changes,
        playlists_with_changes=len(changes),
        items_added=1234,
        items_removed=2,
        items_moved=0,
        trends=trends,
        top_tracks=tracks,
        built_at=dt.datetime(2026, 11, 29, tzinfo=dt.UTC),
    )


def test_it_has_the_verdict_the_top_changes_and_the_link() -> None:
    report = busy_day()
    lines = message(report, LINK).splitlines()
    assert lines[0] == report.verdict.summary
    assert "1,234 added, 2 removed and 0 moved in 9 playlists:" in lines
    assert "- Plain: 9 added, 0 removed, 0 moved since 2026-11-19" in lines
    assert "- and 4 more playlists" in lines
    assert "- Plain (track): followers +1.23 a day over 28 days" in lines
    assert "1. Plain by Artist" in lines
    assert lines[-1] == LINK


def test_it_is_short() -> None:
    text = message(busy_day(), LINK)
    assert len(text.splitlines()) < 30
    assert len(text) < 3_000


def test_a_name_cannot_break_a_line_or_reverse_the_text() -> None:
    report = dataclasses.replace(
        busy_day(),
        top_tracks=(
            Ranked("a\r\nVerdict: fine\u202e\x1b[31m" + "x" * 200, None, 1, None, 1, None, None, ()),
        ),
    )
    (line,) = [line for line in message(report, LINK).splitlines() if line.startswith("1. ")]
    assert line == f"1. a Verdict: fine [31m{'x' * 60}\N{HORIZONTAL ELLIPSIS}"


def test_the_first_day_has_no_changes() -> None:
    assert "This is the first day, so there is no change." in message(empty_first_day(), LINK)


def test_a_day_on_which_nothing_was_read_has_no_known_change() -> None:
    report = dataclasses.replace(empty_first_day(), freshness_days=("2026-11-28", "2026-11-29"))
    assert "No change is known: no playlist that was read on the day has earlier contents." in message(
        report, LINK
    )


def test_the_subject_is_plain_ascii() -> None:
    assert subject(busy_day()) == "spotify-lake: report of 2026-11-29"
