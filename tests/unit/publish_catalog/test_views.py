"""The views' answers, on a few rows of the tables they read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from infra.local.aws.athena_sql import Query
from publish_catalog.view_sql import all_views
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import PARTITION, TABLES

Row = dict[str, Any]
DAY = "2026-11-22"


def rows_of(view: str, tables: Mapping[str, Sequence[Row]], where: str = "true") -> list[Row]:
    """What a view answers, by the local Athena's translation; a column that a row leaves out is null."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA lake")
    for table in TABLES:
        schema = arrow_schema(table).append(pa.field(PARTITION.name, pa.string()))
        content = [{PARTITION.name: DAY, **row} for row in tables.get(table.name, [])]
        unknown = {name for row in content for name in row} - set(schema.names)
        assert not unknown, f"{table.name} has no column {unknown}"
        connection.register("given", pa.Table.from_pylist(content, schema=schema))
        connection.execute(f"CREATE TABLE lake.{table.name} AS SELECT * FROM given")
    (query,) = (each.query for each in all_views() if each.name == view)
    sql = Query(query, "lake").to_duckdb()
    answer: list[Row] = connection.sql(f"SELECT * FROM ({sql}) WHERE {where}").to_arrow_table().to_pylist()
    return answer


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
        ([True, False, False, None], 33.3),
    ],
)
def test_the_explicit_share_is_that_of_the_tracks_of_which_it_is_known(
    explicit: list[bool | None], percent: float | None
) -> None:
    tracks = [{"track_id": str(number), "explicit": each} for number, each in enumerate(explicit)]
    row = summary_of(tracks=tracks)
    assert (row["tracks"], row["explicit_percent"]) == (len(explicit), percent)


@pytest.mark.parametrize(
    ("lengths", "hours"), [([], 0), ([None], None), ([3_600_000, None], 1.0), ([3_600_000, 5_400_000], 2.5)]
)
def test_the_hours_are_those_of_the_items_whose_length_is_known(
    lengths: list[int | None], hours: float | None
) -> None:
    items = [{"position": place, "duration_ms": each} for place, each in enumerate(lengths)]
    row = summary_of(playlist_items=items)
    assert (row["items"], row["hours"]) == (len(lengths), hours)


def test_counts_of_what_a_day_does_not_have_are_zero_and_its_top_artist_is_null() -> None:
    row = summary_of()
    counts = ("items", "tracks", "albums", "artists", "episodes", "local_files", "rejected_records")
    assert [row[name] for name in counts] == [0] * len(counts)
    assert row["most_listed_artist"] is None


def test_the_artist_listed_most_has_no_name_where_spotify_gives_none() -> None:
    row = summary_of(
        playlist_items=[{"position": place, "item_type": "track", "track_id": "t1"} for place in range(2)],
        track_artists=[{"track_id": "t1", "artist_id": "ar1", "artist_position": 0}],
        artists=[{"artist_id": "ar1", "name": None}],
    )
    assert row["most_listed_artist"] is None


def test_a_genre_is_counted_where_it_is_known() -> None:
    rows = rows_of(
        "genre_trends",
        {
            "playlist_items": [{"position": 0, "track_id": "t1"}, {"position": 1, "track_id": "t2"}],
            "track_artists": [
                {"track_id": f"t{each}", "artist_id": f"ar{each}", "artist_position": 0} for each in (1, 2)
            ],
            "artists": [{"artist_id": "ar1", "genres": ["pop"]}, {"artist_id": "ar2", "genres": None}],
        },
    )
    assert rows == [{"genre": "pop", "appearances": 1, "tracks": 1, "artists": 1, "snapshot_date": DAY}]


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
    rows = rows_of("playlist_tracks", both_days, f"snapshot_date = '{DAY}' ORDER BY playlist_id, position")
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
        "added_at": added,
        "snapshot_date": DAY,
    }
    bare = {"playlist_id": "p2", "position": 0, "track_id": "t2", "track_name": "Two", "snapshot_date": DAY}
    assert rows == [
        expected,
        {**expected, "position": 2, "added_at": None},
        {**dict.fromkeys(expected), **bare},
    ]


