"""Which raw objects of the manifests make up a day."""

from __future__ import annotations

import itertools

import pytest

from spotify_lake.contract.raw_zone import FetchDetails, PlaylistEntry, RawObject, RunManifest
from spotify_lake.errors import ManifestUnreadable, NoCompleteRun
from spotify_lake.reading.selection import DaySelection, select_day

DAY = "2026-11-22"
WHERE = "s3://raw/spotify/manifests/snapshot_date=2026-11-22/"


def an_object(key: str, rows: int = 1, source: str = "playlist_items") -> RawObject:
    return RawObject(source=source, key=key, rows=rows, bytes=10, sha256=f"hash of {key}")


def an_entry(playlist_id: str, *objects: RawObject) -> PlaylistEntry:
    rows = sum(each.rows for each in objects)
    source = objects[0].source if objects else "playlist_items"
    return PlaylistEntry(source, playlist_id, "s", "fetched", f"{DAY}T05:00:00.000Z", rows, objects)


def a_run(
    run_id: str,
    completed: str,
    *entries: PlaylistEntry,
    playlist_records: tuple[RawObject, ...] = (),
    artist_records: tuple[RawObject, ...] = (),
    album_records: tuple[RawObject, ...] = (),
    snapshot_date: str = DAY,
) -> RunManifest:
    return RunManifest(
        run_id=run_id,
        snapshot_date=snapshot_date,
        started_at=f"{DAY}T05:00:00.000Z",
        completed_at=f"{DAY}T{completed}.000Z",
        api_mode="extended",
        playlists=entries,
        playlist_records=playlist_records,
        artist_records=artist_records,
        album_records=album_records,
        details=FetchDetails(drift={"seen_by": {run_id: 1}}),
    )


def keys(day: DaySelection) -> list[str]:
    return [each.key for each in day.objects]


def test_of_two_runs_the_one_that_completed_last_gives_a_playlist_whole() -> None:
    early = a_run("b", "06:00:00", an_entry("p", an_object("early/0", 50), an_object("early/1", 7)))
    late = a_run("a", "07:00:00", an_entry("p", an_object("late/0", 50)))
    day = select_day([late, early], DAY, WHERE)
    assert keys(day) == ["late/0"]
    assert day.rows == 50
    assert day.runs_read == ("b", "a")


def test_a_playlist_that_only_an_earlier_run_read_is_kept() -> None:
    early = a_run("a", "06:00:00", an_entry("p", an_object("p/0")), an_entry("q", an_object("q/early")))
    late = a_run("b", "07:00:00", an_entry("q", an_object("q/late")))
    assert keys(select_day([early, late], DAY, WHERE)) == ["p/0", "q/late"]


def test_a_playlist_that_became_empty_supersedes_its_former_items() -> None:
    early = a_run("a", "06:00:00", an_entry("p", an_object("p/0")))
    late = a_run("b", "07:00:00", an_entry("p"))
    assert keys(select_day([early, late], DAY, WHERE)) == []


def test_runs_that_completed_in_the_same_millisecond_are_ordered_by_their_id() -> None:
    runs = [a_run(run, "06:00:00", an_entry("p", an_object(f"{run}/0"))) for run in ("a", "c", "b")]
    for order in itertools.permutations(runs):
        assert keys(select_day(order, DAY, WHERE)) == ["c/0"]


def test_saved_tracks_and_a_playlist_of_the_same_id_are_two_things() -> None:
    saved = an_entry("saved_tracks", an_object("saved/0", source="saved_tracks"))
    playlist = an_entry("saved_tracks", an_object("items/0"))
    run = a_run("a", "06:00:00", saved, playlist)
    assert keys(select_day([run], DAY, WHERE)) == ["items/0", "saved/0"]


def test_playlist_artist_and_album_records_come_from_every_run_and_an_object_counts_once() -> None:
    shared = an_object("artists/old", 9, "artists")
    early = a_run(
        "a", "06:00:00", playlist_records=(an_object("lists/a", 2, "playlists"),), artist_records=(shared,)
    )
    late = a_run(
        "b",
        "07:00:00",
        playlist_records=(an_object("lists/b", 3, "playlists"),),
        artist_records=(shared, an_object("artists/new", 1, "artists")),
        album_records=(an_object("albums/new", 4, "albums"),),
    )
    day = select_day([early, late], DAY, WHERE)
    assert keys(day) == ["albums/new", "artists/new", "artists/old", "lists/a", "lists/b"]
    assert day.rows_by_source() == {
        "playlists": 5,
        "playlist_items": 0,
        "saved_tracks": 0,
        "artists": 10,
        "albums": 4,
    }
    assert day.drift == {"seen_by": {"b": 1}}


def test_a_day_without_a_manifest_names_the_place_and_the_way_out() -> None:
    with pytest.raises(NoCompleteRun, match=f"{DAY}.*{WHERE}") as refusal:
        select_day([], DAY, WHERE)
    assert (refusal.value.snapshot_date, refusal.value.where) == (DAY, WHERE)


def test_a_manifest_of_another_day_is_refused() -> None:
    with pytest.raises(ManifestUnreadable, match=r"2026-11-21.*2026-11-22"):
        select_day([a_run("a", "06:00:00", snapshot_date="2026-11-21")], DAY, WHERE)


def test_an_entry_whose_figures_contradict_its_objects_is_refused() -> None:
    entry = PlaylistEntry("playlist_items", "p", "s", "fetched", "", 5, (an_object("p/0", 4),))
    with pytest.raises(ManifestUnreadable, match=r"playlist_items p .*5 rows.* 4"):
        select_day([a_run("a", "06:00:00", entry)], DAY, WHERE)


def test_two_manifests_that_disagree_about_an_object_are_refused() -> None:
    early = a_run("a", "06:00:00", artist_records=(an_object("artists/0", 3, "artists"),))
    late = a_run("b", "07:00:00", artist_records=(an_object("artists/0", 4, "artists"),))
    with pytest.raises(ManifestUnreadable, match="artists/0"):
        select_day([early, late], DAY, WHERE)


def test_an_object_of_an_unknown_source_is_refused() -> None:
    run = a_run("a", "06:00:00", artist_records=(an_object("x/0", source="audiobooks"),))
    with pytest.raises(ManifestUnreadable, match="'audiobooks'"):
        select_day([run], DAY, WHERE)
