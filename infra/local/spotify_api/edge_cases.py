"""Edge cases that real answers have shown, as records of the synthetic catalog.

`TRACK_EDGE_CASES` maps the number of a track to its edge case, so that the track is the same wherever it
occurs. `edge_case_items` has the edge cases of a playlist's items. Unusual names are in `synthetic_names`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from infra.local.spotify_api import ids
from infra.local.spotify_api import synthetic_names as names
from infra.local.spotify_api import synthetic_records as records
from infra.local.spotify_api.catalog import JsonObject
from infra.local.spotify_api.synthetic_records import Universe

_ADDED: Final = "2019-05-02T18:20:07Z"


def _with_album(**changes: Any) -> Callable[[JsonObject], JsonObject]:
    return lambda track: {**track, "album": {**track["album"], **changes}}


def _without_in_album(*keys: str) -> Callable[[JsonObject], JsonObject]:
    return lambda track: {**track, "album": {k: v for k, v in track["album"].items() if k not in keys}}


def _with(**changes: Any) -> Callable[[JsonObject], JsonObject]:
    return lambda track: {**track, **changes}


def _floats(track: JsonObject) -> JsonObject:
    numbers = ("popularity", "duration_ms", "track_number", "disc_number")
    return {**track, **{key: float(track[key]) for key in numbers}}


def _lower_case_isrc(track: JsonObject) -> JsonObject:
    return {**track, "external_ids": {"isrc": track["external_ids"]["isrc"].lower()}}


def _hyphenated_isrc(track: JsonObject) -> JsonObject:
    isrc = track["external_ids"]["isrc"]
    return {**track, "external_ids": {"isrc": "-".join((isrc[:2], isrc[2:5], isrc[5:7], isrc[7:]))}}


def _relinked(track: JsonObject) -> JsonObject:
    original = records.linked("track", ids.encode(0, "withdrawn", ids.digest(track["id"]) % 1_000))
    playable = {k: v for k, v in track.items() if k != "available_markets"}
    return {**playable, "is_playable": True, "linked_from": {"type": "track", **original}}


def _relinked_without_id(track: JsonObject) -> JsonObject:
    relinked = _relinked(track)
    return {**relinked, "linked_from": {**relinked["linked_from"], "id": None}}


def _with_null_credit(track: JsonObject) -> JsonObject:
    return {**track, "artists": [None, *track["artists"]]}


def _dead(track: JsonObject) -> JsonObject:
    album = {**track["album"], "name": "", "images": [], "available_markets": [], "total_tracks": 0}
    album |= {"release_date": "0000", "release_date_precision": "year"}
    album["artists"] = [{**artist, "name": ""} for artist in album["artists"]]
    return {
        **track,
        "album": album,
        "artists": [{**artist, "name": ""} for artist in track["artists"]],
        "available_markets": [],
        "duration_ms": 0,
        "external_ids": {},
        "name": "",
        "popularity": 0,
    }


SHARED_ISRC: Final = "ZZSYN9990001"

TRACK_EDGE_CASES: Final[dict[int, Callable[[JsonObject], JsonObject]]] = {
    0: _dead,
    1: _with_album(release_date="1957", release_date_precision="year"),
    2: _with_album(release_date="1999-07", release_date_precision="month"),
    3: _without_in_album("release_date", "release_date_precision"),
    4: _with_album(album_type="ALBUM"),
    5: _with_album(album_type="SINGLE"),
    6: _without_in_album("album_type", "total_tracks"),
    7: _floats,
    8: _relinked,
    9: _relinked_without_id,
    10: _lower_case_isrc,
    11: _hyphenated_isrc,
    12: _with(external_ids={"isrc": SHARED_ISRC}),
    13: _with(external_ids={"isrc": SHARED_ISRC}),
    14: _with(external_ids={}),
    15: _with(is_playable=False, restrictions={"reason": "market"}, available_markets=[]),
    16: _with(available_markets=[]),
    17: _with(preview_url="https://p.scdn.co/mp3-preview/0000000000000000000000000000000000000000"),
    18: _with_album(images=[]),
    19: _with_null_credit,
}
EDGE_CASE_TRACK_NUMBERS: Final = (*TRACK_EDGE_CASES, *names.RENAMED_TRACKS, *names.UNUSUAL_TRACK_NAMES)
FLOAT_FOLLOWERS: Final = frozenset({8, 9})  # artists whose followers come as 123.0


def track(universe: Universe, number: int, day: dt.date) -> JsonObject:
    """A full track, with its edge case if it has one."""
    plain = records.full_track(universe, number, day)
    change = TRACK_EDGE_CASES.get(number) if universe.has_edge_cases else None
    return change(plain) if change else plain


def local_file() -> JsonObject:
    """A file on the owner's disk: nulls where Spotify has no record, duration in whole seconds."""
    nothing: JsonObject = {"external_urls": {}, "href": None, "id": None, "uri": None}
    return {
        "album": {
            "album_type": None,
            "artists": [],
            "available_markets": [],
            "images": [],
            "name": "Demos & Rehearsals",
            "release_date": None,
            "release_date_precision": None,
            "type": "album",
            **nothing,
        },
        "artists": [{"name": "Kitchen Tapes", "type": "artist", **nothing}],
        "available_markets": [],
        "disc_number": 0,
        "duration_ms": 214_000,
        "explicit": False,
        "external_ids": {},
        **nothing,
        "is_local": True,
        "name": "Untangle Me, Nerys (kitchen take)",
        "popularity": 0,
        "preview_url": None,
        "track_number": 0,
        "type": "track",
        "uri": "spotify:local:Kitchen+Tapes:Demos+%26+Rehearsals:Untangle+Me%2C+Nerys+%28kitchen+take%29:214",
    }


