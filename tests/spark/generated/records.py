"""Strategies for records as Spotify sends them: mostly complete, each with a few oddities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st

from tests.spark.generated.oddities import (
    ABSENT,
    READABLE_ARTIST,
    READABLE_EPISODE,
    READABLE_FULL_ALBUM,
    READABLE_ITEM,
    READABLE_PLAYLIST,
    READABLE_TRACK,
    UNREADABLE_EPISODE,
    UNREADABLE_FULL_ALBUM,
    UNREADABLE_ITEM,
    UNREADABLE_RECORD,
    UNREADABLE_TRACK,
    Oddity,
    own,
    with_oddity,
)
from tests.spark.raw_rows import Json, album, chapter, credit, episode, track, video

# Every strategy is created once: creating one for each draw costs more than the draw.
_HOW_MANY_ODDITIES: Final = st.sampled_from((0, 0, 1, 1, 2, 3, 6))
_IS_UNREADABLE: Final = st.sampled_from((False,) * 24 + (True,))
_A_OR_B: Final = st.sampled_from("AB")
_ZERO_OR_ONE: Final = st.sampled_from("001")
_TRACKS: Final = st.sampled_from("0012")
_ARTISTS: Final = [credit(own(f"ar{number}"), name) for number in range(4) for name in "AB"]
_CREDITS: Final = st.sampled_from(
    ((), *((each,) for each in _ARTISTS), *((one, other) for one in _ARTISTS for other in _ARTISTS[:3]))
).map(list)
_OF_A_MARKET: Final[st.SearchStrategy[Json]] = st.sampled_from(
    (
        *({}, {}, {}, {"is_playable": True}),
        {"is_playable": False, "restrictions": {"reason": "market"}},
        {"is_playable": True, "linked_from": {"id": None, "uri": f"spotify:track:{own('t9')}"}},
    )
)
_LOCAL_PARTS: Final = st.sampled_from(
    (
        "",
        "A",
        "The+Fjords",
        "a%20b",
        "Bj%C3%B6rn",
        "100%",
        "50%ZZ",
        "%C3",
        "%E2%82",
        "a%3Ab",
        "%00",
        "🎧",
        "%2B+",
    )
)
_LOCAL_SECONDS: Final = st.sampled_from(
    ("", "0", "1", "273", "0012", "999999999", "1234567890", "x", "1.5", "-3", "٣", "%31", "12:34", "12%0A")
)
_NUMBER_OF_PARTS: Final = st.sampled_from((3, 3, 3, 2, 1, 0))
_LOCAL_NAMES: Final = st.sampled_from(("", "No Word", None))
_LOCAL_LENGTHS: Final = st.sampled_from((0, 273_000, None))
_FOLLOWERS: Final = st.sampled_from((None, None, 0, 7, 8.0))
_UPCS: Final = st.sampled_from(("5099749534728", "602547924032"))
_PAGES: Final = st.sampled_from(("tracks", "items"))
_VERSIONS: Final = st.sampled_from(("s1", "s0", "s0"))
_TOTALS: Final = st.sampled_from((3, 0, 1, 2))


class _Oddities:
    """Puts oddities into records of one kind, rarely one that makes the record unreadable."""

    def __init__(self, readable: Sequence[Oddity], unreadable: Sequence[Oddity]) -> None:
        # The most common oddity is null.
        nothing = [(path, value) for path in dict(readable) for value in (None, ABSENT)]
        self._readable = st.sampled_from((*readable, *nothing, *nothing))
        self._unreadable = st.sampled_from(unreadable)

    def put_into(self, record: Json, draw: st.DrawFn) -> Json:
        for _ in range(draw(_HOW_MANY_ODDITIES)):
            record = with_oddity(record, draw(self._readable))
        return with_oddity(record, draw(self._unreadable)) if draw(_IS_UNREADABLE) else record


_OF_TRACKS: Final = _Oddities(READABLE_TRACK, UNREADABLE_TRACK)
_OF_EPISODES: Final = _Oddities(READABLE_EPISODE, UNREADABLE_EPISODE)
_OF_ITEMS: Final = _Oddities(READABLE_ITEM, UNREADABLE_ITEM)
_OF_PLAYLISTS: Final = _Oddities(READABLE_PLAYLIST, UNREADABLE_RECORD)
_OF_ARTISTS: Final = _Oddities(READABLE_ARTIST, UNREADABLE_RECORD)
_OF_ALBUMS: Final = _Oddities(READABLE_FULL_ALBUM, UNREADABLE_FULL_ALBUM)


@st.composite
def tracks(draw: st.DrawFn) -> Json:
    """One of a few tracks, which are in several playlists with different values."""
    album_id = own(f"al{draw(_ZERO_OR_ONE)}")
    content = track(
        id=own(f"t{draw(_TRACKS)}"),
        name=draw(_A_OR_B),
        album=album(id=album_id, uri=f"spotify:album:{album_id}", artists=draw(_CREDITS)),
        artists=draw(_CREDITS),
        **draw(_OF_A_MARKET),
    )
    return _OF_TRACKS.put_into(content, draw)


@st.composite
def dead_tracks(draw: st.DrawFn) -> Json:
    """A track that Spotify has withdrawn, of which only the ids are left."""
    album_id = own(f"al{draw(_ZERO_OR_ONE)}")
    dead_album = album(name="", images=[], artists=[], release_date="0000", release_date_precision="year")
    content = track(
        id=own(f"t{draw(_TRACKS)}"),
        name="",
        duration_ms=0,
        external_ids={},
        artists=[credit(own("ar0"), "")],
        album=dead_album | {"id": album_id, "uri": f"spotify:album:{album_id}"},
    )
    return _OF_TRACKS.put_into(content, draw)


@st.composite
def episodes(draw: st.DrawFn) -> Json:
    """An episode of a podcast."""
    identifier = own(f"e{draw(_ZERO_OR_ONE)}")
    content = episode(id=identifier, uri=f"spotify:episode:{identifier}", name=draw(_A_OR_B))
    return _OF_EPISODES.put_into(content, draw)


@st.composite
def chapters(draw: st.DrawFn) -> Json:
    """A chapter of an audiobook, sometimes under the id of an episode."""
    identifier = own(f"e{draw(_TRACKS)}")
    content = chapter(id=identifier, uri=f"spotify:episode:{identifier}", name=draw(_A_OR_B))
    return _OF_EPISODES.put_into(content, draw)


@st.composite
def videos(draw: st.DrawFn) -> Json:
    """An item of a kind that the tables do not have."""
    return _OF_TRACKS.put_into(video(name=draw(_A_OR_B)), draw)


@st.composite
def local_files(draw: st.DrawFn) -> Json:
    """A local file of the user, with nulls."""
    content: Json = {
        "id": None,
        "name": draw(_LOCAL_NAMES),
        "type": "track",
        "uri": draw(_LOCAL_URIS),
        "duration_ms": draw(_LOCAL_LENGTHS),
        "is_local": True,
        "album": {"id": None, "name": "Demos", "album_type": None, "release_date": None, "artists": []},
        "artists": [{"id": None, "name": "The Fjords", "uri": None}],
        "available_markets": [],
    }
    return _OF_TRACKS.put_into(content, draw)


@st.composite
def _local_uris(draw: st.DrawFn) -> str:
    parts = [draw(_LOCAL_PARTS) for _ in range(draw(_NUMBER_OF_PARTS))]
    return ":".join(["spotify:local", *parts, draw(_LOCAL_SECONDS)])


_LOCAL_URIS: Final = _local_uris()
_BARE_LOCAL_FILES: Final = _LOCAL_URIS.map(lambda uri: {"uri": uri})
_CONTENTS: Final = st.sampled_from(
    (
        *(*[tracks()] * 10, *[episodes()] * 2, chapters(), videos(), dead_tracks()),
        *(local_files(), _BARE_LOCAL_FILES, *[st.none()] * 2),
    )
)
_SHAPES: Final = st.sampled_from(
    (
        ("track",),
        ("item",),
        ("track",),
        ("item",),
        ("item", "track"),
        ("item", "another"),
        ("item", "null"),
        (),
    )
)


@st.composite
def item_records(draw: st.DrawFn) -> Json:
    """An item of a playlist: in the shape of 2026, in the previous one, or in both at once."""
    content, shape = draw(draw(_CONTENTS)), draw(_SHAPES)
    record: dict[str, Any] = {
        "added_at": "2024-05-16T20:46:24Z",
        "added_by": {"id": "user1", "type": "user", "uri": "spotify:user:user1"},
        "is_local": "spotify:local:" in str((content or {}).get("uri")),
    }
    if "item" in shape:
        record["item"] = content
    if "track" in shape:
        record["track"] = content
    if "null" in shape:
        record["track"] = None
    if "another" in shape:
        record["track"] = draw(draw(_CONTENTS))
    return _OF_ITEMS.put_into(record, draw)


@st.composite
def playlist_records(draw: st.DrawFn, playlist_id: str) -> Json:
    """A playlist's own record, or its entry in a listing, which has no followers."""
    record: dict[str, Any] = {
        "id": playlist_id,
        "name": draw(_A_OR_B),
        "description": "",
        "owner": {"id": "user1", "display_name": "Owner One"},
        "public": True,
        "collaborative": False,
        "snapshot_id": draw(_VERSIONS),
        "images": [{"url": "https://img/p", "height": None, "width": None}],
        "external_urls": {"spotify": f"https://open.spotify.com/playlist/{playlist_id}"},
        draw(_PAGES): {"href": "h", "total": draw(_TOTALS)},
        "uri": f"spotify:playlist:{playlist_id}",
    }
    followers = draw(_FOLLOWERS)
    if followers is not None:
        record["followers"] = {"href": None, "total": followers}
    return _OF_PLAYLISTS.put_into(record, draw)


@st.composite
def artist_records(draw: st.DrawFn, artist_id: str) -> Json:
    """An artist's own record."""
    record = credit(artist_id, draw(_A_OR_B)) | {
        "genres": ["dream pop"],
        "followers": {"href": None, "total": 1200},
        "popularity": 55,
        "images": [{"url": "https://img/a", "height": 640, "width": 640}],
    }
    return _OF_ARTISTS.put_into(record, draw)


@st.composite
def album_records(draw: st.DrawFn, album_id: str) -> Json:
    """A full album."""
    record = album(id=album_id, uri=f"spotify:album:{album_id}") | {
        "external_ids": {"upc": draw(_UPCS)},
        "label": f"Label {draw(_A_OR_B)}",
        "popularity": 40,
        "genres": [],
    }
    return _OF_ALBUMS.put_into(record, draw)
