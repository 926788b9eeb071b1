"""Which of several observations of one thing becomes its row.

The rule, the same for every table: the latest `fetched_at` wins. Where two were fetched in the same
microsecond, the first in the order of the tie-break columns does, and at last the first by content: the row's
own values, column by column. Nulls come first, texts are ordered by code point. That order is total, so the
result depends neither on the order of the files nor on how the rows are spread over tasks; and the winner of
some of the rows is never lost to a row that loses among all, so it can be chosen in steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from spotify_lake.transforms.columns import array, dense_ranks

TIE_BREAK: Final = ("_source", "_playlist_id", "_position", "_run_id")
"""Of what stands in playlists: columns that the observations carry beside their table's own."""


def latest(rows: pa.Table, key: Sequence[str], tie_break: Sequence[str] = TIE_BREAK) -> pa.Table:
    """Keep one row a key.

    Args:
        rows: observations, with `fetched_at` and the columns named by the other arguments.
        key: the columns that identify the thing.
        tie_break: what decides, ascending, among rows of the same `fetched_at`.
    """
    keys = [_codes(rows, name) for name in key]
    order = [
        -array(rows, "fetched_at").cast("int64").to_numpy(),
        *(dense_ranks(array(rows, n)) for n in tie_break),
    ]
    places = np.lexsort((*reversed(order), *reversed(keys)))
    is_same_key = _is_as_before([each[places] for each in keys])
    if not is_same_key.any():
        return rows
    is_tied = is_same_key & _is_as_before([each[places] for each in order])
    winners = places[~is_same_key]
    if is_tied.any():
        winners = _by_content(rows, places, is_same_key, is_tied)
    return rows.take(pa.array(winners))


def _codes(rows: pa.Table, name: str) -> np.ndarray[Any, Any]:
    column = array(rows, name)
    if pa.types.is_integer(column.type):
        return np.asarray(column.to_numpy())
    return np.asarray(column.dictionary_encode().indices.fill_null(-1).to_numpy())


def _is_as_before(columns: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Whether a place holds the same values as the place before it, in every column."""
    same = np.ones(len(columns[0]), bool)
    same[:1] = False
    for column in columns:
        same[1:] &= column[1:] == column[:-1]
    return same


def _by_content(rows: pa.Table, places: Any, is_same_key: Any, is_tied: Any) -> np.ndarray[Any, Any]:
    """The winners, where rows that come first of their key tie in everything but their content."""
    firsts = np.flatnonzero(~is_same_key)
    winners = places[firsts]
    for number in np.flatnonzero(
        is_tied[np.minimum(firsts + 1, len(places) - 1)] & (firsts + 1 < len(places))
    ):
        end = start = firsts[number]
        while end + 1 < len(places) and is_tied[end + 1]:
            end += 1
        tied = places[start : end + 1]
        contents = [_ordered(row) for row in rows.take(pa.array(tied)).to_pylist()]
        winners[number] = tied[min(range(len(tied)), key=lambda each: contents[each])]
    return np.asarray(winners)


def _ordered(value: Any) -> Any:
    """A value in a form in which Python orders any two of its kind, null first."""
    if isinstance(value, dict):
        return (1, [_ordered(each) for each in value.values()])
    if isinstance(value, list):
        return (1, [_ordered(each) for each in value])
    return (0,) if value is None else (1, value)
