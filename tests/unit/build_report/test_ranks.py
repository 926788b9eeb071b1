"""Top tracks and artists and their reach, against plain Python over the rows."""

from __future__ import annotations

import datetime as dt

import pytest

from build_report.reading import ranks
from build_report.reading.lake import of_days
from spotify_lake.contract.marts.entities import ARTIST_DAILY, TRACK_DAILY
from tests.unit.build_report.lake import DAY, Row, WritableLake
from tests.unit.build_report.rows import entities

DAYS = [str(dt.date.fromisoformat(DAY) - dt.timedelta(days=before)) for before in (7, 3, 1, 0)]


def write_days(lake: WritableLake, *, has_reach: bool = True) -> dict[str, dict[str, Row]]:
    """Write track_daily of several days; return its rows by day and id."""
    rows = {day: entities(seed, "track_id", has_reach=has_reach) for seed, day in enumerate(DAYS)}
    for day, each in rows.items():
        lake.put(TRACK_DAILY, each, day)
    return {day: {row["track_id"]: row for row in each} for day, each in rows.items()}


@pytest.mark.parametrize("has_reach", [True, False])
def test_the_top_tracks_have_their_ranks_of_every_day(lake: WritableLake, *, has_reach: bool) -> None:
    rows = write_days(lake, has_reach=has_reach)
    today = lake.reader.partition(TRACK_DAILY, DAY, ranks.TRACKS.columns)
    by = ranks.ranked_by(today)
    assert by == ("reach" if has_reach else "playlists")
    top = ranks.top(ranks.TRACKS, today, by)
    ids = [row["track_id"] for row in top]
    history = of_days(
        lake.reader.partitions(TRACK_DAILY, DAYS, ranks.TRACKS.history_columns),
        ranks.TRACKS.history_columns,
        "track_id",
        ids,
    )
    found = ranks.with_history(ranks.TRACKS, top, history, DAYS, by)
    rank = f"rank_by_{by}"
    ranked = [row for row in rows[DAY].values() if row[rank] is not None]
    expected = sorted(
        ranked,
        key=lambda row: (
            row[rank],
            -row["playlists"],
            -(row["popularity"] if row["popularity"] is not None else -1),
            row["name"] is None,
            row["name"] or "",
            row["track_id"],
        ),
    )[:20]
    assert ids == [row["track_id"] for row in expected]
    for row, each in zip(expected, found, strict=True):
        over_days = [rows[day].get(row["track_id"], {}).get(rank) for day in DAYS]
        assert (each.name, each.artist_name, each.rank) == (row["name"], row["artist_name"], row[rank])
        assert (each.playlists, each.reach, each.popularity) == (
            row["playlists"],
            row["reach"],
            row["popularity"],
        )
        assert list(each.ranks) == over_days
        assert each.rank_7_days_before == over_days[0]


def test_a_rank_of_another_day_is_not_that_of_7_days_before(lake: WritableLake) -> None:
    rows = write_days(lake)
    today = lake.reader.partition(TRACK_DAILY, DAY, ranks.TRACKS.columns)
    top = ranks.top(ranks.TRACKS, today, "reach")
    history = of_days(
        lake.reader.partitions(TRACK_DAILY, DAYS[1:], ranks.TRACKS.history_columns),
        ranks.TRACKS.history_columns,
        "track_id",
        list(rows[DAY]),
    )
    found = ranks.with_history(ranks.TRACKS, top, history, DAYS[1:], "reach")
    assert {each.rank_7_days_before for each in found} == {None}


def test_reach_is_that_of_the_top_artists(lake: WritableLake) -> None:
    days = DAYS[-2:]
    rows = {day: entities(seed, "artist_id") for seed, day in enumerate(days)}
    for day, each in rows.items():
        lake.put(ARTIST_DAILY, each, day)
    today = lake.reader.partition(ARTIST_DAILY, DAY, ranks.ARTISTS.columns)
    top = ranks.top(ranks.ARTISTS, today, "reach")
    history = of_days(
        lake.reader.partitions(ARTIST_DAILY, days, ranks.ARTISTS.history_columns),
        ranks.ARTISTS.history_columns,
        "artist_id",
        [row["artist_id"] for row in top],
    )
    found = ranks.reach_over_days(ranks.ARTISTS, top, history, days)
    reach = {(day, row["artist_id"]): row["reach"] for day, each in rows.items() for row in each}
    assert [list(series.values) for series in found] == [
        [reach.get((day, row["artist_id"])) for day in days] for row in top[:5]
    ]


def test_nothing_is_ranked_on_an_empty_day(lake: WritableLake) -> None:
    lake.put(TRACK_DAILY, [])
    today = lake.reader.partition(TRACK_DAILY, DAY, ranks.TRACKS.columns)
    assert ranks.top(ranks.TRACKS, today, ranks.ranked_by(today)) == []
    nothing = of_days([(DAY, today)], ranks.TRACKS.history_columns, "track_id", [])
    assert ranks.with_history(ranks.TRACKS, [], nothing, [DAY], "playlists") == ()
