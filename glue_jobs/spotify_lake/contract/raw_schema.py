"""The schema of a raw line, by source: only what the tables need, and lenient where the API is loose.

- Numbers are read as doubles: recorded answers hold `0.0` and `123.0` where the API documents integers.
- Inside a track of a playlist stand the booleans `track: true` and `episode: false`; they are not read.
- An item is `item` in the shape of 2026 and `track` before it, and both at once during the overlap.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from spotify_lake.contract import raw_zone

_STRING: Final = pa.string()
_NUMBER: Final = pa.float64()
_FLAG: Final = pa.bool_()


def _struct(**fields: pa.DataType) -> pa.DataType:
    return pa.struct(list(fields.items()))


_IMAGES: Final = pa.list_(_struct(url=_STRING))
_COUNTED: Final = _struct(total=_NUMBER)
_CREDITS: Final = pa.list_(_struct(id=_STRING, name=_STRING, uri=_STRING))
_SHOW: Final = _struct(id=_STRING, name=_STRING, publisher=_STRING)

ALBUM: Final = _struct(
    id=_STRING,
    name=_STRING,
    uri=_STRING,
    album_type=_STRING,
    release_date=_STRING,
    release_date_precision=_STRING,
    total_tracks=_NUMBER,
    images=_IMAGES,
    artists=_CREDITS,
)

ITEM: Final = _struct(
    id=_STRING,
    name=_STRING,
    uri=_STRING,
    type=_STRING,
    is_local=_FLAG,
    duration_ms=_NUMBER,
    explicit=_FLAG,
    popularity=_NUMBER,
    disc_number=_NUMBER,
    track_number=_NUMBER,
    is_playable=_FLAG,
    restrictions=_struct(reason=_STRING),
    linked_from=_struct(id=_STRING, uri=_STRING),
    preview_url=_STRING,
    external_ids=_struct(isrc=_STRING),
    artists=_CREDITS,
    album=ALBUM,
    show=_SHOW,
    audiobook=_SHOW,
    release_date=_STRING,
    release_date_precision=_STRING,
)
"""A track, an episode or a chapter in a playlist."""

_PLAYLIST_ITEM: Final = _struct(
    added_at=_STRING,
    added_by=_struct(id=_STRING),
    is_local=_FLAG,
    item=ITEM,
    track=ITEM,
)
_PLAYLIST: Final = _struct(
    name=_STRING,
    description=_STRING,
    owner=_struct(id=_STRING, display_name=_STRING),
    public=_FLAG,
    collaborative=_FLAG,
    snapshot_id=_STRING,
    items=_COUNTED,
    tracks=_COUNTED,
    followers=_COUNTED,
    images=_IMAGES,
    external_urls=_struct(spotify=_STRING),
    uri=_STRING,
)
_ARTIST: Final = _struct(
    name=_STRING,
    genres=pa.list_(_STRING),
    followers=_COUNTED,
    popularity=_NUMBER,
    images=_IMAGES,
    uri=_STRING,
)
_FULL_ALBUM: Final = _struct(
    external_ids=_struct(upc=_STRING),
    label=_STRING,
    popularity=_NUMBER,
)
"""The fields of a full album that the album inside a track does not have."""
_RECORDS: Final = {
    raw_zone.PLAYLISTS: _PLAYLIST,
    raw_zone.PLAYLIST_ITEMS: _PLAYLIST_ITEM,
    raw_zone.SAVED_TRACKS: _PLAYLIST_ITEM,
    raw_zone.ARTISTS: _ARTIST,
    raw_zone.ALBUMS: _FULL_ALBUM,
}


def line_schema(source: str) -> pa.Schema:
    """Return the schema of the envelope and the record of a source's lines."""
    return pa.schema(
        [
            ("source", _STRING),
            ("playlist_id", _STRING),
            *((name, _STRING) for name in raw_zone.ID_NAMES.values()),
            ("snapshot_id", _STRING),
            ("position", _NUMBER),
            ("fetched_at", _STRING),
            ("run_id", _STRING),
            ("record", _RECORDS[source]),
        ]
    )
