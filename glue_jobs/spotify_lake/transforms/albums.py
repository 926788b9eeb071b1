"""albums and album_artists: the albums of all observed tracks, the latest observation of each."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake import tables
from spotify_lake.arrow_schema import conform
from spotify_lake.columns import (
    array,
    field,
    first_image,
    id_of,
    release_date,
    release_date_precision,
    text,
    whole,
)
from spotify_lake.latest import TIE_BREAK
from spotify_lake.transforms.observed import CREDITS, place

BESIDE: Final = (*TIE_BREAK, CREDITS)


def albums(items: pa.Table) -> pa.Table:
    """Return every observation of an album among classified items: the table's columns and `BESIDE`."""
    album = field(array(items, "item"), "album")
    album_id = id_of(field(album, "id"), field(album, "uri"), "album")
    date = field(album, "release_date")
    columns = {
        "album_id": album_id,
        "name": text(field(album, "name")),
        "album_type": text(pc.utf8_lower(field(album, "album_type"))),
        "release_date": release_date(date),
        "release_date_precision": release_date_precision(date, field(album, "release_date_precision")),
        "total_tracks": whole(field(album, "total_tracks"), "int"),
        "upc": text(field(album, "external_ids", "upc")),
        "label": text(field(album, "label")),
        "popularity": whole(field(album, "popularity"), "int"),
        "image_url": first_image(field(album, "images")),
        "uri": text(field(album, "uri")),
        CREDITS: field(album, "artists"),
        **place(items),
    }
    observed = conform(tables.ALBUMS, columns, BESIDE)
    is_track = pc.equal(array(items, "item_type"), "track")
    return observed.filter(pc.and_(is_track, album_id.is_valid()))
