"""Values of a result that Python has no class for, and how Trino prints them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from infra.local.athena.errors import NotSupportedHere

_UTC_NAMES: Final = {
    *("UTC", "Z", "GMT", "GMT0", "UCT", "UT", "Zulu", "Universal", "Greenwich"),
    *("Etc/UTC", "Etc/UCT", "Etc/GMT", "Etc/GMT0", "Etc/Universal"),
}
_NOT_IN_TRINO: Final = {
    *("EST", "HST", "MST", "ROC", "Factory", "localtime", "posixrules"),
    *("Etc/Greenwich", "Etc/Zulu", "America/Coyhaique"),
}
"""Names of the time zone database that Trino 435 refuses."""
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")
_WRITTEN_OFFSET: Final = re.compile(
    r"(?:UTC|GMT|UT)?([+-])(\d\d?)(?::(\d\d))?|([+-])(\d\d)(?::?(\d\d)(?::?00)?)?"
)
_ETC: Final = re.compile(r"Etc/GMT([+-])([0-9]|1[0-4])")
_OTHER_OFFSET: Final = re.compile(r"(?:UTC|GMT|UT)[+-]\d{4}|Etc/(?:UTC|UT|GMT)[+-].*|Etc/UT")
"""Forms that some of Trino's functions take and others refuse."""
_MOST_MINUTES: Final = 14 * 60


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
    fixed = _fixed_offset(zone)
    if fixed is not None:
        return fixed
    return instant.replace(tzinfo=dt.UTC).astimezone(_zone(zone)).utcoffset() or dt.timedelta()


def instant_at(local: dt.datetime, zone: str) -> dt.datetime:
    """Return the instant in UTC at which clocks of a zone show a time.

    The first of two instants counts when clocks are put back; a time that clocks skip is as much later.

    Raises:
        KeyError: there is no such zone.
    """
    if isinstance(local, str):  # a year that Python does not have
        raise OverflowError(local)
    fixed = _fixed_offset(zone)
    if fixed is not None:
        return local - fixed
    return local - (local.replace(tzinfo=_zone(zone), fold=0).utcoffset() or dt.timedelta())


def zone_named(text: str) -> str:
    """Return Trino's name of a zone: `UTC`, an offset `+02:00`, or a region.

    Raises:
        KeyError: there is no such zone.
        NotSupportedHere: some of Trino's functions take it.
    """
    if text in _UTC_NAMES:
        return "UTC"
    if text in _NOT_IN_TRINO:
        raise KeyError(text)
    if found := _ETC.fullmatch(text):
        return _offset_named("-" if found[1] == "+" else "+", int(found[2]), 0)
    if found := _WRITTEN_OFFSET.fullmatch(text):
        sign, hours, minutes = found.groups()[:3] if found[1] else found.groups()[3:]
        if len(hours) == 1 and minutes:  # +5:30
            raise KeyError(text)
        return _offset_named(sign, int(hours), int(minutes or 0))
    if _OTHER_OFFSET.fullmatch(text):
        raise NotSupportedHere(f"the time zone {text}")
    _zone(text)
    return text


def _offset_named(sign: str, hours: int, minutes: int) -> str:
    """Return the name of an offset: `+02:00`, or `UTC`.

    Raises:
        KeyError: it is none of Trino's.
    """
    name = f"{sign}{hours:02}:{minutes:02}"
    if minutes > 59 or 60 * hours + minutes > _MOST_MINUTES:  # noqa: PLR2004  # minutes of an hour
        raise KeyError(name)
    return name if hours or minutes else "UTC"


def _fixed_offset(zone: str) -> dt.timedelta | None:
    if zone == "UTC":
        return dt.timedelta()
    found = _OFFSET.fullmatch(zone)
    if not found:
        return None
    span = dt.timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -span if found[1] == "-" else span


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError) as error:  # of a name that is a path
        raise KeyError(name) from error
