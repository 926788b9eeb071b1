"""playlist_items: the item at each position of each playlist."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.arrow_schema import conform
from spotify_lake.transforms.columns import (
    Array,
    array,
    digits,
    duration,
    field,
    first,
    id_of,
    is_local_uri,
    is_true,
    known_instant,
    local_uri_part,
    text,
    where,
)
from spotify_lake.transforms.entity import Entity

EXTRA_COLUMNS: Final = ("_source", "_run_id")
_MS_PER_SECOND: Final = 1000.0


def classified_items(lines: pa.Table) -> pa.Table:
    """Return accepted lines of items with `item` (struct), item_type, item_id, item_uri and is_local.

    A null entry, a null item and one without an id are `unavailable`: Spotify keeps the position of withdrawn
    items. A chapter of an audiobook has the type `chapter` and the URI of an episode. Anything else is
    `other`: a video, for example.
    """
    record = array(lines, "record")
    item = _item(record)
    uri = text(field(item, "uri"))
    is_local = pc.or_(
        is_true(pc.coalesce(field(record, "is_local"), field(item, "is_local"))), is_local_uri(uri)
    )
    kind = _kind(text(field(item, "type")), uri)
    identifier = _id(kind, field(item, "id"), uri)
    is_there = pc.or_(identifier.is_valid(), pc.and_(pc.equal(kind, "other"), uri.is_valid()))
    item_type = pc.if_else(
        pc.and_(is_local, item.is_valid()), "local", pc.if_else(is_there, kind, "unavailable")
    )
    return (
        lines.append_column("item", item)
        .drop_columns("record")
        .append_column("item_type", item_type)
        .append_column("item_id", identifier)
        .append_column("item_uri", uri)
        .append_column("is_local", is_local)
        .append_column("added_at", field(record, "added_at"))
        .append_column("added_by_id", field(record, "added_by", "id"))
    )


def _kind(declared: Array, uri: Array) -> Array:
    """chapter or episode by the type or the URI; track by the type, or if no URI says otherwise."""

    def has_uri(start: str) -> Array:
        return is_true(pc.starts_with(uri, start))

    def is_kind(kind: str) -> Array:
        return pc.or_(is_true(pc.equal(declared, kind)), has_uri(f"spotify:{kind}:"))

    is_of_other_kind = pc.and_not(has_uri("spotify:"), has_uri("spotify:track:"))
    is_track = pc.coalesce(pc.equal(declared, "track"), pc.invert(is_of_other_kind))
    kinds = pc.make_struct(is_kind("chapter"), is_kind("episode"), is_track)
    return pc.case_when(kinds, "chapter", "episode", "track", "other")


def _id(kind: Array, identifier: Array, uri: Array) -> Array:
    spoken = id_of(identifier, uri, "(?:episode|chapter)")
    other = pc.if_else(pc.equal(kind, "track"), id_of(identifier, uri, "track"), text(identifier))
    return pc.if_else(is_spoken(kind), spoken, other)


def is_spoken(kind: Array) -> Array:
    """Whether an item is an episode or a chapter."""
    return pc.is_in(kind, value_set=pa.array(["episode", "chapter"]))


def _item(record: Array) -> Array:
    """The item: the field `item` since 2026, `track` before, and both during the transition."""
    item, track = field(record, "item"), field(record, "track")
    if item.null_count == len(item):
        return track
    return item if not item.null_count else pc.coalesce(item, track)


def playlist_items(items: pa.Table) -> pa.Table:
    """Return the table's rows from classified items, with `EXTRA_COLUMNS`. A key may occur more than once."""
    item, uri, item_type = array(items, "item"), array(items, "item_uri"), array(items, "item_type")
    is_local = pc.equal(item_type, "local")
    columns = {name: array(items, name) for name in ("playlist_id", "snapshot_id", "position", "is_local")}
    local_ms = pc.multiply(digits(local_uri_part(uri, 5), 9), _MS_PER_SECOND)
    columns |= {
        "item_type": item_type,
        "track_id": where(pc.equal(item_type, "track"), array(items, "item_id")),
        "episode_id": where(is_spoken(item_type), array(items, "item_id")),
        "item_uri": uri,
        "item_name": pc.coalesce(text(field(item, "name")), where(is_local, local_uri_part(uri, 4))),
        "local_artist_name": _local(is_local, field(first(field(item, "artists")), "name"), uri, 2),
        "local_album_name": _local(is_local, field(item, "album", "name"), uri, 3),
        "added_at": known_instant(array(items, "added_at")),
        "added_by_id": text(array(items, "added_by_id")),
        "duration_ms": pc.coalesce(duration(field(item, "duration_ms")), duration(where(is_local, local_ms))),
        "fetched_at": array(items, "fetched_at"),
        "_source": array(items, "source"),
        "_run_id": array(items, "run_id"),
    }
    return conform(tables.PLAYLIST_ITEMS, columns, EXTRA_COLUMNS)


def _local(is_local: Array, name: Array, uri: Array, part: int) -> Array:
    return where(is_local, pc.coalesce(text(name), local_uri_part(uri, part)))


ENTITY: Final = Entity(
    table=tables.PLAYLIST_ITEMS,
    sources=raw_zone.ITEM_SOURCES,
    observe=playlist_items,
    distribute_by="playlist_id",
    tie_break=EXTRA_COLUMNS,
    is_reconciled=True,
)
