"""tracks: the latest observation of each track."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.arrow_schema import conform
from spotify_lake.transforms.columns import array, duration, field, id_of, integer, isrc, text
from spotify_lake.transforms.entity import CREDITS, Entity, place
from spotify_lake.transforms.latest import TIE_BREAK

EXTRA_COLUMNS: Final = (*TIE_BREAK, CREDITS)


def tracks(items: pa.Table) -> pa.Table:
    """Return every observation of a track in classified items: the table's columns and `EXTRA_COLUMNS`.

    Local files are not tracks: they have no id, and are in playlist_items only.
    """
    track = array(items, "item")
    columns = {
        "track_id": array(items, "item_id"),
        "name": text(field(track, "name")),
        "album_id": id_of(field(track, "album", "id"), field(track, "album", "uri"), "album"),
        "duration_ms": duration(field(track, "duration_ms")),
        "explicit": field(track, "explicit"),
        "isrc": isrc(field(track, "external_ids", "isrc")),
        "popularity": integer(field(track, "popularity"), "int"),
        "disc_number": integer(field(track, "disc_number"), "int"),
        "track_number": integer(field(track, "track_number"), "int"),
        "is_playable": field(track, "is_playable"),
        "restriction_reason": text(field(track, "restrictions", "reason")),
        "linked_from_id": id_of(
            field(track, "linked_from", "id"), field(track, "linked_from", "uri"), "track"
        ),
        "preview_url": text(field(track, "preview_url")),
        "uri": array(items, "item_uri"),
        CREDITS: field(track, "artists"),
        **place(items),
    }
    observed = conform(tables.TRACKS, columns, EXTRA_COLUMNS)
    return observed.filter(pc.equal(array(items, "item_type"), "track"))


ENTITY: Final = Entity(
    table=tables.TRACKS,
    sources=raw_zone.ITEM_SOURCES,
    observe=tracks,
    distribute_by="track_id",
    is_combined=True,
    credits=tables.TRACK_ARTISTS,
)
