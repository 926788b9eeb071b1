"""What changed: the numbers and names of the panel against plain Python over the rows."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from build_report.reading.changes import COLUMNS, read_changes, without_artist
from spotify_lake.contract.marts.playlists import PLAYLIST_CHANGES
from tests.unit.build_report.lake import DAY, WritableLake
from tests.unit.build_report.rows import playlist_changes

ARTISTS = {f"t{number}": f"Artist {number}" for number in range(20)}


@pytest.mark.parametrize("seed", range(4))
def test_the_counts_and_the_items_are_those_of_the_rows(lake: WritableLake, seed: int) -> None:
    every = playlist_changes(seed)
    lake.put(PLAYLIST_CHANGES, every)
    found = read_changes(lake.reader.partition(PLAYLIST_CHANGES, DAY, COLUMNS), ARTISTS)
    assert Counter(added=found.added, removed=found.removed, moved=found.moved) == Counter(
        row["change"] for row in every
    )
    by_playlist = defaultdict(list)
    for row in every:
        by_playlist[row["playlist_id"]].append(row)
    assert found.playlists == len(by_playlist)
    assert [(len(rows)) for rows in sorted(by_playlist.values(), key=len, reverse=True)] == [
        each.added + each.removed + each.moved for each in found.listed
    ]
    order = ("added", "removed", "moved")
    expected = {
        (rows[0]["playlist_name"], rows[0]["previous_snapshot_date"]): [
            (
                row["change"],
                row["item_name"],
                ARTISTS.get(row["track_id"]),
                row["position"],
                row["previous_position"],
            )
            for row in sorted(rows, key=lambda row: (order.index(row["change"]), row["position"]))
        ][:25]
        for rows in by_playlist.values()
    }
    assert {
        (each.playlist_name, each.previous_day): [
            (item.change, item.item_name, item.artist_names, item.position, item.previous_position)
            for item in each.changes
        ]
        for each in found.listed
    } == expected


def test_only_the_playlists_with_most_changes_are_listed_and_all_are_counted(lake: WritableLake) -> None:
    lake.put(PLAYLIST_CHANGES, playlist_changes(1, playlists=130, items=4))
    found = read_changes(lake.reader.partition(PLAYLIST_CHANGES, DAY, COLUMNS), {})
    assert (len(found.listed), found.playlists) == (100, 130)


def test_tracks_that_left_all_playlists_are_looked_up(lake: WritableLake) -> None:
    every = playlist_changes(2)
    lake.put(PLAYLIST_CHANGES, every)
    unnamed = without_artist(lake.reader.partition(PLAYLIST_CHANGES, DAY, COLUMNS), ARTISTS)
    assert sorted(unnamed["track_id"]) == sorted(
        row["track_id"] for row in every if row["track_id"] and row["track_id"] not in ARTISTS
    )


def test_a_day_without_changes_has_none(lake: WritableLake) -> None:
    lake.put(PLAYLIST_CHANGES, [])
    found = read_changes(lake.reader.partition(PLAYLIST_CHANGES, DAY, COLUMNS), {})
    assert (found.listed, found.playlists, found.added, found.removed, found.moved) == ((), 0, 0, 0, 0)
