"""Genres, release years and trends, against plain Python over the rows."""

from __future__ import annotations

import random

import pytest

from build_report.reading import shares
from spotify_lake.contract.marts.collections import GENRE_DAILY, NO_GENRE, RELEASE_PROFILE_DAILY
from spotify_lake.contract.marts.trends import TREND_SIGNALS
from tests.unit.build_report.lake import DAY, Row, WritableLake
from tests.unit.build_report.rows import signals


def genres(seed: int, count: int = 15) -> list[Row]:
    random_ = random.Random(seed)
    names = [NO_GENRE, *(f"genre {number}" for number in range(count))]
    return [
        {"genre": name, "placements": random_.randrange(1, 9), "placement_share": random_.random()}
        for name in random_.sample(names, count)
    ]


def test_the_largest_genres_of_the_day_have_their_share_of_every_day(lake: WritableLake) -> None:
    days = ["2026-11-01", "2026-11-19", DAY]
    rows = {day: genres(seed) for seed, day in enumerate(days)}
    for day, each in rows.items():
        lake.put(GENRE_DAILY, each, day)
    frames = dict(lake.reader.partitions(GENRE_DAILY, days, shares.GENRE_COLUMNS))
    found = shares.genres_over_days(frames, DAY)
    largest = sorted(rows[DAY], key=lambda row: (-row["placements"], row["genre"]))[:8]
    assert [series.name for series in found] == [row["genre"] for row in largest]
    for series in found:
        by_day = [{row["genre"]: row["placement_share"] for row in rows[day]} for day in days]
        assert list(series.values) == [each.get(series.name, 0.0) for each in by_day]


@pytest.mark.parametrize("rows", [[], [{"genre": NO_GENRE, "placements": 9, "placement_share": 1.0}]])
def test_without_any_genre_there_is_no_series(lake: WritableLake, rows: list[Row]) -> None:
    lake.put(GENRE_DAILY, rows)
    frames = {DAY: lake.reader.partition(GENRE_DAILY, DAY, shares.GENRE_COLUMNS)}
    assert shares.genres_over_days(frames, DAY) == ()


def test_the_release_years_are_in_order_and_year_0_is_not_known(lake: WritableLake) -> None:
    rows = [{"release_year": year, "placements": year // 5 + 1, "tracks": 1} for year in (2001, 0, 1969)]
    lake.put(RELEASE_PROFILE_DAILY, rows)
    frame = lake.reader.partition(RELEASE_PROFILE_DAILY, DAY, shares.YEAR_COLUMNS)
    found = [(each.release_year, each.placements, each.tracks) for each in shares.release_years(frame)]
    assert found == [(None, 1, 1), (1969, 394, 1), (2001, 401, 1)]


@pytest.mark.parametrize("seed", range(3))
def test_the_clearest_trends_of_each_direction_are_shown(lake: WritableLake, seed: int) -> None:
    rows = signals(seed)
    lake.put(TREND_SIGNALS, rows)
    found, tested = shares.trends(lake.reader.partition(TREND_SIGNALS, DAY, shares.TREND_COLUMNS))
    assert tested == sum(row["p_value"] is not None for row in rows)
    clearest: dict[str, Row] = {}
    for row in rows:
        known = clearest.get(row["entity_id"])
        key = (row["p_adjusted"], -abs(row["slope"] or 0))
        if row["direction"] != "none" and (
            known is None or key < (known["p_adjusted"], -abs(known["slope"]))
        ):
            clearest[row["entity_id"]] = row
    for direction in ("rising", "falling"):
        moving = [row for row in clearest.values() if row["direction"] == direction]
        moving.sort(key=lambda row: (row["p_adjusted"], -abs(row["slope"])))
        shown = [each for each in found if each.direction == direction]
        assert [(each.entity_name, each.slope, each.adjusted_p) for each in shown] == [
            (row["name"], row["slope"], row["p_adjusted"]) for row in moving[:15]
        ]
    directions = [each.direction for each in found]
    assert directions == sorted(directions, reverse=True)


def test_a_day_without_trends_has_none(lake: WritableLake) -> None:
    lake.put(TREND_SIGNALS, [])
    assert shares.trends(lake.reader.partition(TREND_SIGNALS, DAY, shares.TREND_COLUMNS)) == ((), 0)