def bare_local_file() -> JsonObject:
    """The same as some recorded answers have it: no null keys at all, and a uri of empty parts."""
    return {
        "album": {"available_markets": [], "images": [], "name": "", "type": "album"},
        "artists": [{"name": "", "type": "artist"}],
        "duration_ms": 348_000,
        "explicit": False,
        "is_local": True,
        "name": "Title",
        "type": "track",
        "uri": "spotify:local:::Title:348",
    }


def episode(universe: Universe, number: int) -> JsonObject:
    """A podcast episode as a playlist's item: no artists, no album, no external_ids."""
    rng = universe.rng("episode", number)
    show_id = ids.encode(universe.seed, "show", number % 3)
    host = names.FIRST_NAMES[number % 3]
    released = dt.date(2024, 1, 5) + dt.timedelta(days=7 * number)
    return {
        "audio_preview_url": None,
        "description": f"{host} talks to a beekeeper about tape hiss.",
        "duration_ms": rng.randint(1_200_000, 5_400_000),
        "explicit": False,
        "images": records.images(rng.getrandbits(64)),
        "is_externally_hosted": False,
        "is_playable": True,
        "language": "en",
        "languages": ["en"],
        "name": f"No. {number + 1}: {names.track_name(rng)}",
        "release_date": released.isoformat(),
        "release_date_precision": "day",
        "show": {
            "available_markets": records.MARKETS[1],
            "copyrights": [],
            "description": "Conversations in a very small room.",
            "explicit": False,
            "images": records.images(number % 3),
            "is_externally_hosted": False,
            "languages": ["en"],
            "media_type": "audio",
            "name": f"{host}'s Small Room",
            "publisher": "Ninth Pier Talk",
            "total_episodes": 200,
            "type": "show",
            **records.linked("show", show_id),
        },
        "type": "episode",
        **records.linked("episode", ids.encode(universe.seed, "episode", number)),
    }


def chapter(universe: Universe, number: int) -> JsonObject:
    """A chapter of an audiobook, in the shape of GET /chapters/{id}: the URI is that of an episode.

    A recorded chapter has that URI (`test/data/validAudiobookChapters.ts` in spotify/spotify-web-api-ts-sdk).
    """
    rng = universe.rng("chapter", number)
    address = records.linked("episode", ids.encode(universe.seed, "chapter", number))
    return {
        "audio_preview_url": None,
        "audiobook": {
            "authors": [{"name": "Nerys Amberley"}],
            "available_markets": records.MARKETS[1],
            "copyrights": [],
            "description": "A walk along a coast.",
            "edition": "Unabridged",
            "explicit": False,
            "html_description": "A walk along a coast.",
            "images": records.images(rng.getrandbits(64)),
            "languages": ["en"],
            "media_type": "audio",
            "name": "Salt Roads",
            "narrators": [{"name": "Odalie Quill"}],
            "publisher": "Ninth Pier Books",
            "total_chapters": 24,
            **records.linked("show", ids.encode(universe.seed, "audiobook", 0)),
            "type": "audiobook",
        },
        "available_markets": records.MARKETS[1],
        "chapter_number": number,
        "description": "",
        "duration_ms": rng.randint(300_000, 2_400_000),
        "explicit": False,
        "html_description": "",
        "images": records.images(rng.getrandbits(64)),
        "is_playable": True,
        "languages": ["en"],
        "name": f"Chapter {number + 1}",
        "release_date": "0000-01-01",
        "release_date_precision": "day",
        **address,
        "href": f"{records.API}/chapters/{address['id']}",
        "type": "chapter",
    }


def video(universe: Universe, number: int) -> JsonObject:
    """An item of a type that the API does not document, as the clients' `spotify:video:` URIs suggest it."""
    name = names.track_name(universe.rng("video", number))
    content = {"name": f"{name} (video)", "duration_ms": 201_000, "explicit": False}
    return {**content, "type": "video", **records.linked("video", ids.encode(universe.seed, "video", number))}


def edge_case_items(universe: Universe, day: dt.date, owner_id: str) -> list[JsonObject | None]:
    """One item per edge case of an item or a track; None is a null entry in the list."""
    owner = records.added_by(owner_id)
    usual = track(universe, 100, day)
    return [
        records.item(local_file(), _ADDED, owner),
        records.item(bare_local_file(), _ADDED, owner),
        records.item(None, _ADDED, records.NOBODY),
        records.item(episode(universe, 0), _ADDED, owner),
        records.item(usual, "1970-01-01T00:00:00Z", records.NOBODY),
        records.item(track(universe, 101, day), None, None),
        *(records.item(track(universe, number, day), _ADDED, owner) for number in EDGE_CASE_TRACK_NUMBERS),
        records.item(usual, _ADDED, owner),
        records.item(chapter(universe, 0), _ADDED, owner),
        records.item(video(universe, 0), _ADDED, owner),
        None,
    ]
