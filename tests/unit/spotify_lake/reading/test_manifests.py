"""The paths through which a day's raw objects are read."""

from __future__ import annotations

from spotify_lake.contract.raw_zone import run_folder
from spotify_lake.reading.manifests import paths_of

TODAY = "spotify/playlist_items/snapshot_date=2026-11-22/run_id=r2/"
BEFORE = "spotify/playlist_items/snapshot_date=2026-11-01/run_id=r1/"


def keys(folder: str, count: int) -> list[str]:
    return [f"{folder}{number:04}.ndjson.gz" for number in range(count)]


def test_a_folder_is_listed_if_most_of_it_is_needed_and_otherwise_single_objects_are_read() -> None:
    there = {TODAY: 50, BEFORE: 2000}
    wanted = [*keys(TODAY, 50), *keys(BEFORE, 40)]
    assert paths_of(wanted, there.get) == [TODAY, *keys(BEFORE, 40)]


def test_a_folder_of_which_few_objects_are_needed_is_not_listed() -> None:
    def never(folder: str) -> int:
        raise AssertionError(folder)

    assert paths_of(keys(BEFORE, 31), never) == keys(BEFORE, 31)


def test_objects_of_a_folder_without_a_manifest_are_read_singly() -> None:
    assert paths_of(keys(BEFORE, 40), lambda _: None) == keys(BEFORE, 40)


def test_half_of_a_folder_is_enough_to_list_it() -> None:
    assert paths_of(keys(TODAY, 40), lambda _: 80) == [run_folder(keys(TODAY, 1)[0])]
    assert paths_of(keys(TODAY, 40), lambda _: 81) == keys(TODAY, 40)
