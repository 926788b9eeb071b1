"""The documented schema of raw lines: the fields that the tables need, with their JSON types."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from spotify_lake.contract import raw_zone


@dataclasses.dataclass(frozen=True)
class Text:
    """A JSON string. Any other value is read as its JSON text."""


@dataclasses.dataclass(frozen=True)
class Number:
    """A JSON number, with or without a fraction: Spotify sends `123.0` too."""


@dataclasses.dataclass(frozen=True)
class Flag:
    """`true` or `false`."""


@dataclasses.dataclass(frozen=True)
class Fields:
    """A JSON object. Other fields are ignored."""

    kinds: Mapping[str, Kind]


@dataclasses.dataclass(frozen=True)
class ListOf:
    """A JSON array."""

    kind: Kind


Kind: TypeAlias = Text | Number | Flag | Fields | ListOf


def _fields(**kinds: Kind) -> Fields:
    return Fields(kinds)


_TEXT: Final = Text()
_NUMBER: Final = Number()
_FLAG: Final = Flag()
_COUNTED: Final = _fields(total=_NUMBER)
_IMAGES: Final = ListOf(_fields(url=_TEXT))
_CREDITS: Final = ListOf(_fields(id=_TEXT, name=_TEXT, uri=_TEXT))

_SHOW: Final = _fields(id=_TEXT, name=_TEXT, publisher=_TEXT)

_ALBUM: Final = _fields(
    id=_TEXT,
    name=_TEXT,
    uri=_TEXT,
    album_type=_TEXT,
    release_date=_TEXT,
    release_date_precision=_TEXT,
    total_tracks=_NUMBER,
    images=_IMAGES,
    artists=_CREDITS,
)
_ITEM: Final = _fields(
    id=_TEXT,
    name=_TEXT,
    uri=_TEXT,
    type=_TEXT,
    is_local=_FLAG,
    duration_ms=_NUMBER,
    explicit=_FLAG,
    popularity=_NUMBER,
    disc_number=_NUMBER,
    track_number=_NUMBER,
    is_playable=_FLAG,
    restrictions=_fields(reason=_TEXT),
    linked_from=_fields(id=_TEXT, uri=_TEXT),
    preview_url=_TEXT,
    external_ids=_fields(isrc=_TEXT),
    artists=_CREDITS,
    album=_ALBUM,
    show=_SHOW,
    audiobook=_SHOW,
    release_date=_TEXT,
    release_date_precision=_TEXT,
)
_PLAYLIST_ITEM: Final = _fields(
    added_at=_TEXT,
    added_by=_fields(id=_TEXT),
    is_local=_FLAG,
    item=_ITEM,
    track=_ITEM,
)
_PLAYLIST: Final = _fields(
    name=_TEXT,
    description=_TEXT,
    owner=_fields(id=_TEXT, display_name=_TEXT),
    public=_FLAG,
    collaborative=_FLAG,
    snapshot_id=_TEXT,
    items=_COUNTED,
    tracks=_COUNTED,
    followers=_COUNTED,
    images=_IMAGES,
    external_urls=_fields(spotify=_TEXT),
    uri=_TEXT,
)
_ARTIST: Final = _fields(
    name=_TEXT,
    genres=ListOf(_TEXT),
    followers=_COUNTED,
    popularity=_NUMBER,
    images=_IMAGES,
    uri=_TEXT,
)


_FULL_ALBUM: Final = _fields(
    external_ids=_fields(upc=_TEXT),
    label=_TEXT,
    popularity=_NUMBER,
)


def _line(record: Fields) -> Fields:
    return _fields(
        source=_TEXT,
        playlist_id=_TEXT,
        artist_id=_TEXT,
        album_id=_TEXT,
        snapshot_id=_TEXT,
        position=_NUMBER,
        fetched_at=_TEXT,
        run_id=_TEXT,
        record=record,
    )


LINES: Final = {
    raw_zone.PLAYLISTS: _line(_PLAYLIST),
    raw_zone.PLAYLIST_ITEMS: _line(_PLAYLIST_ITEM),
    raw_zone.SAVED_TRACKS: _line(_PLAYLIST_ITEM),
    raw_zone.ARTISTS: _line(_ARTIST),
    raw_zone.ALBUMS: _line(_FULL_ALBUM),
}
"""The envelope with the record in it, by source."""


def paths(fields: Fields, prefix: str = "") -> Iterator[str]:
    """The paths of all fields, in the order in which a reject names them."""
    for name, kind in fields.kinds.items():
        yield prefix + name
        if isinstance(kind, Fields):
            yield from paths(kind, f"{prefix}{name}.")
