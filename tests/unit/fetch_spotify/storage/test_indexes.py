"""The indexes of the raw zone's playlists and full records."""

from __future__ import annotations

import pytest

from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.playlist_index import KnownPlaylist, PlaylistIndex, Retention
from fetch_spotify.storage.record_index import RecordIndex
from spotify_lake.contract.raw_zone import PlaylistEntry, RawObject, run_prefix
from tests.integration.fetch_support import MemoryS3


def test_a_playlist_is_found_again_and_unreadable_entries_are_ignored() -> None:
    s3 = MemoryS3()
    obj = RawObject("playlist_items", "spotify/playlist_items/x.ndjson.gz", 80, 9, "x")
    entry = PlaylistEntry("playlist_items", "p", "a", "fetched", "2026-11-22T00:00:00.000Z", 80, (obj,))
    known = KnownPlaylist("r", entry, {"artists": ("a",)}, (obj,), total=80, api_mode="extended")
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict instead of S3
    PlaylistIndex(bucket, "kept").put(known)
    assert PlaylistIndex(bucket, "kept").get("playlist_items", "p") == known
    assert PlaylistIndex(bucket, "kept").get("playlist_items", "q") is None
    assert PlaylistIndex(bucket, "hashed").get("playlist_items", "p") is None
    (key,) = [key for key in s3.bodies if "/index/" in key]
    for garbage in (b"", b"[]", b'{"version": 99}'):
        s3.bodies[key] = garbage
        assert PlaylistIndex(bucket, "kept").get("playlist_items", "p") is None


@pytest.mark.parametrize(
    ("days", "margin", "age", "covered"),
    [(0, 7, 9_999, True), (30, 7, 22.9, True), (30, 7, 23.1, False), (4, 7, 1.9, True), (4, 7, 2.1, False)],
)
def test_stored_contents_are_referred_to_only_while_they_exist(
    days: int, margin: int, age: float, covered: bool
) -> None:
    written = 1_795_305_600.0
    at = "2026-11-22T00:00:00.000Z"
    assert Retention(days, margin).covers(at, written + age * 86_400) is covered


def artists_of(day: str) -> RawObject:
    return RawObject("artists", f"{run_prefix('artists', day, 'run')}x.ndjson.gz", 2, 9, "x")


def loaded(bucket: RawBucket, day: str) -> RecordIndex:
    index = RecordIndex.load(bucket, "artists", day)
    assert index is not None
    return index


def test_the_latest_record_of_an_artist_counts_and_missing_ones_are_remembered() -> None:
    s3, index = MemoryS3(), RecordIndex("artists", "2026-11-22")
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict instead of S3
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
def test_the_age_of_a_record_is_counted_in_days_between_runs(day: str, is_fresh: bool) -> None:
    s3, index = MemoryS3(), RecordIndex("artists", "2026-11-22")
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict instead of S3
    index.add(artists_of("2026-11-22"), {"a": "2026-11-22T05:09:59Z"})
    index.add_missing(["b"], "2031-01-01T00:00:00Z")
    index.save(bucket)
    again = loaded(bucket, day)
    assert [again.is_fresh(key, 7) for key in ("a", "b")] == [is_fresh, is_fresh]


def test_a_run_for_an_earlier_day_does_not_use_or_drop_records_of_later_days() -> None:
    s3, first = MemoryS3(), RecordIndex("artists", "2026-11-22")
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict instead of S3
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


def test_an_unreadable_artist_index_is_ignored() -> None:
    s3 = MemoryS3()
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # a dict instead of S3
    s3.bodies["spotify/index/artists.json.gz"] = b"not gzip"
    assert RecordIndex.load(bucket, "artists", "2026-11-22") is None
