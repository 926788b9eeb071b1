"""The days of a run: one day, a range of days, or all of them.

The Lambdas use it too, so it needs nothing but the standard library.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

ALL: Final = "all"
_BETWEEN: Final = ".."


class DaysInvalid(ValueError):
    """A text that is not a day, a range of days, or all."""

    def __init__(self, text: str, problem: str) -> None:
        self.text, self.problem = text, problem
        super().__init__(f"{text!r} {problem}")


@dataclasses.dataclass(frozen=True)
class Days:
    """The requested days.

    Attributes:
        text: as requested.
        first, last: the inclusive bounds, YYYY-MM-DD; None without a bound.
    """

    text: str
    first: str | None
    last: str | None

    @property
    def one(self) -> str | None:
        """The day, if a single one was requested."""
        return self.first if _BETWEEN not in self.text else None

    def __contains__(self, day: str) -> bool:
        """Whether a day (YYYY-MM-DD) is among them."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def parse_days(text: str) -> Days:
    """Read `YYYY-MM-DD`, `YYYY-MM-DD..YYYY-MM-DD` or `all`; raise `DaysInvalid` for other text."""
    if text == ALL:
        return Days(text, None, None)
    first, between, last = text.partition(_BETWEEN)
    for end in (first, last) if between else (first,):
        if not is_day(end):
            of_range = f": {end!r}" if between else ""
            raise DaysInvalid(text, f"is not a date of the form YYYY-MM-DD{of_range}")
    if between and last < first:
        raise DaysInvalid(text, "ends before it begins")
    return Days(text, first, last if between else first)


def is_day(text: str) -> bool:
    """Return whether a text is an existing day in the form YYYY-MM-DD."""
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
