"""Values of a result that Python has no class for, and how Trino prints them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")


@dataclass(frozen=True)
class ZonedTime:
    """A `timestamp with time zone`.

    Attributes:
        instant: the time in UTC, without tzinfo.
        zone: the zone's name (`Europe/Berlin`), or an offset (`+02:00`).
    """

    instant: dt.datetime
    zone: str

    @property
    def local(self) -> dt.datetime:
        """The time that clocks in the zone show, without tzinfo."""
        return self.instant + offset_of(self.zone, self.instant)


@dataclass(frozen=True, order=True)
class DayToSecond:
    """An `interval day to second`."""

    milliseconds: int

    def __str__(self) -> str:
        seconds, millisecond = divmod(abs(self.milliseconds), 1000)
        minutes, second = divmod(seconds, 60)
        hours, minute = divmod(minutes, 60)
        day, hour = divmod(hours, 24)
        sign = "-" if self.milliseconds < 0 else ""
        return f"{sign}{day} {hour:02}:{minute:02}:{second:02}.{millisecond:03}"


@dataclass(frozen=True, order=True)
class YearToMonth:
    """An `interval year to month`."""

    months: int

    def __str__(self) -> str:
        year, month = divmod(abs(self.months), 12)
        return f"{'-' if self.months < 0 else ''}{year}-{month}"


def offset_of(zone: str, instant: dt.datetime) -> dt.timedelta:
    """Return how far clocks of a zone are ahead of UTC at an instant in UTC.

    Raises:
        KeyError: there is no such zone.
    """
    found = _OFFSET.fullmatch(zone)
    if found:
        span = dt.timedelta(hours=int(found[2]), minutes=int(found[3]))
        return -span if found[1] == "-" else span
    offset = instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return offset or dt.timedelta()
