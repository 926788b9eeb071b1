"""artists: the artists credited on the day's tracks and albums, with the full record if there is one."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.arrow_schema import UTC_INSTANT, arrow_schema, conform
from spotify_lake.transforms.columns import array, field, first_image, integer, nulls, text
from spotify_lake.transforms.entity import FullRecords
from spotify_lake.transforms.latest import latest

RECORD_TIE_BREAK: Final = ("_run_id",)
SIGHTING_TIE_BREAK: Final = ("_owner", "_owner_id", "_artist_position")
"""A credit on an album wins over one on a track."""


NO_RECORDS: Final = arrow_schema(tables.ARTISTS).append(pa.field("_run_id", pa.string())).empty_table()
NO_SIGHTINGS: Final = pa.schema(
    [
        ("artist_id", pa.string()),
        ("name", pa.string()),
        ("uri", pa.string()),
        ("fetched_at", UTC_INSTANT),
        ("_owner", pa.string()),
        ("_owner_id", pa.string()),
        ("_artist_position", pa.int32()),
    ]
).empty_table()


def artist_records(lines: pa.Table) -> pa.Table:
    """Return every full record of an artist from accepted lines: the table's columns and `_run_id`."""
    record = array(lines, "record")
    columns = {
        "artist_id": array(lines, "artist_id"),
        "name": text(field(record, "name")),
        "genres": field(record, "genres"),
        "followers": integer(field(record, "followers", "total"), "bigint"),
        "popularity": integer(field(record, "popularity"), "int"),
        "image_url": first_image(field(record, "images")),
        "uri": text(field(record, "uri")),
        "is_full": pa.array([True] * len(lines), pa.bool_()),
        "fetched_at": array(lines, "fetched_at"),
        "_run_id": array(lines, "run_id"),
    }
    return conform(tables.ARTISTS, columns, RECORD_TIE_BREAK)


def sightings(credits_: pa.Table, owner: str) -> pa.Table:
    """Return the latest credit of each artist on tracks or on albums.

    Columns: artist_id, name, uri, fetched_at and those of `SIGHTING_TIE_BREAK`.

    Args:
        credits_: from `credited_artists`.
        owner: the name of the owner's id column, track_id or album_id.
    """
    rows = pa.table(
        {
            **{name: array(credits_, name) for name in ("artist_id", "name", "uri", "fetched_at")},
            "_owner": pa.array([owner] * len(credits_), pa.string()),
            "_owner_id": array(credits_, owner),
            "_artist_position": array(credits_, "artist_position"),
        }
    )
    return latest(rows, tables.ARTISTS.key, SIGHTING_TIE_BREAK)


def artists(records: pa.Table, sighted: pa.Table) -> pa.Table:
    """Return the rows of artists: the full record of each credited artist, or else the latest credit.

    Full records of artists without a credit on this day are not used.

    Args:
        records: from `artist_records`.
        sighted: from `sightings`.
    """
    names = arrow_schema(tables.ARTISTS).names
    credited = latest(sighted, tables.ARTISTS.key, SIGHTING_TIE_BREAK)
    known = latest(records, tables.ARTISTS.key, RECORD_TIE_BREAK).select(names)
    ids, known_ids = array(credited, "artist_id"), array(known, "artist_id")
    full = known.filter(pc.is_in(known_ids, value_set=ids))
    only_credited = credited.filter(pc.invert(pc.is_in(ids, value_set=known_ids)))
    return pa.concat_tables([full, _credited(only_credited)]).combine_chunks()


def _credited(rows: pa.Table) -> pa.Table:
    unknown = ("genres", "followers", "popularity", "image_url")
    schema = arrow_schema(tables.ARTISTS)
    columns = {name: array(rows, name) for name in ("artist_id", "name", "uri", "fetched_at")}
    columns |= {name: nulls(rows, schema.field(name).type) for name in unknown}
    columns["is_full"] = pa.array([False] * len(rows), pa.bool_())
    return conform(tables.ARTISTS, columns)


FULL_RECORDS: Final = FullRecords(
    name="artist_records",
    source=raw_zone.ARTISTS,
    observe=artist_records,
    distribute_by="artist_id",
    nothing=NO_RECORDS,
)
