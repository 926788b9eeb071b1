"""Reads a consistent snapshot of a playlist's contents into the raw zone, and resumes an interrupted one.

A snapshot is consistent when every page states the same total and the snapshot_id is the same before the
first page and after the last one. When a listing has stated the snapshot_id, the tail is read first and the
head last, and the head's snapshot_id is the proof. Otherwise the head is read first, and a snapshot of
several pages takes one more small call as proof.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final, Protocol, TypeAlias

from common.events import FetchRequest
from common.observability import logger
from fetch_spotify.clock import Clock
from fetch_spotify.config import REREAD_CONTENTS, Config
from fetch_spotify.errors import PlaylistSkipped
from fetch_spotify.spotify.api_mode import DEVELOPMENT, ApiMode
from fetch_spotify.spotify.client import Calls
from fetch_spotify.spotify.list_pages import CUT_SHORT, NEVER_ENDS, WRONG_PAGE, ListPages, TotalChanged
from fetch_spotify.spotify.shapes import Page
from fetch_spotify.storage.playlist_index import KnownPlaylist, PlaylistIndex, Retention
from fetch_spotify.storage.snapshots import PlaylistVersion, Snapshot, SnapshotStore

JsonObject: TypeAlias = dict[str, Any]

HEAD_LENGTH: Final = 100  # items that GET /playlists/{id} embeds, in both shapes
MAX_ATTEMPTS: Final = 4
KEEPS_CHANGING: Final = "PlaylistKeepsChanging"
NO_SNAPSHOT_ID: Final = "NoSnapshotId"
TOO_LARGE: Final = "LargerThanBudget"
# The playlist exists and is readable, and another day its contents can be read completely.
_TEMPORARY: Final = frozenset({KEEPS_CHANGING, NO_SNAPSHOT_ID, TOO_LARGE, CUT_SHORT, NEVER_ENDS, WRONG_PAGE})


@dataclasses.dataclass(frozen=True)
class Head:
    """The result of the first call for a playlist.

    Attributes:
        snapshot_id: the version.
        page: the first items.
        record: the playlist's own record; None where the source has none.
    """

    snapshot_id: str
    page: Page
    record: JsonObject | None = None

    @property
    def version(self) -> PlaylistVersion:
        """The version with its total."""
        return PlaylistVersion(self.snapshot_id, self.page.total)


class Readable(Protocol):
    """A playlist, or a list that is read like one."""

    source: str
    playlist_id: str

    @property
    def page_limit(self) -> int:
        """The maximum number of items on a page after the head."""

    def checker(self) -> ListPages:
        """Return a checker for the pages of one snapshot."""

    def head(self) -> Head:
        """Read the first items and the version; raise `PlaylistSkipped` when they are refused."""

    def page(self, offset: int, limit: int | None, checker: ListPages) -> Page:
        """Read a page of at most `limit` items; raise what `ListPages.check` raises."""

    def snapshot_id(self) -> str:
        """Read only the version."""


@dataclasses.dataclass(frozen=True)
class PlaylistRead:
    """The result of reading one playlist.

    Attributes:
        contents: for the manifest.
        problem: why they are those of an earlier day; None when they are current.
    """

    contents: KnownPlaylist
    problem: PlaylistSkipped | None = None


class PlaylistReader:
    """Reads playlists for one run, and refers to stored contents that are still current.

    Args:
        config, request: the run.
        clock: decides whether stored contents will be deleted soon.
        calls: reserves the calls for a playlist before it is begun.
        mode: the kind of app.
        snapshots: stores the pages.
        index: the contents that are stored already.
        retention: how long they are stored.
    """

    def __init__(
        self,
        config: Config,
        request: FetchRequest,
        *,
        clock: Clock,
        calls: Calls,
        mode: ApiMode,
        snapshots: SnapshotStore,
        index: PlaylistIndex,
        retention: Retention,
    ) -> None:
        self._config = config
        self._run_id = request.run_id
        self._clock = clock
        self._calls = calls
        self._mode = mode
        self._snapshots = snapshots
        self._index = index
        self._retention = retention

    def known(self, source: str, playlist_id: str) -> KnownPlaylist | None:
        """Return the stored contents of a playlist; None when there are none."""
        return self._index.get(source, playlist_id)

    def read(
        self, playlist: Readable, known: KnownPlaylist | None, listed: PlaylistVersion | None = None
    ) -> PlaylistRead:
        """Read the complete contents of a playlist, or use those of an earlier day when that fails.

        Args:
            playlist: the playlist.
            known: its stored contents.
            listed: the version that a listing stated.

        Raises:
            PlaylistSkipped: it cannot be read, and there are no earlier contents to use.
            CallBudgetSpent: fewer calls are left than it takes.
        """
        if known and known.run_id == self._run_id:  # by an earlier invocation
            return PlaylistRead(known)
        if known and listed and self._is_current(known, listed):
            return PlaylistRead(known.as_unchanged(self._run_id))
        try:
            contents = self._read_snapshot(playlist, known, listed)
        except PlaylistSkipped as skipped:
            is_stored = known and self._retention.still_holds(known.entry.fetched_at, self._clock.now())
            if known is None or not is_stored or skipped.reason not in _TEMPORARY:
                raise
            message = f"{skipped.message} Its contents of {known.entry.fetched_at[:10]} are used instead."
            earlier = known.as_unchanged(self._run_id, known.records)
            return PlaylistRead(earlier, PlaylistSkipped(skipped.reason, message))
        self._index.put(contents)
        return PlaylistRead(contents)

    def _is_current(self, known: KnownPlaylist, version: PlaylistVersion) -> bool:
        """Whether the stored contents are this version, and need not be read again for another reason."""
        if self._config.reread_unchanged == REREAD_CONTENTS and self._mode.may_be_extended:
            return False
        if None not in {version.total, known.total} and version.total != known.total:
            return False
        if known.api_mode == DEVELOPMENT and not self._mode.is_new_development:
            return False  # this app sees fields that are missing there, such as popularity
        is_kept = self._retention.covers(known.entry.fetched_at, self._clock.now())
        return known.entry.snapshot_id == version.snapshot_id and is_kept

    def _read_snapshot(
        self, playlist: Readable, known: KnownPlaylist | None, listed: PlaylistVersion | None
    ) -> KnownPlaylist:
        source, playlist_id, head = playlist.source, playlist.playlist_id, None
        snapshot = self._snapshots.resume(source, playlist_id, listed, playlist.checker())
        if snapshot is None and listed and (listed.total or 0) > HEAD_LENGTH:
            snapshot = self._snapshots.new(source, playlist_id, listed, playlist.checker())
        elif snapshot is None:
            head = _without_next_if_complete(playlist.head(), listed)
            if known and self._is_current(known, head.version):
                records = self._snapshots.store_record(playlist_id, head.snapshot_id, head.record)
                return known.as_unchanged(self._run_id, records)
            snapshot = self._snapshots.new(source, playlist_id, head.version, playlist.checker())
        disagreement = ""
        for _ in range(MAX_ATTEMPTS):
            try:
                with self._calls.reserve(self._calls_left(playlist, snapshot, head)):
                    newer = self._read_missing_pages(playlist, snapshot, head)
            except TotalChanged as changed:
                newer, disagreement = playlist.head(), f" {changed}"
                if _continues(snapshot, newer):
                    head = newer
                    continue  # with the stored pages: only the page that disagreed is read again
            if newer is None:
                contents = self._snapshots.contents(snapshot)
                return dataclasses.replace(contents, api_mode=self._mode.name)
            logger.info("a playlist changed while it was read", extra={"playlist_id": playlist_id})
            head = newer
            snapshot = self._snapshots.new(source, playlist_id, head.version, playlist.checker())
        raise PlaylistSkipped(
            KEEPS_CHANGING,
            f"The playlist {playlist_id} changed each of the {MAX_ATTEMPTS} times it was read.{disagreement}",
        )

    def _read_missing_pages(self, playlist: Readable, snapshot: Snapshot, head: Head | None) -> Head | None:
        """Store the missing pages; return None when the snapshot is consistent, or else a newer head."""
        if 0 not in snapshot.pages:
            if head is None:  # the version is known from a listing: the tail is read first
                for offset, limit in snapshot.gaps(HEAD_LENGTH):
                    self._snapshots.store_page(snapshot, playlist.page(offset, limit, snapshot.checker))
                head = playlist.head()
                if not _continues(snapshot, head):
                    return head
                head = _cut(head, HEAD_LENGTH)
            # The record is stored first, so that a stored head page implies a stored record.
            self._snapshots.store_record(
                snapshot.playlist_id, head.snapshot_id, head.record, snapshot.attempt
            )
            self._snapshots.store_page(snapshot, head.page)
            if snapshot.first_gap(0) is None:
                return None
        for offset, limit in snapshot.gaps(0):
            self._snapshots.store_page(snapshot, playlist.page(offset, limit, snapshot.checker))
        if len(snapshot.pages) == 1 or playlist.snapshot_id() == snapshot.snapshot_id:
            return None
        return playlist.head()

    def _calls_left(self, playlist: Readable, snapshot: Snapshot, head: Head | None) -> int:
        """The number of calls that the missing pages take; 0 when no more than a head is needed.

        Raises:
            PlaylistSkipped: LargerThanBudget, when no run can make that many.
        """
        total = snapshot.checker.total or 0
        start: int | None = 0
        if 0 not in snapshot.pages:
            start = head.page.next_offset if head else HEAD_LENGTH
        if start is not None:
            start = snapshot.first_gap(start)
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


def _continues(snapshot: Snapshot, head: Head) -> bool:
    """Whether a head that was read later belongs to the snapshot."""
    return head.snapshot_id == snapshot.snapshot_id and snapshot.checker.agrees_with(head.page)


def _cut(head: Head, length: int) -> Head:
    """The head with at most this many items, because the pages after them are stored already."""
    page = head.page
    if page.next_offset is None or page.next_offset <= length:
        return head
    return dataclasses.replace(
        head, page=dataclasses.replace(page, items=page.items[:length], next_offset=length)
    )


def _without_next_if_complete(head: Head, listed: PlaylistVersion | None) -> Head:
    """The head; without a next page if the listing confirms that its page is the whole list."""
    page = head.page
    if listed is None or not page.total == listed.total == page.next_offset:
        return head
    return dataclasses.replace(head, page=dataclasses.replace(page, next_offset=None))
