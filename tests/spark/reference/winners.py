"""Deduplicate observations by key, in a total order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from tests.spark.reference.values import EPOCH

T = TypeVar("T")


def winners(
    observations: Iterable[T], key: Callable[[T], Hashable], order: Callable[[T], Any]
) -> dict[Any, T]:
    """The observation of each key that comes first in the order."""
    best: dict[Any, T] = {}
    for each in observations:
        name = key(each)
        if name not in best or order(each) < order(best[name]):
            best[name] = each
    return best


def latest_first(fetched_at: dt.datetime, *then: Any) -> tuple[Any, ...]:
    """The sort key of all tables: the latest first, then ascending by the other values."""
    return EPOCH - fetched_at, *map(ascending, then)


def ascending(value: Any) -> Any:
    """A sort key: nulls first, false before true, a list before a longer one with the same beginning.

    Texts are ordered by code points, rows and records column by column.
    """
    if value is None:
        return (0,)
    if isinstance(value, dict):
        value = list(value.values())
    return (1, list(map(ascending, value)) if isinstance(value, list) else value)
