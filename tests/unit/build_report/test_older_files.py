"""Files that are older than a column: the report is built without it."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from build_report.page import render
from build_report.reading import changes, playlists, quality, ranks, shares
from spotify_lake.contract import tables
from spotify_lake.contract.marts import collections
from spotify_lake.contract.marts.entities import ARTIST_DAILY, TRACK_DAILY
from spotify_lake.contract.marts.playlists import PLAYLIST_CHANGES, PLAYLIST_DAILY
from spotify_lake.contract.marts.registry import MART_QUALITY_RESULTS
from spotify_lake.contract.marts.trends import TREND_SIGNALS
from spotify_lake.contract.tables import Table
from tests.unit.build_report.lake import Row, WritableLake
from tests.unit.build_report.rows import entities, playlist_changes, signals
from tests.unit.build_report.test_day import report_of

_RULE: Final[Row] = {
    "rule": "tracks.popularity:range",
    "table_name": "tracks",
    "severity": "warn",
    "is_passed": False,
    "failing": 2,
    "detail": "2 of 9 rows",
}
READ: Final[tuple[tuple[Table, tuple[str, ...], list[Row]], ...]] = (
    (
        PLAYLIST_DAILY,
        playlists.PLAYLIST_COLUMNS,
        [{"playlist_id": "p0", "name": "Mixtape", "is_listed": True, "items": 3, "days_without_contents": 0}],
    ),
    (
        tables.PLAYLIST_ITEMS,
        playlists.ITEM_COLUMNS,
        [
            {"playlist_id": "p0", "position": 0, "item_type": "track", "item_name": "A", "track_id": "t1"},
            {"playlist_id": "p0", "position": 1, "item_type": "unavailable"},
        ],
    ),
    (
        tables.TRACKS,
        playlists.TRACK_COLUMNS,
        [{"track_id": "t1", "name": "A", "album_id": "a1", "is_playable": False}],
    ),
    (tables.ALBUMS, playlists.ALBUM_COLUMNS, [{"album_id": "a1", "release_date": dt.date(2020, 1, 1)}]),
    (
        collections.DUPLICATES,
        playlists.DUPLICATE_COLUMNS,
        [{"playlist_name": "Mixtape", "track_name": "A", "isrc": "X", "positions": [1, 2]}],
    ),
    (TRACK_DAILY, ranks.TRACKS.columns, entities(1, "track_id")),
    (ARTIST_DAILY, ranks.ARTISTS.columns, entities(2, "artist_id")),
    (
        collections.GENRE_DAILY,
        shares.GENRE_COLUMNS,
        [{"genre": "jazz", "placements": 2, "placement_share": 0.5}],
    ),
    (TREND_SIGNALS, shares.TREND_COLUMNS, signals(1, 20)),
    (
        collections.RELEASE_PROFILE_DAILY,
        shares.YEAR_COLUMNS,
        [{"release_year": 2020, "placements": 3, "tracks": 2}],
    ),
    (PLAYLIST_CHANGES, changes.COLUMNS, playlist_changes(5, playlists=3, items=9)),
    (
        tables.REJECTED_RECORDS,
        quality.REJECTED_COLUMNS,
        [{"reason": "quality_rule", "detail": "x", "raw_text": "{}"}],
    ),
    (tables.QUALITY_RESULTS, quality.RULE_COLUMNS, [_RULE]),
    (MART_QUALITY_RESULTS, quality.RULE_COLUMNS, [_RULE]),
)
CASES: Final = [
    (table, lacked)
    for table, columns, _ in READ
    for nullable in [[each.name for each in table.columns if each.nullable and each.name in columns]]
    for lacked in (nullable, *([each] for each in nullable if each.endswith("_id") or table is TREND_SIGNALS))
    if lacked
]


def test_the_page_shows_rows_of_every_table(lake: WritableLake) -> None:
    fill(lake)
    report = report_of(lake)
    shown = (
        report.changes,
        report.trends,
        report.top_tracks,
        report.top_artists,
        report.genres,
        report.release_years,
        report.playlists,
        report.unavailable,
        report.duplicates,
        report.failed_rules,
        report.rejected,
    )
    assert all(shown)
    assert report.playlists[0].average_age_years


@pytest.mark.parametrize(
    ("table", "lacked"), CASES, ids=lambda each: each.name if isinstance(each, Table) else ",".join(each)
)
def test_a_file_without_columns_is_read(lake: WritableLake, table: Table, lacked: list[str]) -> None:
    fill(lake)
    (rows,) = (rows for each, _, rows in READ if each is table)
    lake.put(table, rows, without=lacked)
    assert "<html" in render(report_of(lake))


def fill(lake: WritableLake) -> None:
    lake.put_empty_day()
    for table, _, rows in READ:
        lake.put(table, rows)
