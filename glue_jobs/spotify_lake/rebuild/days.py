"""Which days a run is asked for: one day, a range of days, or all of them.

The job and the Lambdas both read the same text, so this needs nothing but the standard library.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

ALL: Final = "all"
_BETWEEN: Final = ".."


class DaysInvalid(ValueError):
    """A text that names neither a day, nor a range of days, nor all."""

    def __init__(self, text: str, problem: str) -> None:
        self.text, self.problem = text, problem
        super().__init__(f"{text!r} {problem}")


@dataclasses.dataclass(frozen=True)
class Days:
    """The days asked for.

    Attributes:
        text: as it was asked.
        first, last: the ends, both included, YYYY-MM-DD; None where there is no bound.
    """

    text: str
    first: str | None
    last: str | None

    @property
    def one(self) -> str | None:
        """The day, when a single one was asked for."""
        return self.first if _BETWEEN not in self.text else None

    def __contains__(self, day: str) -> bool:
        """Whether a day (YYYY-MM-DD) is among them."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def parse_days(text: str) -> Days:
    """Read `YYYY-MM-DD`, `YYYY-MM-DD..YYYY-MM-DD` or `all`; raise `DaysInvalid` saying what is wrong."""
    if text == ALL:
        return Days(text, None, None)
    first, between, last = text.partition(_BETWEEN)
    for end in (first, last) if between else (first,):
        if not is_day(end):
            of_range = f": {end!r}" if between else ""
            raise DaysInvalid(text, f"is no date of the form YYYY-MM-DD{of_range}")
    if between and last < first:
        raise DaysInvalid(text, "ends before it begins")
    return Days(text, first, last if between else first)


def is_day(text: str) -> bool:
    """Tell whether a text is a day that exists, written YYYY-MM-DD."""
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
