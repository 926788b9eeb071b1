"""The digest: the verdict and the day's top changes as a short text, for the alert topic."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final, Literal

from .report import Report, Trend
from .wording import count, signed

Frequency = Literal["none", "daily", "weekly"]
FREQUENCIES: Final[tuple[Frequency, ...]] = ("none", "daily", "weekly")

_PLAYLISTS: Final = 5
_TRENDS: Final = 3
_TRACKS: Final = 3
_LONGEST_NAME: Final = 80
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""What would break a line, or reverse the text after it."""


def is_due(frequency: str, day: str, previous_day: str | None) -> bool:
    """Return whether the digest of a day is sent.

    Args:
        frequency: how often. The weekly one is sent with the first day of a calendar week in the lake.
        day: the day of the report.
        previous_day: the day before it in the lake; None for the first one.
    """
    if frequency == "weekly":
        return previous_day is None or _week(previous_day) != _week(day)
    return frequency == "daily"


def subject(report: Report) -> str:
    """Return the subject. It has no names, because SNS accepts only ASCII there."""
    return f"spotify-lake: report of {report.snapshot_date}"


def message(report: Report, link: str) -> str:
    """Return the text of the digest. Every name is on one line, whatever characters it has."""
    return "\n".join([report.verdict.summary, "", *_changes(report), *_trends(report), *_top(report), link])


def _changes(report: Report) -> Iterator[str]:
    if not report.playlists_with_changes:
        yield _no_change(report)
    else:
        yield (
            f"{report.items_added:,} added, {report.items_removed:,} removed and {report.items_moved:,} moved"
            f" in {count(report.playlists_with_changes, 'playlist')}:"
        )
    for playlist in report.changes[:_PLAYLISTS]:
        yield (
            f"- {_name(playlist.playlist_name)}: {playlist.added:,} added, {playlist.removed:,} removed,"
            f" {playlist.moved:,} moved since {playlist.previous_day}"
        )
    if report.playlists_with_changes > _PLAYLISTS:
        yield f"- and {count(report.playlists_with_changes - _PLAYLISTS, 'more playlist')}"
    yield ""


def _no_change(report: Report) -> str:
    if report.previous_day:
        return "Nothing changed."
    if report.is_first_day:
        return "This is the first day, so there is no change."
    return "No change is known: no playlist that was read on the day has earlier contents."


def _trends(report: Report) -> Iterator[str]:
    for title, direction in (("Rising:", "rising"), ("Falling:", "falling")):
        found = [trend for trend in report.trends if trend.direction == direction][:_TRENDS]
        if found:
            yield title
            yield from map(_trend, found)
            yield ""


def _trend(trend: Trend) -> str:
    return (
        f"- {_name(trend.entity_name)} ({trend.entity_type}): {trend.metric} {signed(round(trend.slope, 2))}"
        f" a day over {trend.window_days} days"
    )


def _top(report: Report) -> Iterator[str]:
    if report.top_tracks:
        yield f"Top tracks by {report.ranked_by}:"
        for track in report.top_tracks[:_TRACKS]:
            artist = f" by {_name(track.artist_name)}" if track.artist_name else ""
            yield f"{track.rank}. {_name(track.name)}{artist}"
        yield ""


def _name(name: str | None) -> str:
    text = _CONTROL.sub(" ", name or "(no name)").strip()
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}\N{HORIZONTAL ELLIPSIS}"


def _week(day: str) -> tuple[int, int]:
    year, week, _ = dt.date.fromisoformat(day).isocalendar()
    return year, week
