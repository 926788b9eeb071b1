"""Reading a consistent snapshot of one playlist."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from common.events import FetchRequest
from fetch_spotify.clock import Clock
from fetch_spotify.config import Config
from fetch_spotify.errors import PlaylistSkipped
from fetch_spotify.playlists.reader import Head, PlaylistReader
from fetch_spotify.spotify.api_mode import ApiMode
from fetch_spotify.spotify.client import Calls
from fetch_spotify.spotify.list_pages import ListPages
from fetch_spotify.spotify.shapes import Page
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.drift import Drift
from fetch_spotify.storage.playlist_index import KnownPlaylist, PlaylistIndex, Retention
from fetch_spotify.storage.privacy import Privacy
from fetch_spotify.storage.snapshots import PlaylistVersion, SnapshotStore
from fetch_spotify.storage.writer import RawWriter
from spotify_lake.contract.raw_zone import PlaylistEntry
from tests.integration.fetch_support import MemoryS3

DAY = "2026-11-22"
API = "https://api.spotify.com/v1/"


class Stub:
    """A playlist whose items are numbers. Each call takes the next version; the last one stays."""

    source = "playlist_items"
    playlist_id = "p"
    page_limit = 50

    def __init__(self, count: int, *versions: str, embeds: int = 100) -> None:
        self.count, self.versions, self.embeds = count, list(versions), embeds
        self.calls: list[str] = []

    def head(self) -> Head:
        self.calls.append("head")
        return Head(self._version(), self._page(0, self.embeds), {"id": "p", "snapshot_id": "?"})

    def checker(self) -> ListPages:
        return ListPages("the playlist p", API)

    def page(self, offset: int, limit: int | None, checker: ListPages) -> Page:
        self.calls.append(f"page {offset}")
        page = self._page(offset, min(50, limit or 50))
        following = f"{API}?offset={page.next_offset}" if page.next_offset else None
        body = {"items": page.items, "next": following, "total": page.total}
        return checker.check(body, offset, limit, is_last=True)

    def snapshot_id(self) -> str:
        self.calls.append("check")
        return self._version()

    def _version(self) -> str:
        return self.versions.pop(0) if len(self.versions) > 1 else self.versions[0]

    def _page(self, offset: int, limit: int) -> Page:
        end = min(offset + limit, self.count)
        return Page(
            [{"n": n} for n in range(offset, end)], offset, end if end < self.count else None, self.count
        )


def read(s3: MemoryS3, stub: Stub, listed: PlaylistVersion | None = None, run_id: str = "r") -> KnownPlaylist:
    """Read the playlist in a new invocation of a run and return its contents."""
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict instead of S3
    clock, request = Clock(), FetchRequest(run_id, DAY)
    writer = RawWriter(bucket, run_id, Privacy("keep", "keep"), Drift())
    reader = PlaylistReader(
        Config("raw", "arn"),
        request,
        clock=clock,
        calls=Calls(0, {}),
        mode=ApiMode(None, {}, clock),
        snapshots=SnapshotStore(writer, request, clock, list(s3.bodies)),
        index=PlaylistIndex(bucket, "privacy"),
        retention=Retention(0, 0),
    )
    known = reader.known("playlist_items", "p")
    return reader.read(stub, known if known and known.run_id != run_id else None, listed).contents


def positions(s3: MemoryS3, known: KnownPlaylist) -> list[tuple[int, Any, str]]:
    lines = [
        json.loads(line)
        for obj in known.entry.objects
        for line in gzip.decompress(s3.bodies[obj.key]).splitlines()
    ]
    return [(line["position"], line["record"]["n"], line["snapshot_id"]) for line in lines]


def whole(count: int, version: str) -> list[tuple[int, int, str]]:
    return [(n, n, version) for n in range(count)]


@pytest.mark.parametrize(
    ("count", "listed", "calls"),
    [
        (0, None, ["head"]),
        (100, None, ["head"]),
        (230, None, ["head", "page 100", "page 150", "page 200", "check"]),
        (80, PlaylistVersion("a", 80), ["head"]),
        (230, PlaylistVersion("a", 230), ["page 100", "page 150", "page 200", "head"]),
    ],
)
def test_a_playlist_is_read_with_the_fewest_calls(
    count: int, listed: PlaylistVersion | None, calls: list[str]
) -> None:
    s3, stub = MemoryS3(), Stub(count, "a")
    known = read(s3, stub, listed)
    assert stub.calls == calls
    assert positions(s3, known) == whole(count, "a")
    assert known.entry.rows == count
    assert len(known.records) == 1


def test_a_head_with_fewer_items_than_usual_leaves_no_gap() -> None:
    for listed in (None, PlaylistVersion("a", 230)):
        s3, stub = MemoryS3(), Stub(230, "a", embeds=30)
        assert positions(s3, read(s3, stub, listed)) == whole(230, "a")


def test_a_head_with_more_items_than_usual_repeats_nothing() -> None:
    s3, stub = MemoryS3(), Stub(230, "a", embeds=200)
    assert positions(s3, read(s3, stub, PlaylistVersion("a", 230))) == whole(230, "a")


def test_a_playlist_that_changes_while_it_is_read_is_read_again() -> None:
    for listed in (None, PlaylistVersion("a", 230)):
        s3, stub = MemoryS3(), Stub(230, "a", "b") if listed is None else Stub(230, "b")
        known = read(s3, stub, listed)
        assert known.entry.snapshot_id == "b"
        assert positions(s3, known) == whole(230, "b")


def test_a_playlist_that_keeps_changing_is_skipped() -> None:
    stub = Stub(230, *"abcdefghijklmnop")
    with pytest.raises(PlaylistSkipped, match="changed each of the 4 times"):
        read(MemoryS3(), stub)


@pytest.mark.parametrize("listed", [None, PlaylistVersion("a", 230)])
@pytest.mark.parametrize("kept", range(8))
def test_what_was_stored_before_a_kill_is_not_read_again(listed: PlaylistVersion | None, kept: int) -> None:
    s3, first = MemoryS3(), Stub(230, "a")
    read(s3, first, listed)
    s3.bodies = dict(list(s3.bodies.items())[:kept])  # a dict keeps the order of the writes
    stored = sum(key.startswith("spotify/playlist_items/") for key in s3.bodies)
    stub = Stub(230, "a")
    known = read(s3, stub, listed)
    assert positions(s3, known) == whole(230, "a")
    assert len([call for call in stub.calls if call != "check"]) == 4 - stored
    assert len(known.records) == 1


def test_pages_of_an_old_version_are_not_mixed_with_a_newer_one() -> None:
    s3 = MemoryS3()
    read(s3, Stub(230, "a"), PlaylistVersion("a", 230))
    s3.bodies = dict(list(s3.bodies.items())[:2])  # two tail pages of version a
    known = read(s3, Stub(230, "b"), PlaylistVersion("b", 230))
    assert positions(s3, known) == whole(230, "b")


def test_an_unchanged_playlist_is_referred_to_with_a_new_record() -> None:
    s3 = MemoryS3()
    earlier = read(s3, Stub(80, "a"), run_id="r1")
    known = read(s3, Stub(80, "a"), run_id="r2")
    assert (known.run_id, known.entry.status) == ("r2", "unchanged")
    assert known.entry.objects == earlier.entry.objects
    assert "run_id=r2" in known.records[0].key


def test_an_entry_counts_its_rows() -> None:
    known = read(MemoryS3(), Stub(130, "a"))
    assert isinstance(known.entry, PlaylistEntry)
    assert known.entry.rows == sum(obj.rows for obj in known.entry.objects) == 130
