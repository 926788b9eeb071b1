"""Reading one playlist whole and untorn."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from fetch_spotify.clock import Clock
from fetch_spotify.errors import PlaylistSkipped
from fetch_spotify.playlists.snapshot import Head, ListedVersion
from fetch_spotify.playlists.snapshot_reader import SnapshotReader
from fetch_spotify.privacy import Privacy
from fetch_spotify.spotify.client import Calls
from fetch_spotify.spotify.list_pages import ListPages
from fetch_spotify.spotify.shapes import Page
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.drift import Drift
from fetch_spotify.storage.playlist_index import KnownPlaylist, PlaylistIndex, Retention
from fetch_spotify.storage.record_index import RecordIndex
from fetch_spotify.storage.writer import RawWriter
from spotify_lake.contract.raw_zone import PlaylistEntry, RawObject, run_prefix
from tests.integration.fetch_support import MemoryS3

DAY = "2026-11-22"
API = "https://api.spotify.com/v1/"


class Stub:
    """A playlist whose items are numbers; `versions` names its snapshot at each call, the last one stays."""

    source = "playlist_items"
    playlist_id = "p"
    page_limit = 50

    def __init__(self, count: int, *versions: str, embeds: int = 100) -> None:
        self.count, self.versions, self.embeds = count, list(versions), embeds
        self.calls: list[str] = []

    def head(self) -> Head:
        self.calls.append("head")
        return Head(self._version(), self._page(0, self.embeds), {"id": "p", "snapshot_id": "?"})

    def checker(self, total: int | None) -> ListPages:
        return ListPages("the playlist p", API, total)

    def tail(self, offset: int, limit: int | None, checker: ListPages) -> Page:
        self.calls.append(f"tail {offset}")
        page = self._page(offset, min(50, limit or 50))
        following = f"{API}?offset={page.next_offset}" if page.next_offset else None
        return checker.check({"items": page.items, "next": following, "total": page.total}, offset, limit)

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


def reader_of(s3: MemoryS3, run_id: str = "r") -> SnapshotReader:
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict in S3's clothes
    writer = RawWriter(bucket, run_id, Privacy("keep", "keep"), Drift())
    return SnapshotReader(writer, run_id, DAY, clock=Clock(), calls=Calls(0, {}), stored=list(s3.bodies))


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
        (230, None, ["head", "tail 100", "tail 150", "tail 200", "check"]),
        (80, ListedVersion("a", 80), ["head"]),
        (230, ListedVersion("a", 230), ["tail 100", "tail 150", "tail 200", "head"]),
    ],
)
def test_a_playlist_is_read_with_the_fewest_calls(
    count: int, listed: ListedVersion | None, calls: list[str]
) -> None:
    s3, stub = MemoryS3(), Stub(count, "a")
    known = reader_of(s3).read(stub, listed=listed)
    assert stub.calls == calls
    assert positions(s3, known) == whole(count, "a")
    assert known.entry.rows == count
    assert len(known.records) == 1


def test_a_head_that_embeds_less_than_it_used_to_leaves_no_gap() -> None:
    for listed in (None, ListedVersion("a", 230)):
        s3, stub = MemoryS3(), Stub(230, "a", embeds=30)
        assert positions(s3, reader_of(s3).read(stub, listed=listed)) == whole(230, "a")


def test_a_head_that_embeds_more_than_it_used_to_repeats_nothing() -> None:
    s3, stub = MemoryS3(), Stub(230, "a", embeds=200)
    assert positions(s3, reader_of(s3).read(stub, listed=ListedVersion("a", 230))) == whole(230, "a")


def test_a_torn_reading_is_thrown_away_and_the_newer_version_read() -> None:
    for listed in (None, ListedVersion("a", 230)):
        s3, stub = MemoryS3(), Stub(230, "a", "b") if listed is None else Stub(230, "b")
        known = reader_of(s3).read(stub, listed=listed)
        assert known.entry.snapshot_id == "b"
        assert positions(s3, known) == whole(230, "b")


def test_a_playlist_that_changes_at_every_look_is_given_up() -> None:
    stub = Stub(230, *"abcdefghijklmnop")
    with pytest.raises(PlaylistSkipped, match="changed each of the 4 times"):
        reader_of(MemoryS3()).read(stub)


@pytest.mark.parametrize("listed", [None, ListedVersion("a", 230)])
@pytest.mark.parametrize("kept", range(8))
def test_whatever_was_stored_before_a_kill_is_not_read_again(listed: ListedVersion | None, kept: int) -> None:
    s3, first = MemoryS3(), Stub(230, "a")
    reader_of(s3).read(first, listed=listed)
    s3.bodies = dict(list(s3.bodies.items())[:kept])  # a dict keeps the order of the writes
    stored = sum("/playlist_items/" in key for key in s3.bodies)
    stub = Stub(230, "a")
    known = reader_of(s3).read(stub, listed=listed)
    assert positions(s3, known) == whole(230, "a")
    assert len([call for call in stub.calls if call != "check"]) == 4 - stored
    assert len(known.records) == 1


def test_pages_of_a_version_that_is_gone_are_not_mixed_with_the_newer_one() -> None:
    s3 = MemoryS3()
    reader_of(s3).read(Stub(230, "a"), listed=ListedVersion("a", 230))
    s3.bodies = dict(list(s3.bodies.items())[:2])  # two tail pages of version a
    known = reader_of(s3).read(Stub(230, "b"), listed=ListedVersion("b", 230))
    assert positions(s3, known) == whole(230, "b")


def test_a_known_version_is_referred_to_and_its_own_record_is_fresh() -> None:
    s3 = MemoryS3()
    earlier = reader_of(s3, "r1").read(Stub(80, "a"))
    known = reader_of(s3, "r2").read(
        Stub(80, "a"), reuse=lambda head: earlier if head.snapshot_id == "a" else None
    )
    assert (known.run_id, known.entry.status) == ("r2", "unchanged")
    assert known.entry.objects == earlier.entry.objects
    assert "run_id=r2" in known.records[0].key


def test_the_playlist_index_gives_back_what_it_was_given_and_shrugs_at_garbage() -> None:
    s3 = MemoryS3()
    known = reader_of(s3).read(Stub(80, "a"))
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict in S3's clothes
    PlaylistIndex(bucket, "as-it-is").put(known)
    assert PlaylistIndex(bucket, "as-it-is").get("playlist_items", "p") == known
    assert PlaylistIndex(bucket, "as-it-is").get("playlist_items", "q") is None
    assert PlaylistIndex(bucket, "hashed").get("playlist_items", "p") is None
    (key,) = [key for key in s3.bodies if "/index/" in key]
    for garbage in (b"", b"[]", b'{"version": 99}'):
        s3.bodies[key] = garbage
        assert PlaylistIndex(bucket, "as-it-is").get("playlist_items", "p") is None


@pytest.mark.parametrize(
    ("days", "margin", "age", "covered"),
    [(0, 7, 9_999, True), (30, 7, 22.9, True), (30, 7, 23.1, False), (4, 7, 1.9, True), (4, 7, 2.1, False)],
)
def test_a_reference_never_outlives_its_object(days: int, margin: int, age: float, covered: bool) -> None:
    written = 1_795_305_600.0
    at = "2026-11-22T00:00:00.000Z"
    assert Retention(days, margin).covers(at, written + age * 86_400) is covered


def artists_of(day: str) -> RawObject:
    return RawObject("artists", f"{run_prefix('artists', day, 'run')}x.ndjson.gz", 2, 9, "x")


def loaded(bucket: RawBucket, day: str) -> RecordIndex:
    index = RecordIndex.load(bucket, "artists", day)
    assert index is not None
    return index


def test_of_two_readings_of_an_artist_the_later_counts_and_missing_ones_are_remembered() -> None:
    s3, index = MemoryS3(), RecordIndex("artists", "2026-11-22")
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict in S3's clothes
    old, new = artists_of("2026-11-01"), artists_of("2026-11-22")
    index.add(new, {"a": "2026-11-22T00:00:00Z"})
    index.add(old, {"a": "2026-11-01T00:00:00Z", "b": "2026-11-01T00:00:00Z"})
    index.add_missing(["c"], "2026-11-22T00:00:00Z")
    index.save(bucket)
    again = loaded(bucket, "2026-11-23")
    assert again.objects_of(["a", "c", "zzz"]) == [new]
    assert again.objects_of(["a", "b"]) == [old, new]
    assert [again.is_fresh(key, 7) for key in ("a", "b", "c", "d")] == [True, False, True, False]


@pytest.mark.parametrize(
    ("day", "is_fresh"), [("2026-11-22", True), ("2026-11-28", True), ("2026-11-29", False)]
)
def test_the_age_of_a_record_is_counted_in_days_of_runs(day: str, is_fresh: bool) -> None:
    s3, index = MemoryS3(), RecordIndex("artists", "2026-11-22")
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict in S3's clothes
    index.add(artists_of("2026-11-22"), {"a": "2026-11-22T05:09:59Z"})
    index.add_missing(["b"], "2031-01-01T00:00:00Z")
    index.save(bucket)
    again = loaded(bucket, day)
    assert [again.is_fresh(key, 7) for key in ("a", "b")] == [is_fresh, is_fresh]


def test_a_run_of_an_earlier_day_uses_no_record_of_a_later_one_and_keeps_it_for_later_runs() -> None:
    s3, first = MemoryS3(), RecordIndex("artists", "2026-11-22")
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict in S3's clothes
    late, early = artists_of("2026-11-22"), artists_of("2026-11-20")
    first.add(late, {"a": "2026-11-22T05:00:00Z"})
    first.add_missing(["b"], "2026-11-22T05:00:00Z")
    first.save(bucket)
    earlier = loaded(bucket, "2026-11-20")
    assert [earlier.is_fresh(key, 7) for key in ("a", "b")] == [False, False]
    assert earlier.objects_of(["a"]) == []
    earlier.add(early, {"a": "2026-11-23T05:00:00Z"})  # read later, for an earlier day
    earlier.add_missing(["b"], "2026-11-23T05:00:00Z")
    assert [earlier.is_fresh(key, 7) for key in ("a", "b")] == [True, True]
    assert earlier.objects_of(["a"]) == [early]
    earlier.save(bucket)
    later = loaded(bucket, "2026-11-27")
    assert later.objects_of(["a"]) == [late]
    assert later.is_fresh("b", 7)


def test_an_unreadable_artist_index_is_as_good_as_none() -> None:
    s3 = MemoryS3()
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict in S3's clothes
    s3.bodies["spotify/index/artists.json.gz"] = b"not gzip"
    assert RecordIndex.load(bucket, "artists", "2026-11-22") is None


def test_an_entry_counts_its_rows() -> None:
    known = reader_of(MemoryS3()).read(Stub(130, "a"))
    assert isinstance(known.entry, PlaylistEntry)
    assert known.entry.rows == sum(obj.rows for obj in known.entry.objects) == 130
