"""What was added to, removed from and moved in each playlist."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Final

import pandas as pd

from build_report.report import Change, PlaylistChanges

from .frames import rows

COLUMNS: Final = (
    "playlist_id",
    "playlist_name",
    "change",
    "item_name",
    "position",
    "track_id",
    "previous_snapshot_date",
    "previous_position",
)
_ORDER: Final = {"added": 0, "removed": 1, "moved": 2}
_PLAYLISTS: Final = 100
_ITEMS: Final = 25


@dataclasses.dataclass(frozen=True)
class Changes:
    """The changes of the day: the playlists with most of them, and the totals over all playlists."""

    listed: tuple[PlaylistChanges, ...]
    playlists: int
    added: int
    removed: int
    moved: int


def read_changes(changes: pd.DataFrame, artist_names: Mapping[str, str]) -> Changes:
    """Return the changes of a day.

    Args:
        changes: `playlist_changes` of the day.
        artist_names: by track id, as far as they are known.
    """
    totals = Counter(changes["change"])
    groups = changes.groupby("playlist_id", sort=True)
    listed = [_of_playlist(group, artist_names) for _, group in groups]
    listed.sort(key=lambda each: (-each.added - each.removed - each.moved, each.playlist_name or ""))
    return Changes(
        listed=tuple(listed[:_PLAYLISTS]),
        playlists=len(listed),
        added=totals["added"],
        removed=totals["removed"],
        moved=totals["moved"],
    )


def without_artist(changes: pd.DataFrame, artist_names: Mapping[str, str]) -> pd.DataFrame:
    """Return the changes of tracks whose artist is not known, because they left all playlists of the day."""
    return changes[changes["track_id"].notna() & ~changes["track_id"].isin(list(artist_names))]


def _of_playlist(group: pd.DataFrame, artist_names: Mapping[str, str]) -> PlaylistChanges:
    every = sorted(rows(group), key=lambda row: (_ORDER[row["change"]], row["position"]))
    counts = Counter(row["change"] for row in every)
    return PlaylistChanges(
        playlist_name=every[0]["playlist_name"],
        previous_day=every[0]["previous_snapshot_date"],
        added=counts["added"],
        removed=counts["removed"],
        moved=counts["moved"],
        changes=tuple(
            Change(
                change=row["change"],
                item_name=row["item_name"],
                artist_names=artist_names.get(row["track_id"]),
                position=row["position"],
                previous_position=row["previous_position"],
            )
            for row in every[:_ITEMS]
        ),
    )
