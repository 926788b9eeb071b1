"""Nine days of raw records: playlists that come and go, duplicates, empty slots, and unreadable records."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from tests.spark.marts.generated import changed
from tests.spark.raw_rows import Json, album, artist, credit, episode, item, playlist, track

DAYS: Final = (
    *("2025-10-15", "2026-07-01", "2026-10-20", "2026-11-14", "2026-11-15"),
    *("2026-11-16", "2026-11-18", "2026-11-21", "2026-11-22"),
)
NAMES: Final = {
    "p0": "Slow Mornings",
    "p1": "Late Trains",
    "p2": "Late Trains",  # another one of that name
    "p3": "Nord",
    "saved_tracks": "Liked Songs",
}
ABSENT: Final = {"p3": ("2026-10-20", "2026-11-14", "2026-11-18")}
UNREADABLE: Final = {"p2": ("2026-11-15", "2026-11-21")}
"""Days on which a playlist is listed, but its contents cannot be read."""
QUARANTINED: Final = "t23"
_ODD: Final = ("t1", None, "t5", "t6", "t11")
"""The same recording as t0, an empty slot, two tracks that are not playable, and a withdrawn one."""
_ENTRY: Final = "2026-11-18"
"""The day on which t21 enters. t22 enters on the newest day. Both have an artist of their own."""
_TRACKS: Final = [f"t{number}" for number in range(21)]
_SIZES: Final = {"p0": 16, "p1": 9, "p2": 8, "p3": 5, "saved_tracks": 7}
_RELEASES: Final = (
    ("1969", "year"),
    ("1999-05", "month"),
    ("2019-05-17", "day"),
    ("0000", "year"),
    ("2026-10-30", "day"),
    ("1987-02-01", "day"),
)
_GENRES: Final[tuple[list[str], ...]] = (
    ["dream pop"],
    ["folk", "dream pop"],
    [],
    ["techno"],
    ["folk"],
    ["shoegaze", "techno"],
)

Runs = list[tuple[str, list[Json]]]
"""The lines of each run of a day, by its id, in the order of the runs."""


def raw_days(seed: int) -> dict[str, Runs]:
    """Return the runs of each day. The newest day has two; the second one reads p0 only."""
    chance = random.Random(seed)
    contents: dict[str, list[str | None]] = {
        name: chance.choices([*_TRACKS, "e0", "l0"], k=size) for name, size in _SIZES.items()
    }
    contents["p0"][:2] = ["t0", "t0"]
    made: dict[str, Runs] = {}
    for day in DAYS:
        contents = {
            name: changed(items, [*_TRACKS, "e1", "l1"], chance) or ["t4"] for name, items in contents.items()
        }
        listed = {**contents, "p0": ["t0", *contents["p0"], *_ODD, QUARANTINED]}
        if day >= _ENTRY:
            listed["p1"] = ["t21", *contents["p1"]]
        made[day] = [("run-1", list(_lines(day, "run-1", listed)))]
        if day == DAYS[-1]:
            again = {"p0": [*listed["p0"][:3], "t22", *listed["p0"][5:]]}
            made[day].append(("run-2", list(_lines(day, "run-2", again))))
    return made


def _lines(day: str, run_id: str, contents: dict[str, list[str | None]]) -> Iterator[Json]:
    read: Json = {"fetched_at": f"{day}T05:00:0{run_id[-1]}.000Z", "run_id": run_id}
    for name, items in contents.items():
        if day in ABSENT.get(name, ()):
            continue
        is_readable = day not in UNREADABLE.get(name, ())
        count: Json = {"item_count": len(items)} if is_readable else {"tracks": None}
        yield playlist(name, name=NAMES[name], **count, **read)
        source = "saved_tracks" if name == "saved_tracks" else "playlist_items"
        for position, each in enumerate(items if is_readable else ()):
            added_at = f"2026-0{1 + position % 9}-01T08:00:00Z"
            place: Json = {"playlist_id": name, "position": position, "added_at": added_at, "source": source}
            yield item(_content(each, day), is_local=(each or "").startswith("l"), **place, **read)
    yield item(track(id="t1", duration_ms="long"), playlist_id="p1", position=90, **read)
    incomplete = item(track(id="t1"), playlist_id="p1", position=91, **read)
    del incomplete["fetched_at"]
    yield incomplete
    for number, genres in (*enumerate(_GENRES), (21, ["nu jazz"])):
        name, total = f"Artist {number}", {"total": 100 * number}
        yield artist(f"ar{number}", name=name, genres=genres, followers=total, **read)


def _content(token: str | None, day: str) -> Json | None:
    """The track, episode or local file, or None for an empty slot."""
    if token is None:
        return None
    if token[0] == "e":
        return episode(id=token, uri=f"spotify:episode:{token}", name=f"Episode {token}")
    if token[0] == "l":
        return {"uri": f"spotify:local:A:B:Tape+{token}:60", "name": f"Tape {token}", "is_local": True}
    return _track(token, day)


def _track(token: str, day: str) -> Json:
    number = int(token[1:])
    released, precision = _RELEASES[number % len(_RELEASES)]
    artists = [number] if number > 20 else {number % 8, number * 3 % 8}
    credits_ = [credit(f"ar{each}", f"Artist {each}") for each in artists]
    recording = number - number % 2 if number < 8 else number  # two tracks of each recording, then one
    known = {"popularity": (number * 7 + DAYS.index(day) * 3) % 101} if number != 9 else {}
    restricted: dict[int, Json] = {
        5: {"is_playable": False, "restrictions": {"reason": "market"}},
        6: {"is_playable": False},
        7: {"is_playable": True},
    }
    return track(
        id=token,
        name="" if number == 11 else f"Track {number:02}",
        album=album(
            id=f"al{number % 12}",
            name=f"Album {number % 12}",
            uri=f"spotify:album:al{number % 12}",
            release_date=released,
            release_date_precision=precision,
            artists=credits_[:1],
        ),
        artists=credits_,
        external_ids={} if number in {12, 13} else {"isrc": f"GBAYE06{recording:05}"},
        explicit=None if number == 10 else number % 3 == 0,
        popularity=101 if token == QUARANTINED else known.get("popularity"),
        **restricted.get(number, {}),
    )
