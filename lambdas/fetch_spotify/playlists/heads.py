"""The day's own record of each unchanged playlist: one small call each, for its followers.

The account's list of playlists does not show followers, and the contents of an unchanged playlist are not
read again. Only apps that may have extended quota make these calls, and only with what the rest of the run
has left of its budget.
"""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

from common.observability import logger
from fetch_spotify.config import REREAD_NONE
from fetch_spotify.errors import CallBudgetSpent, PlaylistSkipped
from fetch_spotify.playlists.playlist import Playlist
from fetch_spotify.playlists.source import FetchContext
from fetch_spotify.storage.playlist_index import KnownPlaylist
from fetch_spotify.storage.writer import read_object
from spotify_lake.contract.raw_zone import PLAYLIST_ITEMS, PLAYLISTS, RawObject, run_prefix

RunAll: TypeAlias = Callable[[Sequence[Callable[[], None]]], None]


@dataclasses.dataclass(frozen=True)
class HeadsRead:
    """What became of the records of unchanged playlists.

    Attributes:
        objects: those that hold the records.
        left_out: how many playlists keep only what the account's list shows, because the budget of calls is
            spent or Spotify refused the record.
    """

    objects: tuple[RawObject, ...]
    left_out: int

    def figures(self) -> dict[str, int]:
        """The counts, for the manifest and the answer."""
        return {"read": len(self.objects), "left_out": self.left_out}


class HeadReader:
    """Reads the records for one run.

    Args:
        context: the run.
        stored: keys of this run's objects with playlists' records that are in the bucket already.
    """

    def __init__(self, context: FetchContext, stored: Iterable[str]) -> None:
        self._context = context
        self._prefix = run_prefix(PLAYLISTS, context.request.snapshot_date, context.request.run_id)
        self._stored = frozenset(stored)
        self._objects: list[RawObject] = []
        self._left_out = 0
        self._lock = threading.Lock()

    def read(self, found: Collection[KnownPlaylist], run_all: RunAll) -> HeadsRead:
        """Read the record of each playlist that this run has not read one of.

        Args:
            found: the playlists of the run.
            run_all: runs a list of jobs on the workers.
        """
        context = self._context
        if context.config.reread_unchanged != REREAD_NONE and context.mode.may_be_extended:
            playlist_ids = [known.entry.playlist_id for known in found if self._lacks_record(known)]
            run_all([self._job(playlist_id) for playlist_id in sorted(playlist_ids, key=self._turn)])
        return HeadsRead(tuple(sorted(self._objects, key=lambda obj: obj.key)), self._left_out)

    def _lacks_record(self, known: KnownPlaylist) -> bool:
        is_of_this_run = any(obj.key.startswith(self._prefix) for obj in known.records)
        return known.entry.source == PLAYLIST_ITEMS and not is_of_this_run

    def _turn(self, playlist_id: str) -> str:
        """The order of a day: another one each day, so that a small budget leaves out others each day."""
        return hashlib.sha256(f"{self._context.request.snapshot_date} {playlist_id}".encode()).hexdigest()

    def _job(self, playlist_id: str) -> Callable[[], None]:
        def job() -> None:
            try:
                obj = self._read_one(playlist_id)
            except (CallBudgetSpent, PlaylistSkipped) as error:
                logger.info("a head was left out", extra={"playlist_id": playlist_id, "cause": str(error)})
                with self._lock:
                    self._left_out += 1
            else:
                with self._lock:
                    self._objects.append(obj)

        return job

    def _read_one(self, playlist_id: str) -> RawObject:
        context, key = self._context, f"{self._prefix}playlist_id={playlist_id}/head.ndjson.gz"
        if key in self._stored and (stored := read_object(context.writer.bucket, key, PLAYLISTS)):
            return stored[0]
        record = Playlist(context.client, context.mode, playlist_id).record()
        return context.writer.playlists(key, [record], context.clock.timestamp())
