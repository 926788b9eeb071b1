"""Playlists, their unavailable and duplicate items, against plain Python over the rows."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from build_report.reading import playlists
from spotify_lake.contract.marts.collections import DUPLICATES
from spotify_lake.contract.marts.playlists import PLAYLIST_DAILY
from spotify_lake.contract.tables import ALBUMS, PLAYLIST_ITEMS, TRACKS
from tests.unit.build_report.lake import DAY, Row, WritableLake
from tests.unit.build_report.rows import NAMES, maybe


def day_rows(seed: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Items, tracks and albums of a day."""
    random_ = random.Random(seed)
    albums = [
        {"album_id": f"a{n}", "release_date": maybe(random_, dt.date(random_.randrange(1900, 2026), 5, 1))}
        for n in range(12)
    ]
    tracks = [
        {
            "track_id": f"t{n}",
            "name": random_.choice(NAMES),
            "album_id": maybe(random_, f"a{random_.randrange(14)}", 0.1),
            "is_playable": random_.choice((True, False, None)),
            "restriction_reason": maybe(random_, "market"),
        }
        for n in range(40)
    ]
    items = [
        {
            "playlist_id": f"p{playlist}",
            "position": position,
            "item_type": kind,
            "item_name": random_.choice(NAMES),
            "track_id": f"t{random_.randrange(40)}" if kind == "track" else None,
        }
        for playlist in range(5)
        for position in range(random_.randrange(30))
        for kind in [random_.choice(("track", "track", "episode", "unavailable"))]
    ]
    return items, tracks, albums


@pytest.mark.parametrize("seed", range(4))
def test_the_average_age_is_that_of_the_tracks_with_a_release_date(lake: WritableLake, seed: int) -> None:
    items, tracks, albums = day_rows(seed)
    for table, rows in ((PLAYLIST_ITEMS, items), (TRACKS, tracks), (ALBUMS, albums)):
        lake.put(table, rows)
    found = playlists.average_ages(
        lake.reader.partition(PLAYLIST_ITEMS, DAY, playlists.ITEM_COLUMNS),
        lake.reader.partition(TRACKS, DAY, playlists.TRACK_COLUMNS),
        lake.reader.partition(ALBUMS, DAY, playlists.ALBUM_COLUMNS),
        DAY,
    )
    released = {row["album_id"]: row["release_date"] for row in albums}
    album_of = {row["track_id"]: row["album_id"] for row in tracks}
    ages: dict[str, list[int]] = {}
    for item in items:
        date = released.get(album_of.get(item["track_id"]) or "")
        if date:
            ages.setdefault(item["playlist_id"], []).append((dt.date.fromisoformat(DAY) - date).days)
    assert found == {
        playlist: pytest.approx(sum(each) / len(each) / 365.25) for playlist, each in ages.items()
    }


@pytest.mark.parametrize("seed", range(4))
def test_unavailable_items_are_those_of_the_saved_query(lake: WritableLake, seed: int) -> None:
    items, tracks, _ = day_rows(seed)
    lake.put(PLAYLIST_ITEMS, items)
    lake.put(TRACKS, tracks)
    names = {"p0": "Zebra", "p1": "Ant", "p2": "Bee"}
    found, total = playlists.read_unavailable(
        lake.reader.partition(PLAYLIST_ITEMS, DAY, playlists.ITEM_COLUMNS),
        lake.reader.partition(TRACKS, DAY, playlists.TRACK_COLUMNS),
        names,
    )
    by_id = {row["track_id"]: row for row in tracks}
    expected = []
    for item in items:
        track = by_id.get(item["track_id"])
        if item["item_type"] == "unavailable":
            reason = "empty slot"
        elif track and track["name"] is None:
            reason = "withdrawn"
        elif track and track["is_playable"] is False:
            reason = track["restriction_reason"] or "not playable"
        else:
            continue
        playlist = item["playlist_id"]
        expected.append((names.get(playlist), item["item_name"], item["position"], reason, playlist))
    expected.sort(key=lambda row: (row[0] or "", row[4], row[2]))
    assert total == len(expected)
    assert [(each.playlist_name, each.item_name, each.position, each.reason) for each in found] == [
        row[:4] for row in expected
    ]


def test_a_day_without_items_has_no_ages_and_nothing_unavailable(lake: WritableLake) -> None:
    lake.put_empty_day()
    items = lake.reader.partition(PLAYLIST_ITEMS, DAY, playlists.ITEM_COLUMNS)
    tracks = lake.reader.partition(TRACKS, DAY, playlists.TRACK_COLUMNS)
    albums = lake.reader.partition(ALBUMS, DAY, playlists.ALBUM_COLUMNS)
    assert playlists.average_ages(items, tracks, albums, DAY) == {}
    assert playlists.read_unavailable(items, tracks, {}) == ((), 0)


def test_the_listed_playlists_are_shown_largest_first(lake: WritableLake) -> None:
    rows: list[Row] = [
        {
            "playlist_id": f"p{number}",
            "name": NAMES[number % len(NAMES)],
            "is_listed": number != 3,
            "items": None if number == 4 else number % 50,
            "followers": None if number % 2 else number * 10,
            "days_without_contents": 0,
            "items_change_7d": -number,
            "followers_change_7d": None,
        }
        for number in range(520)
    ]
    lake.put(PLAYLIST_DAILY, rows)
    frame = lake.reader.partition(PLAYLIST_DAILY, DAY, playlists.PLAYLIST_COLUMNS)
    found, total = playlists.read_playlists(frame, {"p49": 2.5})
    listed = sorted(
        (row for row in rows if row["is_listed"]),
        key=lambda row: (-int(row["items"] or 0), row["name"] or "", row["playlist_id"]),
    )
    assert total == 519
    assert [
        (each.name, each.items, each.followers, each.items_change_7d, each.followers_change_7d)
        for each in found
    ] == [(row["name"], row["items"], row["followers"], row["items_change_7d"], None) for row in listed[:500]]
    assert [each.average_age_years for each in found if each.average_age_years] == [2.5]


def test_duplicates_have_their_positions(lake: WritableLake) -> None:
    rows = [
        {"playlist_name": "B", "track_name": "x", "isrc": None, "positions": [4, 9]},
        {"playlist_name": "A", "track_name": None, "isrc": "DE1", "positions": [0, 1, 2]},
    ]
    lake.put(DUPLICATES, [*rows, *([{**rows[0], "playlist_name": "C"}] * 250)])
    found, total = playlists.read_duplicates(
        lake.reader.partition(DUPLICATES, DAY, playlists.DUPLICATE_COLUMNS)
    )
    assert (len(found), total) == (200, 252)
    assert [(each.playlist_name, each.isrc, each.positions) for each in found[:2]] == [
        ("A", "DE1", (0, 1, 2)),
        ("B", None, (4, 9)),
    ]
