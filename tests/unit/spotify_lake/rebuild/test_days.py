"""Texts that name days."""

from __future__ import annotations

import pytest

from spotify_lake.rebuild.days import DaysInvalid, parse_days


def test_a_day_is_itself_and_no_other() -> None:
    days = parse_days("2026-11-05")
    assert days.one == "2026-11-05"
    assert [day in days for day in ("2026-11-04", "2026-11-05", "2026-11-06")] == [False, True, False]


def test_both_ends_of_a_range_are_in_it() -> None:
    days = parse_days("2026-11-05..2026-12-01")
    assert days.one is None
    inside = ["2026-11-05", "2026-11-30", "2026-12-01"]
    assert [day for day in ("2026-11-04", *inside, "2026-12-02") if day in days] == inside


def test_a_range_may_be_of_one_day() -> None:
    days = parse_days("2026-11-05..2026-11-05")
    assert "2026-11-05" in days
    assert days.one is None, "it is requested as a range, so days without records are skipped"


def test_all_leaves_no_day_out() -> None:
    assert "1999-12-31" in parse_days("all")
    assert parse_days("all").one is None


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("2026-11-05..", "''"),
        ("..2026-11-05", "''"),
        ("2026-11-05..2026-11-31", "'2026-11-31'"),
        ("2026-11-05..2026-11-04", "ends before it begins"),
        ("2026-11-05...2026-11-06", "'.2026-11-06'"),
        ("20261105", "YYYY-MM-DD"),
        ("All", "YYYY-MM-DD"),
        ("", "YYYY-MM-DD"),
    ],
)
def test_a_text_that_names_no_days_is_refused_with_what_is_wrong(text: str, fact: str) -> None:
    with pytest.raises(DaysInvalid) as refusal:
        parse_days(text)
    assert refusal.value.text == text
    assert repr(text) in str(refusal.value)
    assert fact in refusal.value.problem
