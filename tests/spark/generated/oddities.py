"""Unusual values by their path in a record, and a function that puts them there.

`READABLE` values leave a record readable. `UNREADABLE` ones do not have the documented JSON type.
"""

from __future__ import annotations

import copy
from typing import Any, Final, TypeAlias

from tests.spark.raw_rows import Json, credit

Path: TypeAlias = tuple[str, ...]
Oddity: TypeAlias = tuple[Path, Any]

OWN: Final = "cat0000"
"""The prefix of every id of a catalog. Each catalog of a batch gets another number instead."""


def own(name: str) -> str:
    """An id of the catalog, as long as Spotify's ids."""
    return f"{OWN}{name}".ljust(22, "x")


ABSENT: Final = object()
"""Stands for a key that is missing."""

_NOTHING: Final = (None, ABSENT)
_NAMES: Final = (
    *_NOTHING,
    *(
        "",
        "A",
        "B",
        "a",
        "AB",
        "NA",
        "null",
        " spaced ",
        "é",
        "e\u0301",
        "'",
        '"',
        "\\",
        "\n",
        "\r\n",
        "\u2028",
    ),
    *("\uff5e", "🎧", "🎧🎧", "\ufeff", "\U0010ffff", "a\x00b", "\x7f"),
    # A lone surrogate, as when JavaScript truncates a text.
    *("\ud83c", "a\udfa7b", "x" * 3000, "x" * 3000 + "y"),
    *(5, 2.5, True, [1], {"a": 1}),
)
_IDS: Final = (*_NOTHING, "", f"{OWN}x0", f"{OWN}x1")
_NUMBERS: Final = (
    *_NOTHING,
    *(0, 0.0, -0.0, 0.4, 1, 1.0, 2.5, 41, 42.0, 99.9, 100, 101, -1, -1.5, 123.0),
    *(2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**53 + 1, 2**63, 1e30, -1e30, 1e308, 10**400),
)
_FLAGS: Final = (*_NOTHING, True, False)
_DATES: Final = (
    *_NOTHING,
    *(
        "0000",
        "0000-00-00",
        "0000-01-01",
        "0001",
        "1500",
        "1582-10-10",
        "1981",
        "1981-12",
        "1981-12-15",
        "2024-02-29",
        "9999-12-31",
    ),
    *("1981-13", "1981-00", "1981-00-00", "2023-02-29", "2023-02-30", "1981-1-1", "19811215", "81"),
    *("", "soon", "1981-12-15T00:00:00Z", "1981\n", " 1981", "1981-", "-1981", "١٩٨١", 1981),
)
_PRECISIONS: Final = (*_NOTHING, "day", "month", "year", "YEAR", "Day", "week", "")
_ISRCS: Final = (*_NOTHING, "ushm91403271", "GB-SMU-24-01851", "gb smu 24 01851", "", "--", "ß", "🎧", 5)
_ALBUM_TYPES: Final = (*_NOTHING, "ALBUM", "Single", "compilation", "ÉP", "")
_TYPES: Final = (*_NOTHING, "track", "episode", "chapter", "video", "TRACK", "")
_ADDED_AT: Final = (
    *_NOTHING,
    *("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", "1970-01-01", "1970-01-01T01:00:00+01:00"),
    *("1970-01-01T00:00:00.001Z", "2012-03-04T05:06:07Z", "2012-03-04T05:06:07.123456789Z"),
    *(
        "2012-03-04T05:06:07+05:30",
        "2012-03-04T05:06:07",
        "2012-03-04 05:06",
        "2012-03-04",
        "2012-03",
        "2012",
    ),
    *("2023-02-30T00:00:00Z", "2012-13-01T00:00:00Z", "2012-03-04T25:00:00Z", "2016-12-31T23:59:60Z"),
    *("1899-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z"),
    *("12:30", "T05:00:00Z", "2012-03-04T05:06:07Z ", "2012-03-04T24:00:01Z", "2012-03-04T05:06:7Z"),
    *("", "yesterday", "now", "epoch", "soon-ish", "2012-03-04T05:06:07 o'clock", 1330837567),
)
_DESCRIPTIONS: Final = (
    *_NAMES,
    *("Rock &amp; Roll", "it&#x27;s &quot;live&quot; &lt;3", "&amp;lt; stays", "&amp;amp;", "AT&T &unknown;"),
    *(
        "&#39;&#039;&apos;&#34;&#x2F;&#47;&#x60;&#96;&#x3D;&#61;",
        "a&nbsp;b&#xA0;c&#160;d",
        "&#60;&gt;&#62;&#38;",
    ),
    *("&amp", "amp;", "&&amp;&", "&AMP;", "&amp;#39;", "&#38;amp;", "&nbsp;"),
)
_IMAGES: Final[tuple[Any, ...]] = (
    *_NOTHING,
    [],
    [None],
    [{}],
    [{"url": None}, {"url": "https://img/second"}],
    [{"url": ""}],
    [{"url": "https://img/a", "width": None}],
    [{"url": "https://img/a"}, None],
)
_CREDITS: Final[tuple[Any, ...]] = (
    *_NOTHING,
    [],
    [None],
    [{}],
    [None, credit(own("ar1"))],
    [{"id": None, "name": "Various", "uri": None}, credit(own("ar0"))],
    [credit(own("ar1")), credit(own("ar0"), "B"), credit(own("ar1"), "A")],
    [credit(own("ar2"), ""), credit(own("ar2"))],
    [{"id": "", "name": "by its URI", "uri": f"spotify:artist:{own('ar1')}"}, credit(own("ar1"))],
    [{"id": own("ar3")}],
    [{"id": None, "name": "A", "uri": "spotify:artist:"}],
)
_GENRES: Final[tuple[Any, ...]] = (
    *_NOTHING,
    [],
    ["pop"],
    ["pop", "jazz"],
    ["jazz", "pop"],
    [None],
    [""],
    ["pop", None],
    [5],
)
_OBJECTS: Final[tuple[Any, ...]] = (*_NOTHING, {})
_SHOWS: Final = ("show", "album")
_WRONG_NUMBERS: Final[tuple[Any, ...]] = ("long", "", "5", "NaN", "Infinity", True, [], [1], {})
_WRONG_FLAGS: Final[tuple[Any, ...]] = ("true", "", 1, 0, [], {})
_WRONG_OBJECTS: Final[tuple[Any, ...]] = ("x", "", 5, True, [], [{}])
_WRONG_LISTS: Final[tuple[Any, ...]] = ("x", "", 5, False, {}, {"0": "x"})


