"""The newest earlier snapshot's figures, from its report: a listing and one small file, never the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spotify_lake.publishing.reports import Reports, newest_day
from spotify_lake.quality.rules import PreviousSnapshot


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
    found = newest_day(files, curated_uri, before=snapshot_date)
    if found is None:
        return None
    items = count_items(found.snapshot_date) if found.items is None else found.items
    return PreviousSnapshot(found.snapshot_date, rows=found.rows, items=items, absent=found.absent)
