"""The views' answers, on a few rows of the tables they read."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from infra.local.athena.output import Output
from publish_catalog.view_sql import all_views
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.marts.collections import NO_GENRE
from spotify_lake.contract.marts.registry import ALL_TABLES
from spotify_lake.contract.tables import PARTITION, Table
from tests.unit.infra.local.athena.lakes import Analyst, LakeFolder

Row = dict[str, Any]
DAY = "2026-11-22"


def rows_of(view: str, tables: Mapping[str, Sequence[Row]], rest: str = "") -> list[Row]:
    """The rows of a view in the local Athena; a column that a row leaves out is null."""
    output = answer(view, tables, rest)
    names = [column.name for column in output.columns]
    return [dict(zip(names, row, strict=True)) for row in output.rows]


def answer(view: str, tables: Mapping[str, Sequence[Row]], rest: str = "") -> Output:
    """What the local Athena answers to a query of all columns of a view."""
    with tempfile.TemporaryDirectory() as folder:
        lake = LakeFolder(Path(folder))
        for table in ALL_TABLES:
            columns = {column.name: column.type for column in table.columns}
            lake.table(table.name, columns, {PARTITION.name: "string"})
            put(lake, table, tables.get(table.name, []))
        (query,) = (each.query for each in all_views() if each.name == view)
        return Analyst(lake).run(f"SELECT * FROM ({query}) {rest}")


def put(lake: LakeFolder, table: Table, rows: Sequence[Row]) -> None:
    """Write a table's rows as partitions of their days."""
    by_day: dict[str, list[Row]] = {}
    for row in rows:
        unknown = set(row) - {*table.column_names, PARTITION.name}
        assert not unknown, f"{table.name} has no column {unknown}"
        by_day.setdefault(row.get(PARTITION.name, DAY), []).append(row)
    for day, content in by_day.items():
        key = f"{table.name}/{PARTITION.name}={day}/part.parquet"
        lake.put(key, pa.Table.from_pylist(content, schema=arrow_schema(table)))
        lake.register(table.name, day)


def summary_of(**tables: Sequence[Row]) -> Row:
    (row,) = rows_of("daily_summary", {"playlists": [{"playlist_id": "p1"}], **tables})
    return row


@pytest.mark.parametrize(
    ("explicit", "percent"),
    [
        ([], None),
        ([None, None], None),
        ([False, None], 0.0),
        ([True, None], 100.0),
        ([True, False, False, None], Decimal("33.3")),
    ],
)
def test_the_explicit_share_is_of_the_tracks_with_a_known_flag(
    explicit: list[bool | None], percent: Decimal | float | None
) -> None:
    tracks = [{"track_id": str(number), "explicit": each} for number, each in enumerate(explicit)]
    row = summary_of(tracks=tracks)
    assert (row["tracks"], row["explicit_percent"]) == (len(explicit), percent)


@pytest.mark.parametrize(
    ("lengths", "hours"), [([], 0), ([None], None), ([3_600_000, None], 1.0), ([3_600_000, 5_400_000], 2.5)]
)
def test_the_hours_are_of_the_items_with_a_known_length(
    lengths: list[int | None], hours: float | None
) -> None:
    items = [{"position": place, "duration_ms": each} for place, each in enumerate(lengths)]
    row = summary_of(playlist_items=items)
    assert (row["items"], row["hours"]) == (len(lengths), hours)


def test_missing_counts_are_zero_and_the_top_artist_is_null() -> None:
    row = summary_of()
    counts = ("items", "tracks", "albums", "artists", "episodes", "local_files", "rejected_records")
    assert [row[name] for name in counts] == [0] * len(counts)
    assert row["most_listed_artist"] is None


def test_the_most_listed_artist_may_have_no_name() -> None:
    row = summary_of(
        playlist_items=[{"position": place, "item_type": "track", "track_id": "t1"} for place in range(2)],
        track_artists=[{"track_id": "t1", "artist_id": "ar1", "artist_position": 0}],
        artists=[{"artist_id": "ar1", "name": None}],
    )
    assert row["most_listed_artist"] is None


def test_only_known_genres_are_counted() -> None:
    counted = {"appearances": 2, "tracks": 1, "artists": 1}
    rows = rows_of(
        "genre_trends", {"genre_daily": [{"genre": each, **counted} for each in ("pop", NO_GENRE)]}
    )
    assert rows == [{"genre": "pop", **counted, "snapshot_date": DAY}]


def test_the_changes_of_a_trend_are_against_one_day_before() -> None:
    changes = {f"{name}_change_{days}d": days for name in ("best_position", "popularity") for days in (1, 7)}
    track = {"track_id": "t1", "name": "One", "playlists": 2, "appearances": 3, "best_position": 4, **changes}
    (row,) = rows_of("track_trends", {"track_daily": [track]})
    assert (row["best_position"], row["best_position_change"], row["popularity_change"]) == (4, 1, 1)
    changes = {f"{name}_change_{days}d": days for name in ("appearances", "followers") for days in (1, 7)}
    (row,) = rows_of("artist_trends", {"artist_daily": [{"artist_id": "ar1", "appearances": 3, **changes}]})
    assert (row["appearances"], row["appearances_change"], row["followers_change"]) == (3, 1, 1)


PREVIOUS, EARLIER = "2026-11-20", "2026-11-18"


def days_of_tracks() -> list[Row]:
    """A track on each day, and one that is there every day."""
    return [
        {"track_id": track, "name": name, "snapshot_date": day}
        for day, name in ((EARLIER, "old"), (PREVIOUS, "previous"), (DAY, "new"))
        for track in ("t", f"only_on_{day}")
    ]


