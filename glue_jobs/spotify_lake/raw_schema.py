"""The schema of a raw line: only what the tables need, and lenient where the API is loose.

- Numbers are read as doubles: recorded answers hold `0.0` and `123.0` where the API documents integers.
- Inside a track of a playlist stand the booleans `track: true` and `episode: false`; they are not read.
- An item is `item` in the shape of 2026 and `track` before it, and both at once during the overlap.
- All sources share one schema, so that one scan reads them all; no field has two meanings.
- The corrupt-record column is Spark's own: the text of a line that is no JSON or has a field of a wrong type.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import types as T

CORRUPT: Final = "_corrupt_record"

_STRING: Final = T.StringType()
_NUMBER: Final = T.DoubleType()
_FLAG: Final = T.BooleanType()


def _struct(**fields: T.DataType) -> T.StructType:
    return T.StructType([T.StructField(name, kind) for name, kind in fields.items()])


_IMAGES: Final = T.ArrayType(_struct(url=_STRING))
_COUNTED: Final = _struct(total=_NUMBER)
_CREDITS: Final = T.ArrayType(_struct(id=_STRING, name=_STRING, uri=_STRING))

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
    external_ids=_struct(upc=_STRING),
    label=_STRING,
    popularity=_NUMBER,
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
    show=_struct(id=_STRING, name=_STRING, publisher=_STRING),
    release_date=_STRING,
    release_date_precision=_STRING,
)
"""A track or an episode, as it stands in a playlist."""

RECORD: Final = _struct(
    # an item of a playlist, or a saved track
    added_at=_STRING,
    added_by=_struct(id=_STRING),
    is_local=_FLAG,
    item=ITEM,
    track=ITEM,
    # a playlist or an artist
    name=_STRING,
    uri=_STRING,
    images=_IMAGES,
    followers=_COUNTED,
    # a playlist
    description=_STRING,
    owner=_struct(id=_STRING, display_name=_STRING),
    public=_FLAG,
    collaborative=_FLAG,
    snapshot_id=_STRING,
    items=_COUNTED,
    tracks=_COUNTED,
    external_urls=_struct(spotify=_STRING),
    # an artist
    genres=T.ArrayType(_STRING),
    popularity=_NUMBER,
)

ENVELOPE: Final = _struct(
    source=_STRING,
    playlist_id=_STRING,
    artist_id=_STRING,
    snapshot_id=_STRING,
    position=_NUMBER,
    fetched_at=_STRING,
    run_id=_STRING,
    record=RECORD,
    **{CORRUPT: _STRING},
)
"""A line of the raw zone, whatever its source."""
