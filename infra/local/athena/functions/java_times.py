"""How Java writes dates and times: their own text, and the parts that FORMAT's `%t` names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from infra.local.athena.errors import NotSupportedHere

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_OF_DATES: Final[Mapping[str, Callable[[dt.datetime], str]]] = {
    "Y": lambda t: f"{t.year:04}",
    "y": lambda t: f"{t.year % 100:02}",
    "C": lambda t: f"{t.year // 100:02}",
    "m": lambda t: f"{t.month:02}",
    "d": lambda t: f"{t.day:02}",
    "e": lambda t: str(t.day),
    "j": lambda t: f"{t.timetuple().tm_yday:03}",
    "B": lambda t: _MONTHS[t.month - 1],
    "b": lambda t: _MONTHS[t.month - 1][:3],
    "h": lambda t: _MONTHS[t.month - 1][:3],
    "A": lambda t: _DAYS[t.weekday()],
    "a": lambda t: _DAYS[t.weekday()][:3],
    "F": lambda t: f"{t:%Y-%m-%d}",
    "D": lambda t: f"{t:%m/%d/%y}",
}
_OF_TIMES: Final[Mapping[str, Callable[[dt.datetime], str]]] = {
    "H": lambda t: f"{t.hour:02}",
    "k": lambda t: str(t.hour),
    "I": lambda t: f"{(t.hour + 11) % 12 + 1:02}",
    "l": lambda t: str((t.hour + 11) % 12 + 1),
    "M": lambda t: f"{t.minute:02}",
    "S": lambda t: f"{t.second:02}",
    "L": lambda t: f"{t.microsecond // 1000:03}",
    "N": lambda t: f"{t.microsecond * 1000:09}",
    "p": lambda t: "am" if t.hour < 12 else "pm",  # noqa: PLR2004
    "R": lambda t: f"{t:%H:%M}",
    "T": lambda t: f"{t:%H:%M:%S}",
}
_KNOWN: Final = {
    "LocalDate": _OF_DATES,
    "LocalTime": _OF_TIMES,
    "LocalDateTime": {**_OF_DATES, **_OF_TIMES},
}
_NEEDS_ZONE: Final = "zZsQc"


def times_text(text: str) -> str:
    """Return Java's text of a date, time or timestamp, of which Trino's text is given."""
    text = text.replace(" ", "T")
    if ":" not in text:
        return text
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if not fraction:
        return whole.removesuffix(":00") if whole.count(":") == 2 else whole  # noqa: PLR2004
    return f"{whole}.{fraction.ljust(-(-len(fraction) // 3) * 3, '0')}"


def time_part(letter: str, kind: str, text: str) -> str | None:
    """Return a part of a date or time; None if it has no such part.

    Args:
        letter: the part, as after `%t`.
        kind: Java's class of the value.
        text: Trino's text of the value.

    Raises:
        NotSupportedHere: the part is not supported.
    """
    if kind == "Long" or letter == "r":
        raise NotSupportedHere(f"%t{letter} of a {kind} in format")
    if letter not in _KNOWN[kind]:
        if letter not in {*_OF_DATES, *_OF_TIMES, *_NEEDS_ZONE}:
            raise NotSupportedHere(f"%t{letter} in format")
        return None
    moment = dt.datetime.fromisoformat(text if kind != "LocalTime" else f"2000-01-01 {text}")
    return _KNOWN[kind][letter](moment)
