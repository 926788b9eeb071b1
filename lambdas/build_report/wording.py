"""Numbers, days and names as the report page writes them.

Functions that return `Markup` give HTML: they escape what they are given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from markupsafe import Markup

NO_NAME: Final = "(no name)"
_LONGEST_NAME: Final = 120
NOTHING: Final = "\N{EN DASH}"
MINUS: Final = "\N{MINUS SIGN}"

_IRREGULAR: Final = {"was": "were", "has": "have", "is": "are", "it": "they", "this": "these"}
_SMALL: Final = 10
_COMPACT: Final = ((1_000_000_000, "B"), (1_000_000, "M"), (10_000, "k"))


def plural(word: str, number: float) -> str:
    """Return a word in the number of what it counts: `day`, 2 gives `days`; `was`, 2 gives `were`."""
    return word if number == 1 else _IRREGULAR.get(word, f"{word}s")


def count(number: int, word: str) -> str:
    """Return a number and its noun: `1 day`, `1,200 days`."""
    return f"{number:,} {plural(word, number)}"


def figure(value: float | None) -> str:
    """Return a number in full, with at most two decimals: `1,234`, `0.25`; a dash for None."""
    if value is None:
        return NOTHING
    decimals = 0 if float(value).is_integer() else 1 if abs(value) >= _SMALL else 2
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def compact(value: float | None) -> str:
    """Return a number of at most four figures: `9,870`, `12.3k`, `4.5M`; a dash for None."""
    if value is None:
        return NOTHING
    for size, letter in _COMPACT:
        if abs(value) >= size:
            divisor = 1_000 if letter == "k" else size
            return f"{value / divisor:.1f}{letter}".replace(".0", "").replace("-", MINUS)
    return figure(value)


def signed(value: float | None) -> str:
    """Return a change with its sign: `+3`, `0`, or a minus sign and the number; a dash for None."""
    if value is None:
        return NOTHING
    return f"+{figure(value)}" if value > 0 else figure(value)


def percent(share: float | None) -> str:
    """Return a share of 1 in percent: 0.125 gives `12.5 %`; a dash for None. The space does not break."""
    if share is None:
        return NOTHING
    return f"{100 * share:.1f}".removesuffix(".0") + "\N{NO-BREAK SPACE}%"


def long_day(day: str) -> str:
    """Return a day for reading: `2026-11-29` gives `Sunday, 29 November 2026`."""
    date = dt.date.fromisoformat(day)
    return f"{date:%A}, {date.day} {date:%B} {date.year}"


def short_day(day: str) -> str:
    """Return a day within its year, with a space that does not break: `2026-11-09` gives `9 Nov`."""
    date = dt.date.fromisoformat(day)
    return f"{date.day}\N{NO-BREAK SPACE}{date:%b}"


def label(value: str | None) -> str:
    """Return a name as the page shows it: its first 120 characters, or that it is missing or blank."""
    text = (value or "").strip() or NO_NAME
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def day_before(day: str, report_day: str) -> str:
    """Return an earlier day for a sentence, with its year if that is not the report's: `31 Dec 2025`."""
    is_same_year = day[:4] == report_day[:4]
    return short_day(day) if is_same_year else f"{short_day(day)}\N{NO-BREAK SPACE}{day[:4]}"


def name(value: str | None) -> Markup:
    """Return a name as HTML of its own text direction, see `label`."""
    return Markup("<bdi>{}</bdi>").format(label(value))


def listed(parts: Sequence[Markup | str]) -> Markup:
    """Join parts of a sentence as HTML: `a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:  # noqa: PLR2004
        return Markup("").join(parts)
    return Markup("{} and {}").format(Markup(", ").join(parts[:-1]), parts[-1])


def sentence(*parts: Markup | str | None) -> Markup:
    """Join sentences with spaces as HTML, leaving out the missing ones."""
    return Markup(" ").join(part for part in parts if part)


def known(values: Iterable[float | None]) -> list[float]:
    """Return the values that are not None."""
    return [value for value in values if value is not None]
