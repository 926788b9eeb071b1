"""Reports for tests of the page: an empty first day, an ordinary day, 60 days, 500 playlists, long names."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

from build_report.report import Report, Series
from tests.reports.empty import empty_first_day
from tests.reports.maker import HOSTILE, LONG, Maker

__all__ = ["HOSTILE", "KINDS"]


def ordinary_day() -> Report:
    """A day with two weeks of history and a few problems."""
    return Maker(days=14, playlists=12, tracks=800).report()


def sixty_days() -> Report:
    """A day with 60 days of history, all well."""
    return Maker(days=60, playlists=30, tracks=4_000, has_problems=False).report()


def large_day() -> Report:
    """A day of 500 playlists and 20,000 tracks: as much as the page is to carry."""
    return Maker(days=60, playlists=500, tracks=20_000).report()


def hostile_day() -> Report:
    """An ordinary day whose names are markup, quotes, emoji and right-to-left text."""
    return Maker(days=14, playlists=12, tracks=800, names=HOSTILE).report()


def crowded_day() -> Report:
    """A day of long names, most of them equal, on which a thousand items of one playlist changed."""
    report = Maker(days=14, playlists=12, tracks=800, names=LONG).report()
    first, *others = report.changes
    first = dataclasses.replace(first, added=600, removed=300, moved=100)
    return dataclasses.replace(
        report, changes=(first, *others), items_added=report.items_added + 600, reach=report.reach[:3]
    )


def development_mode() -> Report:
    """An ordinary day of an app to which Spotify gives no popularity, followers or genres."""
    report = ordinary_day()
    return dataclasses.replace(
        report,
        mode="development",
        ranked_by="playlists",
        trends=tuple(trend for trend in report.trends if trend.metric in {"playlists", "items"}),
        reach=tuple(Series(each.name, tuple(None for _ in each.values)) for each in report.reach),
        genres=(),
        top_tracks=tuple(
            dataclasses.replace(each, reach=None, popularity=None) for each in report.top_tracks
        ),
        top_artists=tuple(
            dataclasses.replace(each, reach=None, popularity=None) for each in report.top_artists
        ),
        playlists=tuple(
            dataclasses.replace(each, followers=None, followers_change_7d=None) for each in report.playlists
        ),
    )


KINDS: Final[dict[str, Callable[[], Report]]] = {
    "empty-first-day": empty_first_day,
    "ordinary-day": ordinary_day,
    "sixty-days": sixty_days,
    "large-day": large_day,
    "hostile-day": hostile_day,
    "crowded-day": crowded_day,
    "development-mode": development_mode,
}