def uris(kind: str, *ids: str) -> tuple[Any, ...]:
    """URIs of a kind: valid, empty, truncated, of another kind, of a local file."""
    return (
        *_NOTHING,
        *(f"spotify:{kind}:{each}" for each in ids),
        *("", f"spotify:{kind}:", f"spotify:{kind}:a b", f"spotify:{kind}:a:b", f"xspotify:{kind}:{ids[0]}"),
        *(f"https://open.spotify.com/{kind}/{ids[0]}", f"spotify:chapter:{ids[0]}", "spotify:video:v1"),
        *("spotify:local:A:B:C:1", "spotify:", "spotify"),
        *(f"spotify:{kind}:{ids[0]}\n", f" spotify:{kind}:{ids[0]}", f"spotify:{kind}:{ids[0]}\u2028"),
    )


def _at(path: str, *values: Any) -> list[Oddity]:
    return [(tuple(path.split(".")), value) for value in values]


_TRACK_URIS: Final = uris("track", own("t0"), own("t1"))
_EPISODE_URIS: Final = uris("episode", own("e0"), own("e1"))

_READABLE_ALBUM: Final = [
    *_at("album", *_OBJECTS),
    *_at("album.id", *_IDS),
    *_at("album.name", *_NAMES),
    *_at("album.uri", *uris("album", own("al0"), own("al1"))),
    *_at("album.album_type", *_ALBUM_TYPES),
    *_at("album.release_date", *_DATES),
    *_at("album.release_date_precision", *_PRECISIONS),
    *_at("album.total_tracks", *_NUMBERS),
    *_at("album.images", *_IMAGES),
    *_at("album.artists", *_CREDITS),
]
READABLE_FULL_ALBUM: Final = [
    *_at("external_ids", *_OBJECTS, {"upc": "5099749534728"}, {"upc": ""}, {"upc": 5099749534728}),
    *_at("label", *_NAMES),
    *_at("popularity", *_NUMBERS),
]
READABLE_TRACK: Final = [
    *_READABLE_ALBUM,
    *_at("id", *_IDS),
    *_at("name", *_NAMES),
    *_at("uri", *_TRACK_URIS, *_EPISODE_URIS),
    *_at("type", *_TYPES),
    *_at("is_local", *_FLAGS),
    *_at("duration_ms", *_NUMBERS),
    *_at("explicit", *_FLAGS),
    *_at("popularity", *_NUMBERS),
    *_at("disc_number", *_NUMBERS[:12]),
    *_at("track_number", *_NUMBERS),
    *_at("is_playable", *_FLAGS),
    *_at("restrictions", *_OBJECTS, {"reason": "market"}, {"reason": ""}),
    *_at("linked_from", *_OBJECTS, {"id": own("t0")}, {"id": None, "uri": f"spotify:track:{own('t1')}"}),
    *_at("linked_from", {"id": "", "uri": "spotify:track:"}, {"uri": f"spotify:episode:{own('e1')}"}),
    *_at("preview_url", *_NOTHING, "", "https://p/1"),
    *_at("external_ids", *_OBJECTS, *({"isrc": each} for each in _ISRCS if each is not ABSENT)),
    *_at("artists", *_CREDITS),
]
READABLE_EPISODE: Final = [
    *_at("id", *_IDS),
    *_at("name", *_NAMES),
    *_at("uri", *_EPISODE_URIS, *_TRACK_URIS),
    *_at("type", *_TYPES),
    *_at("duration_ms", *_NUMBERS),
    *_at("explicit", *_FLAGS),
    *_at("show", *_OBJECTS, {"id": "sh1"}),
    *_at("show.id", *_NOTHING, "", "sh2"),
    *_at("show.name", *_NAMES),
    *_at("show.publisher", *_NAMES[:6]),
    *_at("audiobook", *_OBJECTS, {"id": "b1"}),
    *_at("audiobook.id", *_NOTHING, "", "b2"),
    *_at("audiobook.name", *_NAMES),
    *_at("audiobook.publisher", *_NAMES[:6]),
    *_at(
        "album", *_OBJECTS, *({"id": "sh3", "name": "Show", "uri": f"spotify:{kind}:sh3"} for kind in _SHOWS)
    ),
    *_at("release_date", *_DATES),
    *_at("release_date_precision", *_PRECISIONS),
    *_at("artists", *_CREDITS),
]
READABLE_ITEM: Final = [
    *_at("added_at", *_ADDED_AT),
    *_at("added_by", *_OBJECTS, {"id": None}, {"id": "", "uri": "spotify:user:"}, {"id": "user2"}, {"id": 7}),
    *_at("is_local", *_FLAGS),
]
READABLE_PLAYLIST: Final = [
    *_at("name", *_NAMES),
    *_at("uri", *uris("playlist", own("p0"))),
    *_at("images", *_IMAGES),
    *_at("followers", *_OBJECTS, *({"total": each} for each in _NUMBERS if each is not ABSENT)),
    *_at("description", *_DESCRIPTIONS),
    *_at("owner", *_OBJECTS),
    *_at("owner.id", *_NAMES[:8]),
    *_at("owner.display_name", *_NAMES),
    *_at("public", *_FLAGS),
    *_at("collaborative", *_FLAGS),
    *_at("snapshot_id", *_NOTHING, "", "s2"),
    *_at("items", *_OBJECTS, *({"total": each} for each in _NUMBERS if each is not ABSENT)),
    *_at("tracks", *_OBJECTS, {"total": 5}, {"total": None}, {"total": -1}, {"total": 1e30}),
    *_at("external_urls", *_OBJECTS, {"spotify": ""}),
]
READABLE_ARTIST: Final = [
    *_at("name", *_NAMES),
    *_at("uri", *uris("artist", own("ar0"))),
    *_at("images", *_IMAGES),
    *_at("followers", *_OBJECTS, *({"total": each} for each in _NUMBERS if each is not ABSENT)),
    *_at("genres", *_GENRES),
    *_at("popularity", *_NUMBERS),
]
UNREADABLE_EPISODE: Final = [
    *_at("duration_ms", *_WRONG_NUMBERS),
    *_at("explicit", *_WRONG_FLAGS),
    *_at("show", *_WRONG_OBJECTS),
    *_at("audiobook", *_WRONG_OBJECTS),
    *_at("artists", *_WRONG_LISTS),
    *_at("album", *_WRONG_OBJECTS),
]
UNREADABLE_TRACK: Final = [
    *UNREADABLE_EPISODE,
    *_at("popularity", *_WRONG_NUMBERS),
    *_at("is_local", *_WRONG_FLAGS),
    *_at("linked_from", *_WRONG_OBJECTS),
    *_at("external_ids", *_WRONG_OBJECTS),
    *_at("artists", [5], ["x", {}], [credit(), []]),
    *_at("album.total_tracks", *_WRONG_NUMBERS),
    *_at("album.images", *_WRONG_LISTS, ["https://img"]),
]
UNREADABLE_ITEM: Final = [
    *_at("added_by", *_WRONG_OBJECTS),
    *_at("is_local", *_WRONG_FLAGS),
    *_at("item", *_WRONG_OBJECTS),
    *_at("track", *_WRONG_OBJECTS),
    # Fields that only other kinds of records have are read all the same.
    *_at("followers", *_WRONG_OBJECTS),
    *_at("popularity", *_WRONG_NUMBERS),
]
UNREADABLE_RECORD: Final = [
    *_at("images", *_WRONG_LISTS, [5]),
    *_at("followers", *_WRONG_OBJECTS),
    *_at("followers.total", *_WRONG_NUMBERS),
    *_at("owner", *_WRONG_OBJECTS),
    *_at("public", *_WRONG_FLAGS),
    *_at("items.total", *_WRONG_NUMBERS),
    *_at("genres", *_WRONG_LISTS),
    *_at("popularity", *_WRONG_NUMBERS),
    *_at("track", *_WRONG_OBJECTS),
]


UNREADABLE_FULL_ALBUM: Final = [
    *_at("external_ids", *_WRONG_OBJECTS),
    *_at("popularity", *_WRONG_NUMBERS),
]


def with_oddity(record: Json, oddity: Oddity) -> Json:
    """Put the value at its path. The record is unchanged if the path does not exist."""
    (*parents, name), value = oddity
    place: Any = record
    for parent in parents:
        place = place.get(parent)
        if not isinstance(place, dict):
            return record
    if value is ABSENT:
        place.pop(name, None)
    else:
        place[name] = copy.deepcopy(value)
    return record
