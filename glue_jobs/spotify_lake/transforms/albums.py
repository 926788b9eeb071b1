"""albums: the latest observation of each album, completed from its full record."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.arrow_schema import UTC_INSTANT, arrow_schema, conform
from spotify_lake.transforms.columns import (
    array,
    field,
    first_image,
    id_of,
    integer,
    nulls,
    release_date,
    release_date_precision,
    text,
)
from spotify_lake.transforms.entity import CREDITS, Completion, Entity, FullRecords, place
from spotify_lake.transforms.latest import TIE_BREAK, latest

EXTRA_COLUMNS: Final = (*TIE_BREAK, CREDITS)
RECORD_TIE_BREAK: Final = ("_run_id",)
_OF_FULL_RECORD: Final = ("upc", "label", "popularity")
_SCHEMA: Final = arrow_schema(tables.ALBUMS)

NO_RECORDS: Final = pa.schema(
    [
        *(_SCHEMA.field(name) for name in ("album_id", *_OF_FULL_RECORD, "fetched_at")),
        pa.field("_run_id", pa.string()),
    ]
).empty_table()


def albums(items: pa.Table) -> pa.Table:
    """Return every observation of an album on a track, from classified items.

    Columns: the table's and `EXTRA_COLUMNS`. Those of the full record are null, because an album inside a
    track does not have them.
    """
    album = field(array(items, "item"), "album")
    album_id = id_of(field(album, "id"), field(album, "uri"), "album")
    date = field(album, "release_date")
    columns = {
        "album_id": album_id,
        "name": text(field(album, "name")),
        "album_type": text(pc.utf8_lower(field(album, "album_type"))),
        "release_date": release_date(date),
        "release_date_precision": release_date_precision(date, field(album, "release_date_precision")),
        "total_tracks": integer(field(album, "total_tracks"), "int"),
        **{name: nulls(album, _SCHEMA.field(name).type) for name in _OF_FULL_RECORD},
        "full_record_observed_at": nulls(album, UTC_INSTANT),
        "image_url": first_image(field(album, "images")),
        "uri": text(field(album, "uri")),
        CREDITS: field(album, "artists"),
        **place(items),
    }
    observed = conform(tables.ALBUMS, columns, EXTRA_COLUMNS)
    is_track = pc.equal(array(items, "item_type"), "track")
    return observed.filter(pc.and_(is_track, album_id.is_valid()))


def album_records(lines: pa.Table) -> pa.Table:
    """Return every full record of an album from accepted lines.

    Columns: album_id, upc, label, popularity, fetched_at and those of `RECORD_TIE_BREAK`.
    """
    record = array(lines, "record")
    columns = {
        "album_id": array(lines, "album_id"),
        "upc": text(field(record, "external_ids", "upc")),
        "label": text(field(record, "label")),
        "popularity": integer(field(record, "popularity"), "int"),
        "fetched_at": array(lines, "fetched_at"),
        "_run_id": array(lines, "run_id"),
    }
    return pa.table(columns, schema=NO_RECORDS.schema)


def with_full_records(rows: pa.Table, records: pa.Table) -> pa.Table:
    """Return rows of albums with the values of the latest full record of each.

    Full records of albums without a track on this day are not used.

    Args:
        rows: from `albums`, one row per album.
        records: from `album_records`.
    """
    known = latest(records, tables.ALBUMS.key, RECORD_TIE_BREAK)
    places = pc.index_in(array(rows, "album_id"), value_set=array(known, "album_id"))
    values = {name: name for name in _OF_FULL_RECORD} | {"full_record_observed_at": "fetched_at"}
    for column, name in values.items():
        number = rows.column_names.index(column)
        rows = rows.set_column(number, column, array(known, name).take(places))
    return rows


FULL_RECORDS: Final = FullRecords(
    name="album_records",
    source=raw_zone.ALBUMS,
    observe=album_records,
    distribute_by="album_id",
    nothing=NO_RECORDS,
)
ENTITY: Final = Entity(
    table=tables.ALBUMS,
    sources=raw_zone.ITEM_SOURCES,
    observe=albums,
    distribute_by="album_id",
    is_combined=True,
    credits=tables.ALBUM_ARTISTS,
    completion=Completion(FULL_RECORDS, with_full_records, observed_at="full_record_observed_at"),
)
