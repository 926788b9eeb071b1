"""Reads a consistent snapshot of a playlist's contents into the raw zone, and resumes an interrupted one.

A snapshot is consistent when every page states the same total and the snapshot_id is the same before the
first page and after the last one. When a listing has stated the snapshot_id, the tail is read first and the
head last, and the head's snapshot_id is the proof. Otherwise the head is read first, and a snapshot of
several pages takes one more small call as proof.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable
from typing import Final

from common.observability import logger
from fetch_spotify.clock import Clock
from fetch_spotify.errors import PlaylistSkipped
from fetch_spotify.playlists.snapshot import (
    END,
    PAGE_KEY,
    Head,
    ListedVersion,
    Readable,
    Snapshot,
    version_token,
)
from fetch_spotify.spotify.client import Calls
from fetch_spotify.spotify.list_pages import TotalChanged
from fetch_spotify.spotify.shapes import Page, record_ids_of
from fetch_spotify.storage.playlist_index import KnownPlaylist
from fetch_spotify.storage.writer import RawWriter, read_object
from spotify_lake.contract.raw_zone import PLAYLISTS, PlaylistEntry, RawObject, run_prefix

HEAD_LENGTH: Final = 100  # items that GET /playlists/{id} embeds, in both shapes
MAX_ATTEMPTS: Final = 4
KEEPS_CHANGING: Final = "PlaylistKeepsChanging"
NO_SNAPSHOT_ID: Final = "NoSnapshotId"
TOO_LARGE: Final = "LargerThanBudget"


class SnapshotReader:
    """Reads snapshots for one run.

    Args:
        writer: stores pages and records.
        run_id, snapshot_date: the run.
        clock: for the time of snapshot.
        calls: reserves the calls for a playlist before it is begun.
        stored: this run's keys that are in the bucket already, of item sources and of playlists.
    """

    def __init__(
        self,
        writer: RawWriter,
        run_id: str,
        snapshot_date: str,
        *,
        clock: Clock,
        calls: Calls,
        stored: Iterable[str],
    ) -> None:
        self._writer = writer
        self._run_id = run_id
        self._date = snapshot_date
        self._clock = clock
        self._calls = calls
        self._stored_pages: dict[str, list[re.Match[str]]] = {}
        self._records: dict[str, RawObject | None] = {}
        for key in stored:
            match = PAGE_KEY.fullmatch(key)
            if match:
                self._stored_pages.setdefault(match[1].rsplit("read=", 1)[0], []).append(match)
            else:
                self._records[key] = None

    def read(
        self,
        playlist: Readable,
        *,
        listed: ListedVersion | None = None,
        reuse: Callable[[Head], KnownPlaylist | None] = lambda _: None,
    ) -> KnownPlaylist:
        """Read a playlist's contents.

        Args:
            playlist: the playlist.
            listed: the version that a listing stated.
            reuse: called with a head that was read first; returns earlier contents of the same version, or
                None.

        Raises:
            PlaylistSkipped: it cannot be read, or keeps changing.
            CallBudgetSpent: fewer calls are left than it takes.
        """
        snapshot, head = self._resume(playlist, listed), None
        attempt = self._latest_attempt(playlist) + 1
        if snapshot is None and listed and (listed.total or 0) > HEAD_LENGTH:
            snapshot = self._new_snapshot(playlist, attempt, listed.snapshot_id, listed.total)
        elif snapshot is None:
            head = _without_next_if_complete(playlist.head(), listed)
            if known := reuse(head):
                return known.as_unchanged(self._run_id, self._store_record(playlist, 0, head))
            snapshot = self._new_snapshot(playlist, attempt, head.snapshot_id, head.page.total)
        disagreement = ""
        for _ in range(MAX_ATTEMPTS):
            try:
                with self._calls.reserve(self._calls_left(playlist, snapshot, head)):
                    newer = self._complete(playlist, snapshot, head)
            except TotalChanged as changed:
                newer, disagreement = playlist.head(), f" {changed}"
                is_same_version = newer.snapshot_id == snapshot.snapshot_id
                if is_same_version and snapshot.checker.agrees_with(newer.page):
                    head = newer
                    continue  # with the stored pages: only the page that disagreed is read again
            if newer is None:
                return self._contents_of(playlist, snapshot)
            logger.info("a playlist changed while it was read", extra={"playlist_id": playlist.playlist_id})
            head = newer
            snapshot = self._new_snapshot(playlist, snapshot.attempt + 1, head.snapshot_id, head.page.total)
        raise PlaylistSkipped(
            KEEPS_CHANGING,
            f"The playlist {playlist.playlist_id} changed each of the {MAX_ATTEMPTS} times it was read."
            f"{disagreement}",
        )

    def _calls_left(self, playlist: Readable, snapshot: Snapshot, head: Head | None) -> int:
        """The number of calls that the missing pages take; 0 when no more than a head is needed.

        Raises:
            PlaylistSkipped: LargerThanBudget, when no run can make that many.
        """
        total = snapshot.checker.total or 0
        if 0 in snapshot.pages:
            start = snapshot.first_gap(0)
        else:
            following = head.page.next_offset if head else HEAD_LENGTH
            start = following if following is None else snapshot.first_gap(following)
        if start is None or start >= total:
            return 0
        pages = math.ceil((total - start) / playlist.page_limit) + 1
        if self._calls.can_never_make(pages):
            raise PlaylistSkipped(
                TOO_LARGE,
                f"The playlist {playlist.playlist_id} has {total} items. They take {pages} calls to Spotify,"
                f" more than a run with a budget of {self._calls.budget} calls can make. Raise max_calls in"
                " the input, or the stack's parameter MaxCallsPerRun.",
            )
        return pages

    def _complete(self, playlist: Readable, snapshot: Snapshot, head: Head | None) -> Head | None:
        """Store the missing pages; return None when the snapshot is consistent, else the newer head."""
        has_head = 0 in snapshot.pages
        if not has_head and head is None:  # the version is known from a listing: tail first
            self._read_pages(playlist, snapshot, snapshot.first_gap(HEAD_LENGTH), None)
            head = playlist.head()
            is_same_version = head.snapshot_id == snapshot.snapshot_id
            if not is_same_version or not snapshot.checker.agrees_with(head.page):
                return head
            self._store_head(playlist, snapshot, head, before=HEAD_LENGTH)
            if snapshot.first_gap(0) is None:
                return None
            # The server embedded fewer items than usual: read the pages in between.
            self._read_pages(playlist, snapshot, snapshot.first_gap(0), HEAD_LENGTH)
        elif not has_head and head is not None:
            self._store_head(playlist, snapshot, head, before=None)
            if snapshot.first_gap(0) is None:
                return None
        self._read_pages(playlist, snapshot, snapshot.first_gap(0), None)
        if len(snapshot.pages) == 1 or playlist.snapshot_id() == snapshot.snapshot_id:
            return None
        return playlist.head()

    def _read_pages(
        self, playlist: Readable, snapshot: Snapshot, offset: int | None, end: int | None
    ) -> None:
        while offset is not None and (end is None or offset < end):
            page = playlist.tail(offset, end - offset if end else None, snapshot.checker)
            self._store_page(playlist, snapshot, page)
            offset = snapshot.first_gap(offset)

    def _store_head(self, playlist: Readable, snapshot: Snapshot, head: Head, *, before: int | None) -> None:
        page = head.page
        if before is not None and page.next_offset is not None and page.next_offset > before:
            page = dataclasses.replace(page, items=page.items[:before], next_offset=before)
        # The record is stored first, so that a stored head page implies a stored record.
        self._store_record(playlist, snapshot.attempt, head)
        self._store_page(playlist, snapshot, page)

    def _store_record(self, playlist: Readable, attempt: int, head: Head) -> tuple[RawObject, ...]:
        if head.record is None:
            return ()
        key = self._record_key(playlist, attempt, head.snapshot_id)
        stored = self._writer.playlists(key, [head.record], self._clock.timestamp())
        self._records[key] = stored
        return (stored,)

    def _store_page(self, playlist: Readable, snapshot: Snapshot, page: Page) -> None:
        snapshot.checker.add(page)
        key = snapshot.page_key(page.offset, page.next_offset)
        at = self._clock.timestamp()
        snapshot.objects[key] = self._writer.items(
            key,
            source=playlist.source,
            playlist_id=playlist.playlist_id,
            snapshot_id=snapshot.snapshot_id,
            page=page.items,
            offset=page.offset,
            at=at,
        )
        snapshot.pages[page.offset] = (page.next_offset, key)
        snapshot.add_record_ids(record_ids_of(page.items))
        snapshot.fetched_at.append(at)

    def _contents_of(self, playlist: Readable, snapshot: Snapshot) -> KnownPlaylist:
        keys = snapshot.chain()
        objects = [snapshot.objects[key] for key in keys]
        entry = PlaylistEntry(
            source=playlist.source,
            playlist_id=playlist.playlist_id,
            snapshot_id=snapshot.snapshot_id,
            status="fetched",
            fetched_at=min(snapshot.fetched_at),
            rows=sum(obj.rows for obj in objects),
            objects=tuple(obj for obj in objects if obj.rows),
        )
        records = self._stored_record(self._record_key(playlist, snapshot.attempt, snapshot.snapshot_id))
        record_ids = {source: tuple(sorted(ids)) for source, ids in snapshot.record_ids.items()}
        return KnownPlaylist(self._run_id, entry, record_ids, records, total=snapshot.checker.total)

    def _resume(self, playlist: Readable, listed: ListedVersion | None) -> Snapshot | None:
        """The latest snapshot that an earlier invocation began; None when there is none to continue."""
        latest = self._latest_attempt(playlist)
        if not latest:
            return None
        pages = [
            match for match in self._stored_pages[self._playlist_prefix(playlist)] if int(match[2]) == latest
        ]
        totals = [int(match[6]) for match in pages if match[6]]
        total = totals[0] if totals else listed.total if listed else None
        snapshot = Snapshot(pages[0][1], latest, "", playlist.checker(total))
        if listed and version_token(listed.snapshot_id) == pages[0][3]:
            snapshot.snapshot_id = listed.snapshot_id
        for match in pages:
            self._load_page(playlist, snapshot, match)
        # A snapshot without its head can be continued only if the listing states the same version.
        is_of_listing = listed is not None and listed.snapshot_id == snapshot.snapshot_id
        return snapshot if snapshot.snapshot_id and (0 in snapshot.pages or is_of_listing) else None

    def _latest_attempt(self, playlist: Readable) -> int:
        return max(
            (int(match[2]) for match in self._stored_pages.get(self._playlist_prefix(playlist), [])),
            default=0,
        )

    def _load_page(self, playlist: Readable, snapshot: Snapshot, match: re.Match[str]) -> None:
        stored = read_object(self._writer.bucket, match[0], playlist.source)
        if stored is None:
            return
        obj, lines = stored
        snapshot.objects[obj.key] = obj
        snapshot.pages[int(match[4])] = (None if match[5] == END else int(match[5]), obj.key)
        items = [line["record"] for line in lines]
        snapshot.add_record_ids(record_ids_of(items))
        snapshot.checker.add(Page(items, int(match[4]), snapshot.pages[int(match[4])][0], None))
        if lines:
            snapshot.snapshot_id = lines[0]["snapshot_id"]
            snapshot.fetched_at.append(lines[0]["fetched_at"])
        else:
            snapshot.fetched_at.append(self._clock.timestamp())

    def _stored_record(self, key: str) -> tuple[RawObject, ...]:
        if key not in self._records:
            return ()
        if known := self._records[key]:
            return (known,)
        stored = read_object(self._writer.bucket, key, PLAYLISTS)
        return (stored[0],) if stored else ()

    def _new_snapshot(
        self, playlist: Readable, attempt: int, snapshot_id: str, total: int | None
    ) -> Snapshot:
        prefix = f"{self._playlist_prefix(playlist)}read={attempt}-{version_token(snapshot_id)}/"
        return Snapshot(prefix, attempt, snapshot_id, playlist.checker(total))

    def _playlist_prefix(self, playlist: Readable) -> str:
        return f"{run_prefix(playlist.source, self._date, self._run_id)}playlist_id={playlist.playlist_id}/"

    def _record_key(self, playlist: Readable, attempt: int, snapshot_id: str) -> str:
        prefix = f"{run_prefix(PLAYLISTS, self._date, self._run_id)}playlist_id={playlist.playlist_id}/"
        return f"{prefix}read={attempt}-{version_token(snapshot_id)}.ndjson.gz"


def _without_next_if_complete(head: Head, listed: ListedVersion | None) -> Head:
    """The head; without a next page if the listing confirms that its page is the whole list."""
    page = head.page
    if listed is None or not page.total == listed.total == page.next_offset:
        return head
    return dataclasses.replace(head, page=dataclasses.replace(page, next_offset=None))
