"""Reads a consistent snapshot of one playlist's contents into the raw zone, and resumes an interrupted one.

A reading is one version of a playlist. Its pages lie under a prefix of its own, and each key says where the
page starts, where the next one does and how many items the list has, so that the keys alone tell how far a
reading got:

    .../playlist_id=<id>/read=<n>-<token of snapshot_id>/000000-000100-of-000180.ndjson.gz
    .../playlist_id=<id>/read=<n>-<token of snapshot_id>/000150-end-of-000180.ndjson.gz

It is consistent when every page states the same total and the snapshot_id was the same before the first and
after the last page. Where a listing has stated the snapshot_id beforehand, the tail is read first and the
head last, whose own snapshot_id is then the proof. Else the head comes first, and more than one page costs
one small call for the proof.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol, TypeAlias

from common.observability import logger
from fetch_spotify.clock import Clock
from fetch_spotify.errors import PlaylistSkipped
from fetch_spotify.playlists.snapshot import END, PAGE_KEY, Reading, version_token
from fetch_spotify.spotify.client import Calls
from fetch_spotify.spotify.list_pages import ListPages, TotalChanged
from fetch_spotify.spotify.shapes import Page, record_ids_of
from fetch_spotify.storage.playlist_index import KnownPlaylist
from fetch_spotify.storage.writer import RawWriter, read_object
from spotify_lake.contract.raw_zone import PLAYLISTS, PlaylistEntry, RawObject, run_prefix

JsonObject: TypeAlias = dict[str, Any]

HEAD_LENGTH: Final = 100  # what GET /playlists/{id} embeds, in both shapes
MAX_READINGS: Final = 4
KEEPS_CHANGING: Final = "PlaylistKeepsChanging"
NO_SNAPSHOT_ID: Final = "NoSnapshotId"
TOO_LARGE: Final = "LargerThanBudget"


@dataclasses.dataclass(frozen=True)
class Head:
    """What the first call of a playlist tells.

    Attributes:
        snapshot_id: the version.
        page: the first items.
        record: the playlist's own record, to be stored; None where the source has none.
    """

    snapshot_id: str
    page: Page
    record: JsonObject | None = None


class Readable(Protocol):
    """A playlist, or what can be read like one."""

    source: str
    playlist_id: str

    @property
    def page_limit(self) -> int:
        """The most items on a page of the tail."""

    def checker(self, total: int | None) -> ListPages:
        """What checks the pages of one reading of it; `total` is the length that was stated beforehand."""

    def head(self) -> Head:
        """Read the first items and the version; raise `PlaylistSkipped` when that is refused."""

    def tail(self, offset: int, limit: int | None, checker: ListPages) -> Page:
        """Read a page further on, of at most `limit` items; raise what `ListPages.check` raises."""

    def snapshot_id(self) -> str:
        """Read the version alone, as cheaply as can be."""


@dataclasses.dataclass(frozen=True)
class Seen:
    """What a listing has told of a playlist before anything else is read."""

    snapshot_id: str
    total: int | None


class ContentsReader:
    """Reads contents for one run.

    Args:
        writer: stores pages and records.
        run_id, snapshot_date: the run.
        clock: stamps what is read.
        calls: where the calls for a playlist are reserved before it is begun.
        stored: keys of this run that lie in the bucket already, of item sources and of playlists.
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
        self._pages: dict[str, list[re.Match[str]]] = {}
        self._records: dict[str, RawObject | None] = {}
        for key in stored:
            match = PAGE_KEY.fullmatch(key)
            if match:
                self._pages.setdefault(match[1].rsplit("read=", 1)[0], []).append(match)
            else:
                self._records[key] = None

    def read(
        self,
        what: Readable,
        *,
        seen: Seen | None = None,
        reuse: Callable[[Head], KnownPlaylist | None] = lambda _: None,
    ) -> KnownPlaylist:
        """Read a playlist's contents.

        Args:
            what: the playlist.
            seen: what a listing has told of it.
            reuse: is shown a head that was read first; an earlier reading of the same version, or None.

        Raises:
            PlaylistSkipped: it cannot be read, or keeps changing.
            CallBudgetSpent: the run cannot make the calls that it takes.
        """
        reading, head = self._stored_reading(what, seen), None
        number = self._readings_stored(what) + 1
        if reading is None and seen and (seen.total or 0) > HEAD_LENGTH:
            reading = self._new_reading(what, number, seen.snapshot_id, seen.total)
        disagreement = ""
        for _ in range(MAX_READINGS):
            if reading is None:
                head = head or _confirmed(what.head(), seen)
                if known := reuse(head):
                    return known.as_unchanged(self._run_id, self._store_record(what, 0, head))
                reading = self._new_reading(what, number, head.snapshot_id, head.page.total)
            try:
                with self._calls.reserve(self._calls_left(what, reading, head)):
                    newer = self._complete(what, reading, head)
            except TotalChanged as changed:
                newer, disagreement = what.head(), f" {changed}"
                is_as_before = newer.snapshot_id == reading.snapshot_id
                if is_as_before and reading.checker.agrees_with(newer.page):
                    head = newer
                    continue  # with the pages that are stored: only the one that disagreed is read again
            if newer is None:
                return self._finished(what, reading)
            logger.info("a playlist changed while it was read", extra={"playlist_id": what.playlist_id})
            head = newer
            reading = self._new_reading(what, reading.number + 1, head.snapshot_id, head.page.total)
        raise PlaylistSkipped(
            KEEPS_CHANGING,
            f"The playlist {what.playlist_id} changed each of the {MAX_READINGS} times it was read."
            f"{disagreement}",
        )

    def _calls_left(self, what: Readable, reading: Reading, head: Head | None) -> int:
        """How many calls a reading takes from here; 0 when no more than a head is needed.

        Raises:
            PlaylistSkipped: LargerThanBudget, when no run could make so many.
        """
        total = reading.checker.total or 0
        if 0 in reading.pages:
            start = reading.gap(0)
        else:
            following = head.page.next_offset if head else HEAD_LENGTH
            start = following if following is None else reading.gap(following)
        if start is None or start >= total:
            return 0
        pages = math.ceil((total - start) / what.page_limit) + 1
        if self._calls.can_never_make(pages):
            raise PlaylistSkipped(
                TOO_LARGE,
                f"The playlist {what.playlist_id} has {total} items. They take {pages} calls to Spotify, more"
                f" than a run with a budget of {self._calls.budget} calls can make. Raise max_calls in the"
                " input, or the stack's parameter MaxCallsPerRun.",
            )
        return pages

    def _complete(self, what: Readable, reading: Reading, head: Head | None) -> Head | None:
        """Store what is missing of a reading; return None when it is consistent, else a newer head."""
        has_head = 0 in reading.pages
        if not has_head and head is None:  # the version is known from a listing: tail first
            self._read_on(what, reading, reading.gap(HEAD_LENGTH), None)
            head = what.head()
            is_same_version = head.snapshot_id == reading.snapshot_id
            if not is_same_version or not reading.checker.agrees_with(head.page):
                return head
            self._store_head(what, reading, head, before=HEAD_LENGTH)
            if reading.gap(0) is None:
                return None
            # The server embedded fewer items than it used to: fill what lies between.
            self._read_on(what, reading, reading.gap(0), HEAD_LENGTH)
        elif not has_head and head is not None:
            self._store_head(what, reading, head, before=None)
            if reading.gap(0) is None:
                return None
        self._read_on(what, reading, reading.gap(0), None)
        if len(reading.pages) == 1 or what.snapshot_id() == reading.snapshot_id:
            return None
        return what.head()

    def _read_on(self, what: Readable, reading: Reading, offset: int | None, until: int | None) -> None:
        while offset is not None and (until is None or offset < until):
            page = what.tail(offset, until - offset if until else None, reading.checker)
            self._store_page(what, reading, page)
            offset = reading.gap(offset)

    def _store_head(self, what: Readable, reading: Reading, head: Head, *, before: int | None) -> None:
        page = head.page
        if before is not None and page.next_offset is not None and page.next_offset > before:
            page = dataclasses.replace(page, items=page.items[:before], next_offset=before)
        # The record goes first: a stored head page then means that its record is stored as well.
        self._store_record(what, reading.number, head)
        self._store_page(what, reading, page)

    def _store_record(self, what: Readable, number: int, head: Head) -> tuple[RawObject, ...]:
        if head.record is None:
            return ()
        key = self._record_key(what, number, head.snapshot_id)
        stored = self._writer.playlists(key, [head.record], self._clock.timestamp())
        self._records[key] = stored
        return (stored,)

    def _store_page(self, what: Readable, reading: Reading, page: Page) -> None:
        reading.checker.add(page)
        key = reading.page_key(page.offset, page.next_offset)
        at = self._clock.timestamp()
        record_ids = record_ids_of(page.items)
        reading.objects[key] = self._writer.items(
            key,
            source=what.source,
            playlist_id=what.playlist_id,
            snapshot_id=reading.snapshot_id,
            page=page.items,
            offset=page.offset,
            at=at,
        )
        reading.pages[page.offset] = (page.next_offset, key)
        reading.refer_to(record_ids)
        reading.fetched_at.append(at)

    def _finished(self, what: Readable, reading: Reading) -> KnownPlaylist:
        keys = reading.chain()
        objects = [reading.objects[key] for key in keys]
        entry = PlaylistEntry(
            source=what.source,
            playlist_id=what.playlist_id,
            snapshot_id=reading.snapshot_id,
            status="fetched",
            fetched_at=min(reading.fetched_at),
            rows=sum(obj.rows for obj in objects),
            objects=tuple(obj for obj in objects if obj.rows),
        )
        records = self._stored_record(self._record_key(what, reading.number, reading.snapshot_id))
        record_ids = {source: tuple(sorted(ids)) for source, ids in reading.record_ids.items()}
        return KnownPlaylist(self._run_id, entry, record_ids, records, total=reading.checker.total)

    def _stored_reading(self, what: Readable, seen: Seen | None) -> Reading | None:
        """The latest reading that an earlier invocation began, or None."""
        latest = self._readings_stored(what)
        if not latest:
            return None
        pages = [match for match in self._pages[self._playlist_prefix(what)] if int(match[2]) == latest]
        totals = [int(match[6]) for match in pages if match[6]]
        total = totals[0] if totals else seen.total if seen else None
        reading = Reading(pages[0][1], latest, "", what.checker(total))
        if seen and version_token(seen.snapshot_id) == pages[0][3]:
            reading.snapshot_id = seen.snapshot_id
        for match in pages:
            self._take_in(what, reading, match)
        # Without its head a reading is of the version that the listing told, or it is of no use.
        is_of_listing = seen is not None and seen.snapshot_id == reading.snapshot_id
        return reading if reading.snapshot_id and (0 in reading.pages or is_of_listing) else None

    def _readings_stored(self, what: Readable) -> int:
        return max((int(match[2]) for match in self._pages.get(self._playlist_prefix(what), [])), default=0)

    def _take_in(self, what: Readable, reading: Reading, match: re.Match[str]) -> None:
        stored = read_object(self._writer.bucket, match[0], what.source)
        if stored is None:
            return
        obj, lines = stored
        reading.objects[obj.key] = obj
        reading.pages[int(match[4])] = (None if match[5] == END else int(match[5]), obj.key)
        items = [line["record"] for line in lines]
        reading.refer_to(record_ids_of(items))
        reading.checker.add(Page(items, int(match[4]), reading.pages[int(match[4])][0], None))
        if lines:
            reading.snapshot_id = lines[0]["snapshot_id"]
            reading.fetched_at.append(lines[0]["fetched_at"])
        else:
            reading.fetched_at.append(self._clock.timestamp())

    def _stored_record(self, key: str) -> tuple[RawObject, ...]:
        if key not in self._records:
            return ()
        if known := self._records[key]:
            return (known,)
        stored = read_object(self._writer.bucket, key, PLAYLISTS)
        return (stored[0],) if stored else ()

    def _new_reading(self, what: Readable, number: int, snapshot_id: str, total: int | None) -> Reading:
        prefix = f"{self._playlist_prefix(what)}read={number}-{version_token(snapshot_id)}/"
        return Reading(prefix, number, snapshot_id, what.checker(total))

    def _playlist_prefix(self, what: Readable) -> str:
        return f"{run_prefix(what.source, self._date, self._run_id)}playlist_id={what.playlist_id}/"

    def _record_key(self, what: Readable, number: int, snapshot_id: str) -> str:
        prefix = run_prefix(PLAYLISTS, self._date, self._run_id)
        return f"{prefix}playlist_id={what.playlist_id}/read={number}-{version_token(snapshot_id)}.ndjson.gz"


def _confirmed(head: Head, seen: Seen | None) -> Head:
    """The head; where the listing confirms that its page is all, no page behind it has to be looked at."""
    page = head.page
    if seen is None or not page.total == seen.total == page.next_offset:
        return head
    return dataclasses.replace(head, page=dataclasses.replace(page, next_offset=None))
