"""The quality rules on rows: which rows break them, and which are quarantined."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest

from spotify_lake.contract import tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.engine.exchange import Tables
from spotify_lake.quality import row_checks

Row = dict[str, Any]

GOOD: Mapping[str, list[Row]] = {
    "playlists": [{"playlist_id": "p1"}],
    "playlist_items": [
        {"playlist_id": "p1", "snapshot_id": "s", "position": n, "item_type": "track", "track_id": f"t{n}"}
        for n in range(3)
    ],
    "tracks": [{"track_id": f"t{n}", "album_id": "al1", "popularity": 40} for n in range(3)],
    "albums": [{"album_id": "al1", "release_date_precision": "day"}],
    "artists": [{"artist_id": "ar1"}],
    "track_artists": [{"track_id": "t0", "artist_id": "ar1", "artist_position": 0}],
}


def tables_of(changes: Mapping[str, list[Row]]) -> Tables:
    return {
        table.name: pa.Table.from_pylist({**GOOD, **changes}.get(table.name, []), schema=arrow_schema(table))
        for table in tables.TABLES
        if table is not tables.QUALITY_RESULTS
    }


def failing(**changes: list[Row]) -> dict[str, int]:
    """The broken rules if these tables have these rows; nulls are ignored."""
    rows = tables_of(changes)
    found = {}
    for name in rows:
        found.update(
            row_checks.check(
                tables.table(name), rows[name].append_column("_source", _sources(rows[name]))
            ).failing
        )
    foreign = [row_checks.foreign_keys(tables.table(name), each) for name, each in rows.items()]
    referenced = [row_checks.referenced_keys(tables.table(name), each) for name, each in rows.items()]
    missing, _ = row_checks.count_orphans(pa.concat_tables(foreign), pa.concat_tables(referenced))
    found.update(missing)
    return {rule: count for rule, count in found.items() if count and not rule.endswith(":not_null")}


def _sources(rows: pa.Table) -> pa.Array:
    return pa.array(["playlist_items"] * rows.num_rows, pa.string())


@pytest.mark.parametrize(
    ("table", "rows", "expected"),
    [
        ("tracks", GOOD["tracks"], {}),
        ("tracks", [*GOOD["tracks"], GOOD["tracks"][0]], {"tracks.track_id:unique": 1}),
        (
            "tracks",
            GOOD["tracks"][1:],
            {"playlist_items.track_id:foreign_key": 1, "track_artists.track_id:foreign_key": 1},
        ),
        (
            "tracks",
            [],
            {"playlist_items.track_id:foreign_key": 3, "track_artists.track_id:foreign_key": 1},
        ),
        (
            "albums",
            [{**GOOD["albums"][0], "release_date_precision": "week"}],
            {"albums.release_date_precision:values": 1},
        ),
        ("playlists", [], {"playlist_items.playlist_id:foreign_key": 3}),
    ],
)
def test_rows_that_break_a_rule_are_counted(table: str, rows: list[Row], expected: dict[str, int]) -> None:
    assert failing(**{table: rows}) == expected


def test_references_to_quarantined_rows_are_counted_apart_from_missing_ones() -> None:
    rows = tables_of({})
    kept, quarantined_rows = rows["tracks"].slice(2), rows["tracks"].slice(0, 1)
    foreign = row_checks.foreign_keys(tables.PLAYLIST_ITEMS, rows["playlist_items"])
    referenced = [
        row_checks.referenced_keys(tables.TRACKS, kept),
        row_checks.referenced_keys(tables.TRACKS, quarantined_rows, is_published=False),
    ]
    missing, quarantined = row_checks.count_orphans(foreign, pa.concat_tables(referenced))
    rule = "playlist_items.track_id:foreign_key"
    assert (missing[rule], quarantined[rule]) == (1, 1)


@pytest.mark.parametrize(
    ("table", "column", "values", "outside"),
    [
        ("tracks", "popularity", [-1, 0, 50, 100, 101, None], [-1, 101]),
        ("playlists", "followers", [-1, 0, 2**40, None], [-1]),
        ("rejected_records", "line_number", [0, 1, 2, None], [0]),
    ],
)
def test_both_bounds_of_a_range_are_allowed_values_and_so_is_null(
    table: str, column: str, values: list[int | None], outside: list[int]
) -> None:
    contract = tables.table(table)
    rows = pa.Table.from_pylist([{column: value} for value in values], schema=arrow_schema(contract))
    checked = row_checks.check(contract, rows.append_column("_source", _sources(rows)))
    assert checked.failing[f"{table}.{column}:range"] == len(outside)
    assert checked.kept[column].to_pylist() == [value for value in values if value not in outside]


def test_saved_tracks_need_their_record_like_any_playlist() -> None:
    saved = [{**GOOD["playlist_items"][0], "playlist_id": "saved_tracks"}]
    assert failing(playlist_items=saved) == {"playlist_items.playlist_id:foreign_key": 1}
    record = {**GOOD["playlists"][0], "playlist_id": "saved_tracks"}
    assert failing(playlist_items=saved, playlists=[record]) == {}


def test_a_forbidden_null_is_counted() -> None:
    rows = tables_of({"albums": [{"album_id": None}, {"album_id": "al1"}]})["albums"]
    assert row_checks.check(tables.ALBUMS, rows).failing["albums.album_id:not_null"] == 1


def test_a_quarantined_row_is_removed_with_every_rule_that_it_breaks() -> None:
    odd = {"album_id": "al2", "popularity": 250, "release_date_precision": "week"}
    rows = tables_of({"albums": [*GOOD["albums"], odd]})["albums"]
    checked = row_checks.check(tables.ALBUMS, rows)
    assert checked.kept["album_id"].to_pylist() == ["al1"]
    (reject,) = checked.quarantined.to_pylist()
    assert reject["detail"] == (
        "albums.release_date_precision:values requires one of day, month, year,"
        " albums.popularity:range requires 0 to 100"
    )
    assert json.loads(reject["raw_text"]) == odd
    assert (reject["reason"], reject["object_uri"], reject["line_number"]) == ("quality_rule", "albums", None)
