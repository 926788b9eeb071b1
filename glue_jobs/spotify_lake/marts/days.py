"""Which days' marts a run builds, and in which order."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from spotify_lake.marts.mart import WINDOW_DAYS, day_before
from spotify_lake.rebuild.days import Days

REQUESTED: Final = "requested"
MISSING: Final = "its marts were missing, and later days need them"
AFFECTED: Final = "it reads the marts of a day that changed"


@dataclasses.dataclass(frozen=True)
class LakeDays:
    """The days of the lake.

    Attributes:
        published: the days with tables, oldest first.
        complete: the days with a partition of every mart.
        days_of: the days with a partition of a mart, by its name.
    """

    published: tuple[str, ...]
    complete: frozenset[str]
    days_of: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)


def days_to_build(lake: LakeDays, requested: Days, rebuilt: Collection[str] | None = None) -> dict[str, str]:
    """Return the days to build, oldest first, and why.

    These are the requested days and, before them, days without marts: those since the newest day with marts,
    or the last `WINDOW_DAYS` days if there is none.

    Args:
        lake: the days of the lake.
        requested: the days that were asked for.
        rebuilt: the days whose tables this run has rebuilt; None if that is not known. Of the other requested
            days only those without marts are built.

    Returns:
        The reason by day; empty when none of the requested days is published.
    """
    chosen = [
        day
        for day in lake.published
        if day in requested and (rebuilt is None or day in rebuilt or day not in lake.complete)
    ]
    if not chosen:
        return {}
    earlier = [day for day in lake.published if day < chosen[0]]
    missing = _missing_before(earlier, lake.complete)
    within = [day for day in lake.published if chosen[0] < day < chosen[-1] and day not in lake.complete]
    reasons = dict.fromkeys([*missing, *within], MISSING) | dict.fromkeys(chosen, REQUESTED)
    return dict(sorted(reasons.items()))


def _missing_before(earlier: Sequence[str], complete: Collection[str]) -> list[str]:
    newest = max((day for day in earlier if day in complete), default=None)
    since = [day for day in earlier if newest is None or day > newest]
    holes = [day for day in earlier[-WINDOW_DAYS:] if day not in complete]
    return holes if newest is None else sorted({*holes, *since})


def days_read(with_state: Collection[str], day: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the newest earlier day with marts, and every earlier day with marts that a day reads.

    Args:
        with_state: the days with every mart that later days read.
        day: the day to build.
    """
    earlier = sorted(each for each in with_state if each < day)
    previous = earlier[-1] if earlier else None
    window = [each for each in earlier if each >= day_before(day, WINDOW_DAYS)]
    return previous, tuple(window if previous is None or previous in window else [previous, *window])


def is_affected(day: str, changed: Collection[str], *, has_new_state: bool) -> bool:
    """Return whether the marts of a later day have to be built again.

    Args:
        day: the later day.
        changed: the days before it with marts that were published with other rows.
        has_new_state: whether a mart of the newest day before it that carries state is among them.
    """
    return has_new_state or any(each >= day_before(day, WINDOW_DAYS) for each in changed)
