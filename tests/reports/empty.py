"""The report of a first run in which nothing could be read."""

from __future__ import annotations

import datetime as dt
from typing import Final

from build_report.report import Report, Verdict

DAY: Final = dt.date(2026, 11, 29)


def empty_first_day() -> Report:
    """A first run in which nothing could be read."""
    return Report(
        snapshot_date=DAY.isoformat(),
        built_at=dt.datetime(2026, 11, 29, 6, 41, tzinfo=dt.UTC),
        run_id="run-2026-11-29-0001",
        lake_name="spotify-lake",
        mode="extended",
        verdict=Verdict(
            is_fresh=True,
            playlists=0,
            playlists_requested=0,
            skipped_playlists=(),
            failed_rules=0,
            rejected=0,
            summary="No playlist was read on 2026-11-29.",
        ),
        previous_day=None,
        changes=(),
        playlists_with_changes=0,
        items_added=0,
        items_removed=0,
        items_moved=0,
        trends=(),
        trends_tested=0,
        ranked_by="playlists",
        rank_days=(DAY.isoformat(),),
        top_tracks=(),
        top_artists=(),
        reach=(),
        genre_days=(DAY.isoformat(),),
        genres=(),
        release_years=(),
        playlists=(),
        playlists_total=0,
        unavailable=(),
        unavailable_total=0,
        duplicates=(),
        duplicates_total=0,
        failed_rules=(),
        rules_checked=0,
        rejected=(),
        freshness_days=(DAY.isoformat(),),
        published_days=(DAY.isoformat(),),
        run_figures=(),
    )
