"""The newest earlier snapshot's figures, from its report: a listing and one small file, never the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spotify_lake.quality_rules import PreviousSnapshot
from spotify_lake.reports import Reports, days_with_reports, published_day


def previous_snapshot(
    files: Reports,
    curated_uri: str,
    snapshot_date: str,
    count_items: Callable[[str], Mapping[str, int]],
) -> PreviousSnapshot | None:
    """Return what the newest published day before a day holds; None for the first one.

    A day that was fetched and never published is passed over: what the gate refused is no measure.

    Args:
        files: the curated zone's files.
        curated_uri: its root.
        snapshot_date: the day that is to be compared.
        count_items: counts a published day's items by playlist; asked where its report does not say.
    """
    for day in reversed(days_with_reports(files, curated_uri)):
        found = published_day(files, curated_uri, day) if day < snapshot_date else None
        if found is not None:
            items = count_items(day) if found.items is None else found.items
            return PreviousSnapshot(snapshot_date=day, rows=found.rows, items=items, absent=found.absent)
    return None
