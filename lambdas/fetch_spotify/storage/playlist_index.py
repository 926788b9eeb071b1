"""What the raw zone holds of each playlist: one small object a playlist, beside the raw zone.

It is both the memory between days (an unchanged playlist is referred to, not read) and, within a run, the
mark that a playlist is done. It points only at objects that are stored, so it may be written before the
manifest; when it is lost, the next run makes it again from the manifests (`rebuild`).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Final

from common.observability import logger
from fetch_spotify.clock import epoch
from fetch_spotify.storage.bucket import RawBucket
from spotify_lake.contract.raw_zone import ROOT, PlaylistEntry, RawObject

_VERSION: Final = 2
# An index of another version is not read: this one is then empty, and is rebuilt from the manifests.
PREFIX: Final = f"{ROOT}/index/playlists-v{_VERSION}/"
_SECONDS_A_DAY: Final = 86_400
_DAYS_OF_A_RUN: Final = 1  # from the fetch's end to the job's: far less, unless somebody redrives it


@dataclasses.dataclass(frozen=True)
class KnownPlaylist:
    """A playlist whose contents lie whole in the raw zone.

    Attributes:
        run_id: the run that last looked at it.
        entry: for the manifest.
        record_ids: the full records that its items refer to (`record_ids_of`), sorted; known here so that the
            items need not be read again.
        records: that run's objects with the playlist's own record.
        total: how many items Spotify counted; None when it is unknown. Slots that Spotify left out make it
            more than the rows.
        api_mode: the kind of app that read the contents (`ApiMode.name`); "" when an earlier release did.
    """

    run_id: str
    entry: PlaylistEntry
    record_ids: Mapping[str, tuple[str, ...]]
    records: tuple[RawObject, ...] = ()
    total: int | None = None
    api_mode: str = ""

    def as_unchanged(self, run_id: str, records: tuple[RawObject, ...] = ()) -> KnownPlaylist:
        """The same contents, referred to by a later run."""
        entry = dataclasses.replace(self.entry, status="unchanged")
        return dataclasses.replace(self, run_id=run_id, entry=entry, records=records)


@dataclasses.dataclass(frozen=True)
class Retention:
    """How long the raw zone's objects can be relied on.

    Attributes:
        days: after which the bucket drops an object; 0 for never.
        margin_days: what is deleted within so many days is read again where that is possible.
    """

    days: int
    margin_days: int

    def covers(self, fetched_at: str, now: float) -> bool:
        """Whether objects written at `fetched_at` need not be read again for their age."""
        return self._keeps(fetched_at, now, self.margin_days)

    def still_holds(self, fetched_at: str, now: float) -> bool:
        """Whether the job of this run will find objects written at `fetched_at`.

        Until then they are referred to when they cannot be read again: an old value is better than none. A
        day that refers to them can be rebuilt only as long as they exist.
        """
        return self._keeps(fetched_at, now, _DAYS_OF_A_RUN)

    def _keeps(self, fetched_at: str, now: float, spare_days: int) -> bool:
        if not self.days:
            return True
        lives = self.days - min(spare_days, self.days / 2)
        return now - epoch(fetched_at) < lives * _SECONDS_A_DAY


class PlaylistIndex:
    """Reads and writes `KnownPlaylist`s. Thread safe.

    Args:
        bucket: the raw bucket.
        privacy: how user ids are treated now (`Privacy.fingerprint`): what was stored under another treatment
            counts as unknown, so that no run refers to it.
    """

    def __init__(self, bucket: RawBucket, privacy: str) -> None:
        self._bucket = bucket
        self._privacy = privacy
        self._keys = frozenset(bucket.keys(PREFIX))

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, source: str, playlist_id: str) -> KnownPlaylist | None:
        """What is known of a playlist; None when nothing (readable) is."""
        key = _key(source, playlist_id)
        body = self._bucket.get(key) if key in self._keys else None
        if body is None:
            return None
        try:
            stored = json.loads(body)
            return _parsed(stored) if stored.get("privacy") == self._privacy else None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("an index entry cannot be read; the playlist is read afresh", extra={"key": key})
            del error
            return None

    def put(self, known: KnownPlaylist) -> None:
        """Remember a playlist."""
        body = {"version": _VERSION, "privacy": self._privacy, **dataclasses.asdict(known)}
        self._bucket.put(_key(known.entry.source, known.entry.playlist_id), json.dumps(body).encode())


def _key(source: str, playlist_id: str) -> str:
    return f"{PREFIX}{source}/{playlist_id}.json"


def _parsed(body: dict[str, Any]) -> KnownPlaylist:
    if body["version"] != _VERSION:
        raise ValueError(f"version {body['version']}")
    entry = body["entry"]
    return KnownPlaylist(
        run_id=body["run_id"],
        entry=PlaylistEntry(**{**entry, "objects": tuple(RawObject(**obj) for obj in entry["objects"])}),
        record_ids={source: tuple(ids) for source, ids in body["record_ids"].items()},
        records=tuple(RawObject(**obj) for obj in body["records"]),
        total=body.get("total"),
        api_mode=body.get("api_mode", ""),
    )
