"""Which items of a playlist count as moved."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_lake.marts.playlist_changes import out_of_order


def fewest(positions: list[int]) -> int:
    """The fewest numbers to leave out, by trying all."""
    for left_out in range(len(positions) + 1):
        for kept in combinations(positions, len(positions) - left_out):
            if all(a < b for a, b in pairwise(kept)):
                return left_out
    return 0


@pytest.mark.parametrize(
    ("positions", "moved"),
    [
        ([], []),
        ([0, 1, 2, 3], []),
        ([5, 6, 9], []),
        ([3, 0, 1, 2], [0]),
        ([1, 2, 3, 0], [3]),
        ([0, 3, 1, 2, 4], [1]),
    ],
    ids=["empty", "same order", "only shifted", "last to first", "first to last", "one up"],
)
def test_the_moved_items_are_those_that_others_do_not_explain(positions: list[int], moved: list[int]) -> None:
    assert out_of_order(positions) == moved


@given(st.permutations(range(7)))
def test_the_rest_is_in_order_and_no_fewer_items_explain_it(positions: list[int]) -> None:
    moved = out_of_order(positions)
    rest = [number for place, number in enumerate(positions) if place not in moved]
    assert rest == sorted(rest)
    assert len(moved) == fewest(positions)
