"""Deduplicate observations: choose one row per key.

The rule is the same for every table: the latest `fetched_at` wins. Ties are broken by the tie-break columns,
ascending, and then by the row's own values, column by column. Nulls come first, and texts are ordered by code
point. This is a total order, so the result depends neither on the order of the files nor on the distribution
over tasks, and rows can be chosen in steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from spotify_lake.transforms.columns import array, dense_ranks

TIE_BREAK: Final = ("_source", "_playlist_id", "_position", "_run_id")
"""The tie-break of entities in playlists: columns that observations have besides those of their table."""


def latest(rows: pa.Table, key: Sequence[str], tie_break: Sequence[str] = TIE_BREAK) -> pa.Table:
    """Keep one row per key.

    Args:
        rows: observations, with `fetched_at` and the columns named by the other arguments.
        key: the columns of the key.
        tie_break: the columns that decide, ascending, between rows of the same `fetched_at`.
    """
    keys = [_codes(rows, name) for name in key]
    order = [
        -array(rows, "fetched_at").cast("int64").to_numpy(),
        *(dense_ranks(array(rows, n)) for n in tie_break),
    ]
    places = np.lexsort((*reversed(order), *reversed(keys)))
    is_same_key = _equals_previous([each[places] for each in keys])
    if not is_same_key.any():
        return rows
    is_tied = is_same_key & _equals_previous([each[places] for each in order])
    winners = places[~is_same_key]
    if is_tied.any():
        winners = _by_content(rows, places, is_same_key, is_tied)
    return rows.take(pa.array(winners))


def _codes(rows: pa.Table, name: str) -> np.ndarray[Any, Any]:
    column = array(rows, name)
    if pa.types.is_integer(column.type):
        return np.asarray(column.to_numpy())
    return np.asarray(column.dictionary_encode().indices.fill_null(-1).to_numpy())


def _equals_previous(columns: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Whether each row has the same values as the row before it, in every column."""
    same = np.ones(len(columns[0]), bool)
    same[:1] = False
    for column in columns:
        same[1:] &= column[1:] == column[:-1]
    return same


def _by_content(rows: pa.Table, places: Any, is_same_key: Any, is_tied: Any) -> np.ndarray[Any, Any]:
    """The chosen rows, where the first rows of a key differ in their values only."""
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
    """A value as something that Python can order, null first."""
    if isinstance(value, dict):
        return (1, [_ordered(each) for each in value.values()])
    if isinstance(value, list):
        return (1, [_ordered(each) for each in value])
    return (0,) if value is None else (1, value)
