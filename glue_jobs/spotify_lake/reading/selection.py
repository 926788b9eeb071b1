"""Select the raw objects of a day from its manifests.

For each playlist only the objects of the run that completed last are read. Records of playlists, artists and
albums are read from every run of the day, and the latest observation of each is chosen later (`latest.py`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import PlaylistEntry, RawObject, RunManifest
from spotify_lake.errors import ManifestUnreadable, NoCompleteRun


@dataclasses.dataclass(frozen=True)
class DaySelection:
    """The raw objects to read for a day.

    Attributes:
        snapshot_date: the day.
        runs_read: the runs whose manifests were read, in the order in which they completed.
        objects: what to read, each key once, in a fixed order.
        drift: fields that Spotify added or removed, from the last run.
        playlists: the winning entry of each playlist.
    """

    snapshot_date: str
    runs_read: tuple[str, ...]
    objects: tuple[RawObject, ...]
    drift: dict[str, Any]
    playlists: tuple[PlaylistEntry, ...] = ()

    @property
    def rows(self) -> int:
        """The number of lines in all objects."""
        return sum(each.rows for each in self.objects)

    def rows_by_source(self) -> dict[str, int]:
        """Return the number of lines of each source, every source named."""
        counts = dict.fromkeys(raw_zone.SOURCES, 0)
        for each in self.objects:
            counts[each.source] += each.rows
        return counts


def select_day(manifests: Sequence[RunManifest], snapshot_date: str, where: str) -> DaySelection:
    """Choose the objects of a day.

    Args:
        manifests: every manifest of the day, in any order.
        snapshot_date: the day.
        where: the folder of the manifests, for messages.

    Raises:
        NoCompleteRun: there is no manifest.
        ManifestUnreadable: a manifest is for another day, its figures contradict each other, or two
            manifests disagree about an object.
    """
    if not manifests:
        raise NoCompleteRun(snapshot_date, where)
    runs = sorted(manifests, key=lambda run: (run.completed_at, run.run_id))
    for run in runs:
        _check(run, snapshot_date, where)
    winners: dict[tuple[str, str], PlaylistEntry] = {}
    for run in runs:
        winners.update({(entry.source, entry.playlist_id): entry for entry in run.playlists})
    chosen = [each for entry in winners.values() for each in entry.objects]
    for run in runs:
        chosen += [*run.playlist_records, *run.full_records()]
    return DaySelection(
        snapshot_date=snapshot_date,
        runs_read=tuple(run.run_id for run in runs),
        objects=_once_each(chosen, where),
        drift=runs[-1].details.drift,
        playlists=tuple(winners[each] for each in sorted(winners)),
    )


def _check(run: RunManifest, snapshot_date: str, where: str) -> None:
    place = f"of run {run.run_id} under {where}"
    if run.snapshot_date != snapshot_date:
        raise ManifestUnreadable(place, f"it is for {run.snapshot_date}, not for {snapshot_date}")
    for entry in run.playlists:
        listed = sum(each.rows for each in entry.objects)
        if listed != entry.rows:
            raise ManifestUnreadable(
                place, f"{entry.source} {entry.playlist_id} has {entry.rows} rows, its objects {listed}"
            )
    for each in run.objects():
        if each.source not in raw_zone.SOURCES:
            raise ManifestUnreadable(place, f"{each.key} is of an unknown source {each.source!r}")


def _once_each(objects: Iterable[RawObject], where: str) -> tuple[RawObject, ...]:
    by_key: dict[str, RawObject] = {}
    for each in objects:
        other = by_key.setdefault(each.key, each)
        if (other.rows, other.sha256) != (each.rows, each.sha256):
            raise ManifestUnreadable(f"under {where}", f"two manifests disagree about {each.key}")
    return tuple(by_key[key] for key in sorted(by_key))
