"""Conversions of single values, one function per rule. None is null."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any, Final
from urllib.parse import unquote_plus

RANGES: Final = {"int": (-(2**31), 2**31 - 1), "bigint": (-(2**53), 2**53)}
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MS_PER_SECOND: Final = 1000

_ENTITIES: Final = {
    "'": ("&#x27;", "&#39;", "&#039;", "&apos;"),
    '"': ("&quot;", "&#34;"),
    "/": ("&#x2F;", "&#47;"),
    "`": ("&#x60;", "&#96;"),
    "=": ("&#x3D;", "&#61;"),
    "\u00a0": ("&nbsp;", "&#xA0;", "&#160;"),
    "<": ("&lt;", "&#60;"),
    ">": ("&gt;", "&#62;"),
    "&": ("&amp;", "&#38;"),
}
_CHARACTER_OF: Final = {entity: character for character, names in _ENTITIES.items() for entity in names}
_ANY_ENTITY: Final = re.compile("|".join(map(re.escape, _CHARACTER_OF)))
_INSTANT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)
_PRECISION_OF_LENGTH: Final = {4: "year", 7: "month"}


def text(value: str | None) -> str | None:
    """None for an empty text."""
    return value or None


def whole(value: float | None, kind: str) -> int | None:
    """A number as `int` or `bigint`, truncated; None if it is out of range."""
    low, high = RANGES[kind]
    return math.trunc(value) if value is not None and low <= value <= high else None


def duration(value: float | None) -> int | None:
    """Milliseconds; None for 0, which means unknown, and for negative numbers."""
    found = whole(value, "bigint")
    return found if found is not None and found > 0 else None


def instant(value: str | None) -> dt.datetime | None:
    """ISO 8601 text, with or without a time of day, as a time in UTC with microseconds."""
    parts = _INSTANT.fullmatch(value or "")
    if not parts:
        return None
    *numbers, fraction, zone = parts.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    microsecond = int((fraction or "").ljust(6, "0")[:6])
    try:
        local = dt.datetime(year, month, day, hour, minute, second, microsecond, tzinfo=dt.UTC)
        return local - _offset(zone)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> dt.timedelta:
    if zone is None or zone == "Z":
        return dt.timedelta()
    ahead = dt.timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return -ahead if zone[0] == "-" else ahead


def known_instant(value: str | None) -> dt.datetime | None:
    """Like `instant`; None for the beginning of 1970, which Spotify sends for unknown times."""
    found = instant(value)
    return None if found == EPOCH else found


def isrc(value: str | None) -> str | None:
    """Letters and digits only, in upper case."""
    return text(re.sub("[^0-9A-Za-z]", "", value or "").upper())


def release_date(value: str | None) -> dt.date | None:
    """The first day of `1981`, `1981-12` or `1981-12-15`; None for the year 0000."""
    parts = _DATE.fullmatch(value or "")
    if not parts:
        return None
    try:
        return dt.date(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1))
    except ValueError:
        return None


def release_date_precision(date: str | None, stated: str | None) -> str | None:
    """The precision of a date: from the length of its text, or from Spotify, or else a day."""
    if date is None or release_date(date) is None:
        return None
    if len(date) in _PRECISION_OF_LENGTH:
        return _PRECISION_OF_LENGTH[len(date)]
    precision = (stated or "").lower()
    return precision if precision in ("year", "month", "day") else "day"


def first_image(images: list[Any] | None) -> str | None:
    """The URL of the first image; the other images are ignored."""
    return text(images[0]["url"]) if images and images[0] else None


def without_html_entities(value: str | None) -> str | None:
    """A text with the entities that Spotify uses decoded once."""
    return text(_ANY_ENTITY.sub(lambda found: _CHARACTER_OF[found[0]], value or ""))


def id_of(identifier: str | None, uri: str | None, kind: str) -> str | None:
    """The id, or else the one in the URI."""
    if identifier:
        return identifier
    found = re.fullmatch(f"spotify:{kind}:([0-9A-Za-z]+)", uri or "")
    return found[1] if found else None


def local_uri_part(uri: str | None, index: int) -> str | None:
    """A part of `spotify:local:<artist>:<album>:<title>:<seconds>`, decoded if its encoding is valid."""
    parts = (uri or "").split(":")
    if parts[:2] != ["spotify", "local"] or index >= len(parts):
        return None
    is_encoded = re.fullmatch("(?:[^%]|%[0-9A-Fa-f]{2})*", parts[index])
    return text(unquote_plus(parts[index]) if is_encoded else parts[index])


def local_duration(uri: str | None) -> int | None:
    """The length in the URI of a local file in milliseconds. The URI has seconds of up to nine digits."""
    seconds = local_uri_part(uri, 5) or ""
    return duration(int(seconds) * MS_PER_SECOND) if re.fullmatch("[0-9]{1,9}", seconds) else None
