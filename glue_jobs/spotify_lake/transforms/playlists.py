"""playlists: the playlists' own records."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.arrow_schema import conform
from spotify_lake.transforms.columns import (
    array,
    field,
    first_image,
    integer,
    text,
    where,
    without_html_entities,
)
from spotify_lake.transforms.entity import Entity
from spotify_lake.transforms.latest import latest

_TIE_BREAK: Final = ("_run_id",)
_FOLLOWERS: Final = ("followers", "followers_observed_at")
EXTRA_COLUMNS: Final = ("_source", *_TIE_BREAK)


def playlists(lines: pa.Table) -> pa.Table:
    """Return every record of a playlist from accepted lines: the table's columns and `EXTRA_COLUMNS`.

    The number of items is in the page `items` since 2026 and was in `tracks` before. An app that may not
    read the contents gets neither.
    """
    record, playlist_id = array(lines, "record"), array(lines, "playlist_id")
    fetched_at = array(lines, "fetched_at")
    followers = integer(field(record, "followers", "total"), "bigint")
    item_count = pc.coalesce(field(record, "items", "total"), field(record, "tracks", "total"))
    own_uri = pc.binary_join_element_wise("spotify:playlist:", playlist_id, "")
    columns = {
        "playlist_id": playlist_id,
        "name": text(field(record, "name")),
        "description": without_html_entities(field(record, "description")),
        "owner_id": text(field(record, "owner", "id")),
        "owner_name": text(field(record, "owner", "display_name")),
        "is_public": field(record, "public"),
        "is_collaborative": field(record, "collaborative"),
        "snapshot_id": pc.coalesce(text(field(record, "snapshot_id")), text(array(lines, "snapshot_id"))),
        "item_count": integer(item_count, "int"),
        "followers": followers,
        "image_url": first_image(field(record, "images")),
        "url": text(field(record, "external_urls", "spotify")),
        "uri": pc.coalesce(text(field(record, "uri")), own_uri),
        "fetched_at": fetched_at,
        "followers_observed_at": where(followers.is_valid(), fetched_at),
        "_source": array(lines, "source"),
        "_run_id": array(lines, "run_id"),
    }
    return conform(tables.PLAYLISTS, columns, EXTRA_COLUMNS)


def latest_playlists(records: pa.Table) -> pa.Table:
    """Return one row per playlist: the latest record, with the latest followers of any record of the day.

    A list of playlists does not have followers, so a list that was read later must not hide those of the
    playlist's own record. `followers_observed_at` is the time of the record they are from.
    """
    key = tables.PLAYLISTS.key
    winners = latest(records, key, _TIE_BREAK)
    counted = latest(records.filter(array(records, "followers").is_valid()), key, _TIE_BREAK)
    places = pc.index_in(array(winners, "playlist_id"), value_set=array(counted, "playlist_id"))
    for name in _FOLLOWERS:
        number = winners.column_names.index(name)
        winners = winners.set_column(number, name, array(counted, name).take(places))
    return winners


ENTITY: Final = Entity(
    table=tables.PLAYLISTS,
    sources=(raw_zone.PLAYLISTS,),
    observe=playlists,
    distribute_by="playlist_id",
    choose=latest_playlists,
    is_reconciled=True,
)
