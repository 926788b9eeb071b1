"""The playlist index: one small object per playlist that says what the raw zone holds of it.

Between days it lets a run refer to an unchanged playlist instead of reading it. Within a run it is the
checkpoint that a playlist is done. It refers only to stored objects, so it may be written before the
manifest. When it is lost, the next run rebuilds it from the manifests.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from common.observability import logger
from fetch_spotify.clock import epoch
from fetch_spotify.spotify.shapes import record_ids_of
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.writer import read_object
from spotify_lake.contract.raw_zone import ROOT, PlaylistEntry, RawObject

_VERSION: Final = 2
# The version is part of the prefix: with a new one the index is empty and is rebuilt from the manifests.
PREFIX: Final = f"{ROOT}/index/playlists-v{_VERSION}/"
_SECONDS_PER_DAY: Final = 86_400
_MAX_DAYS_UNTIL_JOB: Final = 1  # from the end of the fetch to the end of the job, redrives included


@dataclasses.dataclass(frozen=True)
class KnownPlaylist:
    """A playlist whose contents are completely in the raw zone.

    Attributes:
        run_id: the run that last read or referred to it.
        entry: for the manifest.
        record_ids: the full records that its items refer to (`record_ids_of`), sorted, so that the items need
            not be read again.
        records: that run's objects with the playlist's own record.
        total: the number of items by Spotify's count, which may be more than the rows because Spotify leaves
            some out; None when it is unknown.
        api_mode: the kind of app that read the contents (`ApiMode.name`); "" when it is unknown.
    """

    run_id: str
    entry: PlaylistEntry
    record_ids: Mapping[str, tuple[str, ...]]
    records: tuple[RawObject, ...] = ()
    total: int | None = None
    api_mode: str = ""

    def as_unchanged(self, run_id: str, records: tuple[RawObject, ...] = ()) -> KnownPlaylist:
        """The same contents as a later run refers to them."""
        entry = dataclasses.replace(self.entry, status="unchanged")
        return dataclasses.replace(self, run_id=run_id, entry=entry, records=records)


@dataclasses.dataclass(frozen=True)
class Retention:
    """How long the raw zone's objects exist.

    Attributes:
        days: after which the bucket deletes an object; 0 for never.
        margin_days: objects that are deleted within this many days are read again if possible.
    """

    days: int
    margin_days: int

    def covers(self, fetched_at: str, now: float) -> bool:
        """Whether objects written at `fetched_at` are far enough from deletion to be referred to."""
        return self._keeps(fetched_at, now, self.margin_days)

    def still_holds(self, fetched_at: str, now: float) -> bool:
        """Whether the job of this run will find objects written at `fetched_at`.

        Until then they are referred to if they cannot be read again, because an old value is better than
        none. A day that refers to them can be rebuilt only while they exist.
        """
        return self._keeps(fetched_at, now, _MAX_DAYS_UNTIL_JOB)

    def _keeps(self, fetched_at: str, now: float, margin_days: int) -> bool:
        if not self.days:
            return True
        lifetime = self.days - min(margin_days, self.days / 2)
        return now - epoch(fetched_at) < lifetime * _SECONDS_PER_DAY


class _Header(msgspec.Struct):
    """The part of an entry that is checked before the rest is decoded."""

    version: Literal[2]
    privacy: str


class PlaylistIndex:
    """Reads and writes `KnownPlaylist`s. Thread safe.

    Args:
        bucket: the raw bucket.
        privacy: how user ids are treated now (`Privacy.fingerprint`). Playlists stored under another
            treatment count as unknown, so that no run refers to them.
    """

    def __init__(self, bucket: RawBucket, privacy: str) -> None:
        self._bucket = bucket
        self._privacy = privacy
        self._keys = frozenset(bucket.keys(PREFIX))

    @classmethod
    def load_or_rebuild(cls, bucket: RawBucket, privacy: str) -> PlaylistIndex:
        """Return the index; when it has no entry, rebuild it from the manifests."""
        index = cls(bucket, privacy)
        if not index._keys:
            index._rebuild()
        return index

    def get(self, source: str, playlist_id: str) -> KnownPlaylist | None:
        """The entry of a playlist; None when there is none or it cannot be read."""
        key = _key(source, playlist_id)
        body = self._bucket.get(key) if key in self._keys else None
        if body is None:
            return None
        try:
            header = msgspec.json.decode(body, type=_Header)
            is_usable = header.privacy == self._privacy
            return msgspec.json.decode(body, type=KnownPlaylist) if is_usable else None
        except ValueError as error:
            logger.warning(
                "an index entry cannot be read; the playlist is read again",
                extra={"key": key, "cause": str(error)},
            )
            return None

    def put(self, known: KnownPlaylist) -> None:
        """Store the entry of a playlist."""
        body = {"version": _VERSION, "privacy": self._privacy, **dataclasses.asdict(known)}
        self._bucket.put(_key(known.entry.source, known.entry.playlist_id), msgspec.json.encode(body))

    def _rebuild(self) -> None:
        """Write the index from the manifests of runs with the same treatment of user ids.

        The latest contents of a playlist count. A playlist whose objects do not exist any more is left out.
        """
        latest: dict[tuple[str, str], tuple[str, PlaylistEntry]] = {}
        api_modes: dict[tuple[str, str, str], str] = {}
        for manifest in self._bucket.manifests():
            if manifest.details.privacy != self._privacy:
                continue
            for entry in manifest.playlists:
                name = (entry.source, entry.playlist_id)
                if entry.status == "fetched":
                    api_modes[*name, entry.fetched_at] = manifest.api_mode
                if name not in latest or latest[name][1].fetched_at <= entry.fetched_at:
                    latest[name] = (manifest.run_id, entry)
        for name, (run_id, entry) in latest.items():
            record_ids = _record_ids(self._bucket, entry)
            if record_ids is not None:
                api_mode = api_modes.get((*name, entry.fetched_at), "")
                self.put(KnownPlaylist(run_id, entry, record_ids, api_mode=api_mode))
        if latest:
            logger.info("the playlist index was rebuilt", extra={"playlists": len(latest)})
        self._keys = frozenset(self._bucket.keys(PREFIX))


def _key(source: str, playlist_id: str) -> str:
    return f"{PREFIX}{source}/{playlist_id}.json"


def _record_ids(bucket: RawBucket, entry: PlaylistEntry) -> dict[str, tuple[str, ...]] | None:
    """The ids that the stored items refer to; None when one of the objects does not exist."""
    lines: list[dict[str, Any]] = []
    for obj in entry.objects:
        stored = read_object(bucket, obj.key, obj.source)
        if stored is None:
            return None
        lines += stored[1]
    found = record_ids_of(line["record"] for line in lines)
    return {source: tuple(sorted(ids)) for source, ids in found.items()}