CHART: dict[str, list[str | None]] = {
    "2026-11-01": ["t1", None, "t2", "t3"],
    "2026-11-02": ["t3", "t1", "t2", "t1"],  # t1 twice
    "2026-11-04": ["t2", "t4"],  # no snapshot on the 3rd; t1 and t3 leave
    "2026-11-05": [],
    "2026-11-06": ["t4", "t1"],  # both are back
    "2026-11-09": ["t1", "t4"],
}


def chart_tables() -> dict[str, list[Row]]:
    """The chart, and a second playlist that has all its days and the one that it lacks."""
    second: dict[str, list[str | None]] = {**CHART, "2026-11-03": ["t1", "t2"]}
    charts = {"p1": CHART, "p2": second}
    days = sorted(second)
    ids = ("t1", "t2", "t3", "t4")
    return {
        "playlists": [
            {"playlist_id": name, "name": name.upper(), "snapshot_date": day, "item_count": len(chart[day])}
            for name, chart in charts.items()
            for day in sorted(chart)
        ],
        "playlist_items": [
            placement(place, each, day, playlist_id=name)
            for name, chart in charts.items()
            for day, listed in chart.items()
            for place, each in enumerate(listed)
        ],
        "tracks": [
            {"track_id": each, "name": each.upper(), "snapshot_date": day} for each in ids for day in days
        ],
        "track_artists": [
            {"track_id": each, "artist_id": f"ar{each}", "artist_position": 0, "snapshot_date": day}
            for each in ids
            for day in days
        ],
        "artists": [
            {"artist_id": f"ar{each}", "name": f"By {each}", "snapshot_date": day}
            for each in ids
            for day in days
        ],
    }


def charted(chart: Mapping[str, Sequence[str | None]]) -> set[tuple[Any, ...]]:
    """Day, track, rank, previous rank, peak and days on chart, counted day by day."""
    rows = set()
    before: dict[str, int] = {}
    peaks: dict[str, int] = {}
    days: dict[str, int] = {}
    for day, listed in sorted(chart.items()):
        ranks: dict[str, int] = {}
        for rank, each in enumerate(listed, 1):
            if each and each not in ranks:
                ranks[each] = rank
        for each, rank in ranks.items():
            peaks[each] = min(peaks.get(each, rank), rank)
            days[each] = days.get(each, 0) + 1
            rows.add((day, each, rank, before.get(each), peaks[each], days[each]))
        before = ranks
    return rows


def test_the_chart_is_what_counting_day_by_day_gives() -> None:
    rows = rows_of("chart_positions", chart_tables(), "playlist_id = 'p1'")
    figures = ("snapshot_date", "track_id", "chart_rank", "previous_rank", "peak_rank", "days_on_chart")
    assert len(rows) == len({tuple(row[name] for name in figures) for row in rows})
    assert {tuple(row[name] for name in figures) for row in rows} == charted(CHART)
    assert all(row["playlist_name"] == "P1" for row in rows)
    assert all(row["track_name"] == row["track_id"].upper() for row in rows)
    assert all(row["artist_name"] == f"By {row['track_id']}" for row in rows)
    assert all(row["artist_id"] == f"ar{row['track_id']}" for row in rows)


@pytest.mark.parametrize(
    ("day", "track", "expected"),
    [
        pytest.param("2026-11-01", "t2", (3, None, 3, 1), id="an empty slot keeps its rank"),
        pytest.param("2026-11-02", "t1", (2, 1, 1, 2), id="listed twice: the better rank"),
        pytest.param("2026-11-04", "t2", (1, 3, 1, 3), id="the snapshot before is two days ago"),
        pytest.param("2026-11-04", "t4", (2, None, 2, 1), id="new"),
        pytest.param("2026-11-06", "t1", (2, None, 1, 3), id="back after an absence"),
        pytest.param("2026-11-06", "t4", (1, None, 1, 2), id="back after the playlist was empty"),
        pytest.param("2026-11-09", "t4", (2, 1, 1, 3), id="peak before"),
    ],
)
def test_a_position_of_the_chart(day: str, track: str, expected: tuple[int | None, ...]) -> None:
    where = f"playlist_id = 'p1' AND snapshot_date = '{day}' AND track_id = '{track}'"
    (row,) = rows_of("chart_positions", chart_tables(), where)
    names = ("chart_rank", "previous_rank", "peak_rank", "days_on_chart")
    assert tuple(row[name] for name in names) == expected
