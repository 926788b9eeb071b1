"""Reads are bounded: by days, by columns, and by what is listed."""

from __future__ import annotations

from typing import Any

import pytest

from build_report.errors import PartitionMissing
from build_report.reading.frames import rows
from spotify_lake.contract.marts.collections import GENRE_DAILY
from spotify_lake.contract.tables import PLAYLISTS, TRACKS
from tests.unit.build_report.lake import CURATED, DAY, RAW, WritableLake, manifest


def test_columns_are_read_by_name_and_those_that_an_older_file_lacks_are_null(lake: WritableLake) -> None:
    lake.put(TRACKS, [{"track_id": "a", "name": "x", "popularity": 5}], without=["popularity"])
    frame = lake.reader.partition(TRACKS, DAY, ("track_id", "popularity"))
    assert rows(frame) == [{"track_id": "a", "popularity": None}]


def test_values_are_pythons_own(lake: WritableLake) -> None:
    lake.put(TRACKS, [{"track_id": "a", "popularity": 5}, {"track_id": "b", "explicit": True}])
    found = rows(lake.reader.partition(TRACKS, DAY, ("popularity", "explicit", "name")))
    assert found == [
        {"popularity": 5, "explicit": None, "name": None},
        {"popularity": None, "explicit": True, "name": None},
    ]
    assert type(found[0]["popularity"]) is int


def test_a_missing_partition_is_named_with_the_remedy(lake: WritableLake) -> None:
    with pytest.raises(PartitionMissing) as raised:
        lake.reader.partition(TRACKS, DAY, ("track_id",))
    assert str(raised.value) == (
        f"tracks has no partition of {DAY}: there is no s3://{CURATED}/tracks/snapshot_date={DAY}/tracks.parquet."
        f' Make it again: start an execution with {{"rebuild": "{DAY}"}}.'
    )


def test_small_partitions_are_read_as_one_by_one_with_one_request_each(lake: WritableLake) -> None:
    days = [f"2026-11-{number:02}" for number in range(1, 21)]
    columns = ("genre", "placements", "placement_share")
    for number, day in enumerate(days):
        share = [{"genre": "jazz", "placements": number, "placement_share": number / 20}]
        lake.put(GENRE_DAILY, share, day, without=["placement_share"] if number % 2 else [])
    seen: list[str] = []
    lake.s3.meta.events.register("before-call.s3", lambda model, **_: seen.append(model.name))
    found = lake.reader.small_partitions(GENRE_DAILY, days, columns)
    assert seen == ["GetObject"] * len(days)
    assert list(found) == days
    one_by_one = dict(lake.reader.partitions(GENRE_DAILY, days, columns))
    assert {day: rows(frame) for day, frame in found.items()} == {
        day: rows(frame) for day, frame in one_by_one.items()
    }
    with pytest.raises(PartitionMissing, match="genre_daily has no partition of 2026-11-30"):
        lake.reader.small_partitions(GENRE_DAILY, [DAY, "2026-11-30"], columns)


def test_a_bucket_that_does_not_exist_is_no_missing_partition(lake: WritableLake) -> None:
    lake.reader.curated = "another-bucket"
    with pytest.raises(Exception, match=r"NoSuchBucket|Not Found|404"):
        lake.reader.days(TRACKS, DAY, DAY)


def test_only_days_within_the_window_are_listed(lake: WritableLake) -> None:
    for day in ("2025-12-31", "2026-11-01", "2026-11-02", "2026-11-19", DAY, "2026-11-21"):
        lake.put(PLAYLISTS, [], day)
    lake.put_object("playlists_archive/snapshot_date=2026-11-03/x", b"")
    assert lake.reader.days(PLAYLISTS, "2026-11-02", DAY) == ["2026-11-02", "2026-11-19", DAY]
    assert lake.reader.days(TRACKS, "2026-11-02", DAY) == []
    assert lake.reader.first_day(PLAYLISTS) == "2025-12-31"
    assert lake.reader.first_day(TRACKS) is None


def test_a_long_history_is_neither_listed_nor_read(lake: WritableLake) -> None:
    for number in range(1, 29):
        for month in range(1, 11):
            lake.put_object(f"playlists/snapshot_date=2026-{month:02}-{number:02}/x", b"")
    seen: list[Any] = []
    lake.s3.meta.events.register("after-call.s3.ListObjectsV2", lambda parsed, **_: seen.append(parsed))
    assert len(lake.reader.days(PLAYLISTS, "2026-10-01", "2026-10-31")) == 28
    assert lake.reader.has_later("playlists", "2026-09-28")
    assert sum(len(answer.get("Contents", [])) for answer in seen) <= 28 + 1


def test_a_later_day_is_one_after_all_objects_of_the_day(lake: WritableLake) -> None:
    lake.put_object(f"reports/snapshot_date={DAY}/index.html", b"")
    lake.put_object("reports/latest.html", b"")
    assert not lake.reader.has_later("reports", DAY)
    assert lake.reader.has_later("reports", "2026-11-19")


def test_the_latest_run_of_each_day_is_found_with_its_marts(lake: WritableLake) -> None:
    lake.put_run("2026-10-01", "old", "2026-10-01T05:00:00Z")
    lake.put_run(DAY, "b", f"{DAY}T05:00:00Z", f"{DAY}T05:01:00Z")
    lake.put_run(DAY, "a", f"{DAY}T09:00:00Z", tables={"tracks": {"rows": 3}})
    lake.put_run("2026-11-19", "c", "2026-11-19T05:00:00Z", "2026-11-19T05:01:00Z")
    found = lake.reader.published_runs("2026-11-10", DAY)
    assert {day: (run.report.run_id, run.marts_published_at) for day, run in found.items()} == {
        DAY: ("a", None),
        "2026-11-19": ("c", "2026-11-19T05:01:00Z"),
    }
    assert found[DAY].report.tables == {"tracks": 3}


def test_expired_manifests_are_left_out(lake: WritableLake) -> None:
    kept = manifest("a")
    lake.put_manifest(kept)
    assert lake.reader.manifests([(DAY, "r"), ("2020-01-01", "gone")]) == {(DAY, "r"): kept}


def test_an_invalid_manifest_is_an_error(lake: WritableLake) -> None:
    lake.put_manifest(manifest("a"))
    key = lake.s3.list_objects_v2(Bucket=RAW)["Contents"][0]["Key"]
    lake.s3.put_object(Bucket=RAW, Key=key, Body=b"{")
    with pytest.raises(ValueError, match="manifest cannot be read"):
        lake.reader.manifests([(DAY, "r")])
