"""Reads dates and times by patterns, and in the forms of ISO 8601."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.functions.api import python_function
from infra.local.athena.functions.date_patterns import Piece, joda_pieces, mysql_pieces
from infra.local.athena.values import instant_at, zone_named

_STRUCT: Final = "STRUCT(instant TIMESTAMP, zone VARCHAR)"
_MONTHS: Final = [name.lower() for name in calendar.month_name]
_WEEKDAYS: Final = [name.lower() for name in ("", *calendar.day_name)]
_SHORT_MONTHS: Final = [name[:3] for name in _MONTHS]
_SHORT_WEEKDAYS: Final = [name[:3] for name in _WEEKDAYS]
_PIVOT: Final = 70  # two digits from here are of the twentieth century
_DIGITS: Final = {"year": 4, "week year": 4, "day of year": 3, "weekday": 1}
_PATTERNS: Final = {
    "month text": "(" + "|".join(f"{name}|{name[:3]}" for name in _MONTHS[1:]) + ")",
    "weekday text": "(" + "|".join(f"{name}|{name[:3]}" for name in _WEEKDAYS[1:]) + ")",
    "half": "(am|pm)",
    "zone": r"(z|[+-]\d\d:?\d\d|[a-z]+/[a-z_/]+|utc)",
}
_DAY: Final = r"([+-]?\d{1,9})(?:-(\d{1,2})(?:-(\d{1,2}))?|-w(\d{1,2})(?:-(\d))?|-(\d{3}))?"
_OFFSET: Final = r"(z|[+-]\d\d(?::?\d\d(?::?00)?)?)?"
_CLOCK: Final = rf"(?:t(?:(\d{{1,2}})(?::(\d{{1,2}})(?::(\d{{1,2}}))?)?(?:[.,](\d+))?)?{_OFFSET})?"
_LAST_YEARS: Final = (-292_275_055, 292_278_994)
_CYCLE: Final = 400
"""After so many years, days and weeks are the same again."""


def _invalid(message: str) -> QueryRefused:
    return QueryRefused("INVALID_FUNCTION_ARGUMENT", message)


@lru_cache(maxsize=256)
def _compiled(pieces: tuple[Piece, ...]) -> tuple[re.Pattern[str], tuple[Piece, ...]]:
    pattern = "".join(_regex(piece) for piece in pieces)
    return re.compile(pattern, re.IGNORECASE), tuple(piece for piece in pieces if piece.kind)


def _regex(piece: Piece) -> str:
    if not piece.kind:
        return re.escape(piece.literal)
    if piece.kind in _PATTERNS:
        return _PATTERNS[piece.kind]
    if piece.kind == "fraction":
        return r"(\d{1,9})"
    if piece.kind in {"year", "week year"} and piece.width == 2:  # noqa: PLR2004
        return r"(\d{2})"
    return rf"(\d{{1,{_DIGITS.get(piece.kind, 2)}}})"


def _parsed(value: str, pieces: tuple[Piece, ...]) -> tuple[dt.datetime, str]:
    """Return the time that clocks show, and the zone."""
    pattern, fields = _compiled(pieces)
    found = pattern.fullmatch(value)
    if not found:
        raise _invalid(f'Invalid format: "{value}"')
    values = map(_number, fields, found.groups())
    parts = {piece.kind: value for piece, value in zip(fields, values, strict=True)}
    try:
        day = _day(parts)
        hour = _hour(parts)
        clock = dt.time(hour, parts.get("minute", 0), parts.get("second", 0), parts.get("fraction", 0))
        return dt.datetime.combine(day, clock), parts.get("zone", "UTC")
    except (ValueError, KeyError) as error:
        raise _invalid(f'Cannot parse "{value}": {error}') from error


def _number(piece: Piece, written: str) -> Any:
    if piece.kind in _READERS:
        return _READERS[piece.kind](written)
    if piece.kind in {"year", "week year"} and piece.width == 2:  # noqa: PLR2004
        return int(written) + (1900 if int(written) >= _PIVOT else 2000)
    return int(written)


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "month text": lambda written: _SHORT_MONTHS.index(written[:3].lower()),
    "weekday text": lambda written: _SHORT_WEEKDAYS.index(written[:3].lower()),
    "half": str.lower,
    "fraction": lambda written: int(written[:3].ljust(3, "0")) * 1000,
    "zone": lambda written: zone_named(re.sub(r"^([+-]\d\d)(\d\d)$", r"\1:\2", written)),
}


def _day(parts: dict[str, Any]) -> dt.date:
    weekday = parts.get("weekday") or parts.get("weekday text")
    if "week year" in parts or "week" in parts:
        year = parts.get("week year") or parts.get("year") or 2000
        return dt.date.fromisocalendar(year, parts.get("week", 1), weekday or 1)
    has_day = parts.keys() & {"month", "month text", "day", "day of year", "weekday", "weekday text"}
    year = parts.get("year", 2000 if has_day else 1970)
    if "day of year" in parts:
        found = dt.date(year, 1, 1) + dt.timedelta(days=parts["day of year"] - 1)
        if found.year != year:
            raise ValueError(f"there is no day {parts['day of year']} in {year}")
    else:
        found = dt.date(year, parts.get("month") or parts.get("month text") or 1, parts.get("day", 1))
    return found + dt.timedelta(days=weekday - found.isoweekday()) if weekday else found


def _hour(parts: dict[str, Any]) -> int:
    if "hour of half" in parts:
        if not 1 <= parts["hour of half"] <= 12:  # noqa: PLR2004
            raise ValueError(f"there is no hour {parts['hour of half']} of a half day")
        return int(parts["hour of half"] % 12 + 12 * (parts.get("half") == "pm"))
    if "hour of half from 0" in parts:
        return int(parts["hour of half from 0"] + 12 * (parts.get("half") == "pm"))
    if "hour from 1" in parts:
        return int(parts["hour from 1"] % 24)
    return int(parts.get("hour", 0))


@python_function("VARCHAR", "VARCHAR", returns="TIMESTAMP")
def _date_parse(value: str, pattern: str) -> dt.datetime:
    return _parsed(value, mysql_pieces(pattern))[0]


@python_function("VARCHAR", "VARCHAR", returns=_STRUCT)
def _parse_datetime(value: str, pattern: str) -> dict[str, Any]:
    local, zone = _parsed(value, joda_pieces(pattern))
    return {"instant": instant_at(local, zone), "zone": zone}


def _iso_day(written: str, parts: Sequence[str | None]) -> dt.date:
    """Return a day; one that Python cannot hold is refused if Trino would take it."""
    year = int(written)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        if not _LAST_YEARS[0] <= year <= _LAST_YEARS[1]:
            raise ValueError(f"Value {year} for year must be in the range {list(_LAST_YEARS)}")
        _day_of_year(year % _CYCLE + _CYCLE, parts)
        raise NotSupportedHere("years before 1 or after 9999")
    return _day_of_year(year, parts)


def _day_of_year(year: int, parts: Sequence[str | None]) -> dt.date:
    month, day, week, weekday, day_of_year = (None if part is None else int(part) for part in parts)
    if week is not None:
        return dt.date.fromisocalendar(year, week, 1 if weekday is None else weekday)
    if day_of_year is not None:
        found = dt.date(year, 1, 1) + dt.timedelta(days=day_of_year - 1)
        if found.year != year:
            raise ValueError(f"there is no day {day_of_year} in {year}")
        return found
    return dt.date(year, 1 if month is None else month, 1 if day is None else day)


@python_function("VARCHAR", returns="DATE")
def _from_iso8601_date(value: str) -> dt.date:
    found = re.fullmatch(_DAY, value, re.IGNORECASE)
    if not found:
        raise _invalid(f'Invalid format: "{value}"')
    try:
        return _iso_day(found[1], found.groups()[1:])
    except NotSupportedHere:
        raise
    except ValueError as error:
        raise _invalid(f'Cannot parse "{value}": {error}') from error


@python_function("VARCHAR", returns=_STRUCT)
def _from_iso8601_timestamp(value: str) -> dict[str, Any]:
    found = re.fullmatch(f"(?:{_DAY})?{_CLOCK}", value, re.IGNORECASE)
    if not found or not value:
        raise _invalid(f'Invalid format: "{value}"')
    try:
        return _iso_moment(found)
    except KeyError as error:
        raise QueryRefused("NOT_SUPPORTED", f"Time zone not supported: {error.args[0]}") from error
    except NotSupportedHere:
        raise
    except ValueError as error:
        raise _invalid(f'Cannot parse "{value}": {error}') from error


def _iso_moment(found: re.Match[str]) -> dict[str, Any]:
    parts = found.groups()
    hour, minute, second = (int(part or 0) for part in parts[6:9])
    offset = parts[10] or "Z"
    zone = zone_named("UTC" if offset in "Zz" else offset)
    local = dt.datetime.combine(_iso_day(found[1] or "1970", parts[1:6]), dt.time(hour, minute, second))
    if parts[9]:  # of the last unit that is written
        unit = 3600 if parts[7] is None else 60 if parts[8] is None else 1
        local += dt.timedelta(milliseconds=int(parts[9]) * unit * 1000 // 10 ** len(parts[9]))
    return {"instant": instant_at(local, zone), "zone": zone}
