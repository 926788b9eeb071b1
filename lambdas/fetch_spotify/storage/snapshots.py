"""Stores the pages of a version of a playlist, and finds those that an earlier invocation stored.

The pages of a snapshot have a key prefix of their own. Each key states the offset of the page, the offset of
the next one and the length of the list, so that the keys alone show which pages are missing:

    .../playlist_id=<id>/read=<attempt>-<token of snapshot_id>/000000-000100-of-000180.ndjson.gz
    .../playlist_id=<id>/read=<attempt>-<token of snapshot_id>/000150-end-of-000180.ndjson.gz
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from common.events import FetchRequest
from fetch_spotify.clock import Clock
from fetch_spotify.spotify.list_pages import ListPages
from fetch_spotify.spotify.shapes import Page, record_ids_of
from fetch_spotify.storage.playlist_index import KnownPlaylist
from fetch_spotify.storage.writer import RawWriter, read_object
from spotify_lake.contract.raw_zone import PLAYLISTS, PlaylistEntry, RawObject, run_prefix

JsonObject: TypeAlias = dict[str, Any]

_END: Final = "end"
_PAGE_KEY: Final = re.compile(
    r"(?P<snapshot>(?P<playlist>.*/)read=(?P<attempt>\d+)-(?P<token>[0-9a-f]+)/)"
    r"(?P<offset>\d+)-(?P<next>\d+|end)(?:-of-(?P<total>\d+))?\.ndjson\.gz"
)


@dataclasses.dataclass(frozen=True)
class PlaylistVersion:
    """A version of a playlist's contents, and its number of items by Spotify's count, if it is known."""

    snapshot_id: str
    total: int | None


@dataclasses.dataclass
class Snapshot:
    """The stored pages of one version.

    Attributes:
        source: the raw source of the items.
        playlist_id: the playlist.
        prefix: of the keys.
        attempt: counts the snapshots of this playlist in the run, from 1.
        snapshot_id: the version; "" while only its token is known.
        checker: checks the pages.
        pages: offset -> (offset of the next page or None, object).
        record_ids: see `record_ids_of`.
        fetched_at: when each page was read.
    """

    source: str
    playlist_id: str
    prefix: str
    attempt: int
    snapshot_id: str
    checker: ListPages
    pages: dict[int, tuple[int | None, RawObject]] = dataclasses.field(default_factory=dict)
    record_ids: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    fetched_at: list[str] = dataclasses.field(default_factory=list)

    def add(self, page: Page, obj: RawObject, fetched_at: str) -> None:
        """Add a page that is stored."""
        self.checker.add(page)
        self.pages[page.offset] = (page.next_offset, obj)
        for source, ids in record_ids_of(page.items).items():
            self.record_ids.setdefault(source, set()).update(ids)
        self.fetched_at.append(fetched_at)

    def first_gap(self, start: int) -> int | None:
        """The first offset from `start` on that is not stored; None when all pages to the end are."""
        offset: int | None = start
        while offset is not None and offset in self.pages:
            offset = self.pages[offset][0]
        return offset

    def gaps(self, start: int) -> Iterator[tuple[int, int | None]]:
        """Yield the offset of each missing page from `start` on, and the most items it may have, if limited.

        The caller adds each page before it takes the next gap. A page must not reach into a stored one.
        """
        while (offset := self.first_gap(start)) is not None:
            following = min((stored for stored in self.pages if stored > offset), default=None)
            yield offset, None if following is None else following - offset
            start = offset

    def objects(self) -> tuple[RawObject, ...]:
        """The pages from the first one to the last, in order."""
        objects: list[RawObject] = []
        offset: int | None = 0
        while offset is not None and offset in self.pages:
            offset, obj = self.pages[offset]
            objects.append(obj)
        return tuple(objects)


class SnapshotStore:
    """Stores the snapshots of one run.

    Args:
        writer: stores pages and records.
        request: the run.
        clock: for the times in the envelopes.
        stored: this run's keys that are in the bucket already, of item sources and of playlists.
    """

    def __init__(
        self, writer: RawWriter, request: FetchRequest, clock: Clock, stored: Iterable[str] = ()
    ) -> None:
        self._writer = writer
        self._request = request
        self._clock = clock
        self._pages: dict[str, list[re.Match[str]]] = {}
        self._records: dict[str, RawObject | None] = {}
        self._attempts: dict[str, int] = {}
        for key in stored:
            if match := _PAGE_KEY.fullmatch(key):
                self._pages.setdefault(match["playlist"], []).append(match)
                attempt = int(match["attempt"])
                self._attempts[match["playlist"]] = max(attempt, self._attempts.get(match["playlist"], 0))
            else:
                self._records[key] = None

    def new(self, source: str, playlist_id: str, version: PlaylistVersion, checker: ListPages) -> Snapshot:
        """Begin a snapshot; `checker` is a new one for its pages."""
        folder = self._folder(source, playlist_id)
        attempt = self._attempts[folder] = self._attempts.get(folder, 0) + 1
        checker.total = version.total
        prefix = f"{folder}read={attempt}-{_token(version.snapshot_id)}/"
        return Snapshot(source, playlist_id, prefix, attempt, version.snapshot_id, checker)

    def resume(
        self, source: str, playlist_id: str, listed: PlaylistVersion | None, checker: ListPages
    ) -> Snapshot | None:
        """Return the latest snapshot that an earlier invocation began; None when none can be continued.

        Args:
            source: the raw source of the items.
            playlist_id: the playlist.
            listed: the version that a listing stated.
            checker: a new one for its pages.
        """
        folder = self._folder(source, playlist_id)
        attempt = self._attempts.get(folder, 0)
        pages = [match for match in self._pages.get(folder, []) if int(match["attempt"]) == attempt]
        if not pages:
            return None
        totals = [int(match["total"]) for match in pages if match["total"]]
        checker.total = totals[0] if totals else listed.total if listed else None
        snapshot = Snapshot(source, playlist_id, pages[0]["snapshot"], attempt, "", checker)
        if listed and _token(listed.snapshot_id) == pages[0]["token"]:
            snapshot.snapshot_id = listed.snapshot_id
        for match in pages:
            self._load(snapshot, match)
        # A snapshot without its head can be continued only if the listing states the same version.
        is_listed = listed is not None and listed.snapshot_id == snapshot.snapshot_id
        return snapshot if snapshot.snapshot_id and (0 in snapshot.pages or is_listed) else None

    def _load(self, snapshot: Snapshot, match: re.Match[str]) -> None:
        stored = read_object(self._writer.bucket, match[0], snapshot.source)
        if stored is None:
            return
        obj, lines = stored
        following = None if match["next"] == _END else int(match["next"])
        page = Page([line["record"] for line in lines], int(match["offset"]), following, total=None)
        snapshot.add(page, obj, lines[0]["fetched_at"] if lines else self._clock.timestamp())
        if lines:
            snapshot.snapshot_id = lines[0]["snapshot_id"]

    def store_page(self, snapshot: Snapshot, page: Page) -> None:
        """Store a page of a snapshot."""
        following = _END if page.next_offset is None else f"{page.next_offset:06d}"
        total = snapshot.checker.total if snapshot.checker.total is not None else page.total
        of_total = "" if total is None else f"-of-{total:06d}"
        at = self._clock.timestamp()
        obj = self._writer.items(
            f"{snapshot.prefix}{page.offset:06d}-{following}{of_total}.ndjson.gz",
            source=snapshot.source,
            playlist_id=snapshot.playlist_id,
            snapshot_id=snapshot.snapshot_id,
            page=page,
            at=at,
        )
        snapshot.add(page, obj, at)

    def store_record(
        self, playlist_id: str, snapshot_id: str, record: JsonObject | None, attempt: int = 0
    ) -> tuple[RawObject, ...]:
        """Store a playlist's own record, if it has one; `attempt` is 0 without a snapshot."""
        if record is None:
            return ()
        key = self._record_key(playlist_id, snapshot_id, attempt)
        obj = self._records[key] = self._writer.playlists(key, [record], self._clock.timestamp())
        return (obj,)

    def contents(self, snapshot: Snapshot) -> KnownPlaylist:
        """Return the contents of a complete snapshot for the manifest and the index."""
        objects = snapshot.objects()
        entry = PlaylistEntry(
            source=snapshot.source,
            playlist_id=snapshot.playlist_id,
            snapshot_id=snapshot.snapshot_id,
            status="fetched",
            fetched_at=min(snapshot.fetched_at),
            rows=sum(obj.rows for obj in objects),
            objects=tuple(obj for obj in objects if obj.rows),
        )
        record = self._record(self._record_key(snapshot.playlist_id, snapshot.snapshot_id, snapshot.attempt))
        return KnownPlaylist(
            self._request.run_id,
            entry,
            record_ids={source: tuple(sorted(ids)) for source, ids in snapshot.record_ids.items()},
            records=(record,) if record else (),
            total=snapshot.checker.total,
        )

    def _record(self, key: str) -> RawObject | None:
        if key in self._records and self._records[key] is None:
            stored = read_object(self._writer.bucket, key, PLAYLISTS)
            return stored[0] if stored else None
        return self._records.get(key)

    def _record_key(self, playlist_id: str, snapshot_id: str, attempt: int) -> str:
        return f"{self._folder(PLAYLISTS, playlist_id)}read={attempt}-{_token(snapshot_id)}.ndjson.gz"

    def _folder(self, source: str, playlist_id: str) -> str:
        request = self._request
        return f"{run_prefix(source, request.snapshot_date, request.run_id)}playlist_id={playlist_id}/"


def _token(snapshot_id: str) -> str:
    """A key-safe name for a version; snapshot_ids are opaque and may hold slashes."""
    return hashlib.sha256(snapshot_id.encode()).hexdigest()[:12]
