"""Which days' marts a run builds."""

from __future__ import annotations

import datetime as dt

import pytest

from spotify_lake.marts.days import (
    MISSING,
    REQUESTED,
    LakeDays,
    days_read,
    days_to_build,
    is_affected,
)
from spotify_lake.rebuild.days import parse_days


def day(number: int) -> str:
    """The first of November is day 1."""
    return (dt.date(2026, 10, 31) + dt.timedelta(number)).isoformat()


def lake(published: range | list[int], complete: range | list[int]) -> LakeDays:
    return LakeDays(tuple(day(each) for each in published), frozenset(day(each) for each in complete))


def test_a_new_day_on_a_complete_lake_is_built_alone() -> None:
    chosen = days_to_build(lake(range(1, 31), range(1, 30)), parse_days(day(30)))
    assert chosen == {day(30): REQUESTED}


def test_a_day_that_is_complete_is_built_again_when_it_is_requested() -> None:
    assert list(days_to_build(lake(range(1, 31), range(1, 31)), parse_days(day(10)))) == [day(10)]


def test_all_days_are_built_oldest_first() -> None:
    assert list(days_to_build(lake([1, 2, 5], []), parse_days("all"))) == [day(1), day(2), day(5)]


def test_a_range_takes_the_days_that_the_lake_has() -> None:
    chosen = days_to_build(lake([1, 2, 5, 9], [1, 2, 5, 9]), parse_days(f"{day(2)}..{day(8)}"))
    assert list(chosen) == [day(2), day(5)]


def test_a_day_that_was_never_published_is_not_built() -> None:
    assert days_to_build(lake([1, 2, 5], []), parse_days(day(3))) == {}
    assert days_to_build(lake([], []), parse_days("all")) == {}


def test_days_since_the_newest_one_with_marts_are_built_first_however_many_they_are() -> None:
    chosen = days_to_build(lake(range(1, 101), range(1, 41)), parse_days(day(100)))
    assert list(chosen) == [day(each) for each in range(41, 101)]
    assert set(list(chosen.values())[:-1]) == {MISSING}


def test_a_lake_without_marts_begins_with_the_days_of_the_window() -> None:
    chosen = days_to_build(lake(range(1, 101), []), parse_days(day(100)))
    assert list(chosen) == [day(each) for each in range(72, 101)]


def test_a_partition_that_is_missing_within_the_window_is_built_again() -> None:
    complete = [each for each in range(1, 100) if each not in (50, 95)]
    chosen = days_to_build(lake(range(1, 101), complete), parse_days(day(100)))
    assert list(chosen) == [day(95), day(100)]


def test_days_that_a_rebuild_left_unchanged_are_built_only_if_they_have_no_marts() -> None:
    chosen = days_to_build(lake(range(1, 6), [1, 2, 3, 5]), parse_days("all"), rebuilt=[day(2), day(5)])
    assert list(chosen) == [day(2), day(4), day(5)]


def test_a_day_reads_the_newest_day_before_it_and_those_of_the_window() -> None:
    complete = [day(each) for each in (1, 2, 40, 41, 68, 69)]
    assert days_read(complete, day(69)) == (day(68), (day(41), day(68)))
    assert days_read(complete, day(75)) == (day(69), (day(68), day(69)))
    assert days_read(complete, day(40)) == (day(2), (day(2),))
    assert days_read(complete, day(1)) == (None, ())


@pytest.mark.parametrize(
    ("later", "changed", "has_new_state", "expected"),
    [
        (11, [10], False, True),
        (38, [10], False, True),
        (39, [10], False, False),
        (39, [10], True, True),
        (39, [], False, False),
    ],
)
def test_a_later_day_is_affected_within_the_window_and_as_long_as_the_state_differs(
    later: int, changed: list[int], has_new_state: bool, expected: bool
) -> None:
    found = is_affected(day(later), [day(each) for each in changed], has_new_state=has_new_state)
    assert found is expected