def last_contents(days: Mapping[str, str], missed: int = 2) -> list[Row]:
    """playlist_daily on `DAY`, with the day of each playlist's contents."""
    return [
        {
            "playlist_id": playlist,
            "last_snapshot_date": day,
            "days_without_contents": 0 if day == DAY else missed,
        }
        for playlist, day in days.items()
    ]


@pytest.mark.parametrize(
    ("playlists", "missed", "expected"),
    [
        ({}, 0, {("t", "new"), (f"only_on_{DAY}", "new")}),
        ({"p1": DAY}, 0, {("t", "new"), (f"only_on_{DAY}", "new")}),
        (
            {"p1": DAY, "p2": EARLIER},
            2,
            {("t", "new"), (f"only_on_{DAY}", "new"), (f"only_on_{EARLIER}", "old")},
        ),
        (
            {"p1": DAY, "p2": EARLIER},
            28,
            {("t", "new"), (f"only_on_{DAY}", "new"), (f"only_on_{EARLIER}", "old")},
        ),
        ({"p1": DAY, "p2": EARLIER}, 29, {("t", "new"), (f"only_on_{DAY}", "new")}),
    ],
    ids=["without marts", "every playlist was read", "one was not", "for long", "for too long"],
)
def test_the_latest_rows_are_of_the_newest_contents_of_every_playlist(
    playlists: Mapping[str, str], missed: int, expected: set[tuple[str, str]]
) -> None:
    listed = [{"playlist_id": "p1", "snapshot_date": day} for day in (EARLIER, PREVIOUS, DAY)]
    tables = {
        "playlists": listed,
        "playlist_daily": last_contents(playlists, missed),
        "tracks": days_of_tracks(),
    }
    assert {(row["track_id"], row["name"]) for row in rows_of("latest_tracks", tables)} == expected


def test_the_latest_followers_may_be_of_an_earlier_day() -> None:
    read = dt.datetime(2026, 11, 18, 5, tzinfo=dt.UTC)
    playlists: list[Row] = [
        {"playlist_id": "p1", "snapshot_date": EARLIER, "followers": 7, "followers_observed_at": read},
        {"playlist_id": "p1", "name": "renamed"},
    ]
    (row,) = rows_of("latest_playlists", {"playlists": playlists})
    assert (row["name"], row["followers"], row["snapshot_date"]) == ("renamed", 7, DAY)


READ_AT = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("listed", "reads_earlier_days"),
    [
        ([{"playlist_id": "p1", "followers": 7, "followers_observed_at": READ_AT}], False),
        ([{"playlist_id": "saved_tracks", "uri": "spotify:collection:tracks"}], False),
        ([{"playlist_id": "p1", "uri": "spotify:playlist:p1"}], True),
        ([{"playlist_id": "p1"}], True),
    ],
    ids=["followers known", "saved tracks", "followers not read", "without a URI"],
)
def test_earlier_days_are_read_only_for_followers_that_they_may_have(
    listed: list[Row], *, reads_earlier_days: bool
) -> None:
    earlier = [{**row, "snapshot_date": day} for day in (EARLIER, PREVIOUS) for row in listed]
    one_day, all_days = (
        answer("latest_playlists", {"playlists": each}) for each in (listed, earlier + listed)
    )
    assert one_day.rows == all_days.rows
    assert (all_days.scanned_bytes > one_day.scanned_bytes) is reads_earlier_days


def placement(position: int, track: str | None, day: str = DAY, **more: Any) -> Row:
    kind = "track" if track else "unavailable"
    content = {"playlist_id": "p1", "item_type": kind, "position": position, "track_id": track}
    return {**content, "snapshot_date": day, **more}


def test_a_placement_has_its_track_album_and_artists() -> None:
    added = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    tables: dict[str, list[Row]] = {
        "playlists": [{"playlist_id": "p1", "name": "Mornings"}],
        "playlist_items": [
            placement(0, None, item_type="episode", episode_id="e1"),
            placement(1, "t1", added_at=added),
            placement(2, "t1"),
            placement(0, "t2", playlist_id="p2"),
        ],
        "tracks": [
            {"track_id": "t1", "name": "One", "album_id": "al1", "duration_ms": 1_000, "explicit": True},
            {"track_id": "t2", "name": "Two"},
        ],
        "albums": [{"album_id": "al1", "name": "First Light"}],
        "artists": [
            {"artist_id": "ar1", "name": "Ada"},
            {"artist_id": "ar2", "name": "Bo"},
            {"artist_id": "ar3"},
        ],
        "track_artists": [
            {"track_id": "t1", "artist_id": each, "artist_position": place}
            for place, each in ((3, "ar1"), (1, "ar2"), (2, "ar3"))
        ],
    }
    on_another_day = {
        name: [{**row, "snapshot_date": "2026-11-21"} for row in tables[name]] for name in tables
    }
    both_days = {name: [*tables[name], *on_another_day[name]] for name in tables}
    rows = rows_of(
        "playlist_tracks", both_days, f"WHERE snapshot_date = '{DAY}' ORDER BY playlist_id, position"
    )
    expected = {
        "playlist_id": "p1",
        "playlist_name": "Mornings",
        "position": 1,
        "track_id": "t1",
        "track_name": "One",
        "artist_id": "ar2",
        "artist_name": "Bo",
        "artist_names": "Bo, Ada",
        "album_id": "al1",
        "album_name": "First Light",
        "duration_ms": 1_000,
        "explicit": True,
        "added_at": added.replace(tzinfo=None),
        "snapshot_date": DAY,
    }
    bare = {"playlist_id": "p2", "position": 0, "track_id": "t2", "track_name": "Two", "snapshot_date": DAY}
    assert rows == [
        expected,
        {**expected, "position": 2, "added_at": None},
        {**dict.fromkeys(expected), **bare},
    ]
