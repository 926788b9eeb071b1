"""Reads the record of each unchanged playlist, with one small call each, for its followers.

The account's list of playlists does not show followers, and the contents of an unchanged playlist are not
read again. Only apps that may have extended quota make these calls, and only with the rest of the budget.
"""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Collection, Iterable

from common.observability import logger
from fetch_spotify.config import REREAD_NONE
from fetch_spotify.context import FetchContext
from fetch_spotify.errors import CallBudgetSpent, PlaylistSkipped
from fetch_spotify.playlists.playlist import Playlist
from fetch_spotify.spotify.list_pages import WRONG_PAGE
from fetch_spotify.spotify.rate_limit import run_all
from fetch_spotify.spotify.shapes import total_of
from fetch_spotify.storage.playlist_index import KnownPlaylist
from fetch_spotify.storage.writer import read_object
from spotify_lake.contract.raw_zone import PLAYLIST_ITEMS, PLAYLISTS, RawObject, run_prefix


@dataclasses.dataclass(frozen=True)
class HeadsRead:
    """The records of unchanged playlists.

    Attributes:
        objects: the objects with the records.
        left_out: the number of playlists without a record of this run, because the budget of calls is spent
            or Spotify refused the record or stated another number of items in it.
    """

    objects: tuple[RawObject, ...]
    left_out: int

    def figures(self) -> dict[str, int]:
        """The counts for the manifest and the answer."""
        return {"read": len(self.objects), "left_out": self.left_out}


class HeadReader:
    """Reads the records for one run.

    Args:
        context: the run.
        stored: this run's keys of playlists' records that are in the bucket already.
    """

    def __init__(self, context: FetchContext, stored: Iterable[str]) -> None:
        self._context = context
        self._prefix = run_prefix(PLAYLISTS, context.request.snapshot_date, context.request.run_id)
        self._stored = frozenset(stored)
        self._objects: list[RawObject] = []
        self._left_out = 0
        self._lock = threading.Lock()

    def read(self, found: Collection[KnownPlaylist]) -> HeadsRead:
        """Read the record of each playlist of the run that has none of this run."""
        context = self._context
        if context.config.reread_unchanged != REREAD_NONE and context.mode.may_be_extended:
            lacking = sorted(filter(self._lacks_record, found), key=self._order)
            run_all(self._read_one, lacking, context.gate, context.config.workers)
        return HeadsRead(tuple(sorted(self._objects, key=lambda obj: obj.key)), self._left_out)

    def _lacks_record(self, known: KnownPlaylist) -> bool:
        is_of_this_run = any(obj.key.startswith(self._prefix) for obj in known.records)
        return known.entry.source == PLAYLIST_ITEMS and not is_of_this_run

    def _order(self, known: KnownPlaylist) -> str:
        """Sort key that changes each day, so that a small budget leaves out other playlists each day."""
        key = f"{self._context.request.snapshot_date} {known.entry.playlist_id}"
        return hashlib.sha256(key.encode()).hexdigest()

    def _read_one(self, known: KnownPlaylist) -> None:
        try:
            obj = self._record(known)
        except (CallBudgetSpent, PlaylistSkipped) as error:
            extra = {"playlist_id": known.entry.playlist_id, "cause": str(error)}
            logger.info("a head was left out", extra=extra)
            with self._lock:
                self._left_out += 1
        else:
            with self._lock:
                self._objects.append(obj)

    def _record(self, known: KnownPlaylist) -> RawObject:
        context, playlist_id = self._context, known.entry.playlist_id
        key = f"{self._prefix}playlist_id={playlist_id}/head.ndjson.gz"
        if key in self._stored and (stored := read_object(context.writer.bucket, key, PLAYLISTS)):
            return stored[0]
        record = Playlist(context.client, context.mode, playlist_id).record()
        total, is_same_version = total_of(record), record["snapshot_id"] == known.entry.snapshot_id
        if is_same_version and None not in {total, known.total} and total != known.total:
            raise PlaylistSkipped(
                WRONG_PAGE,
                f"The playlist {playlist_id} has {known.total} items, but its record states {total} for the"
                " same version. The next run asks again.",
            )
        return context.writer.playlists(key, [record], context.clock.timestamp())
