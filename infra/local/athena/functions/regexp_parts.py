"""Parts of regular expressions while they are translated: options, repetitions, and what is known."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.functions.regexp_cursor import Cursor

GROUP_FLAGS: Final = re.compile(r"([a-z]*)(?:-([a-z]*))?([:)])")
_INTERVAL: Final = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_MOST: Final = 100_000  # of JONI's repetitions


@dataclass(frozen=True)
class Flags:
    """Which options apply."""

    i: bool = False
    m: bool = False
    s: bool = False
    x: bool = False


@dataclass(frozen=True)
class Part:
    """A part of a pattern in Python's syntax.

    Attributes:
        text: the part.
        can_be_empty: whether it may match nothing.
        has_groups: whether there are capturing groups in it.
        is_assertion: whether it never consumes a character.
        is_ready: whether a quantifier can follow it.
    """

    text: str
    can_be_empty: bool = False
    has_groups: bool = False
    is_assertion: bool = False
    is_ready: bool = True


@dataclass
class State:
    """What has been read of a pattern.

    Attributes:
        cursor: the rest of it.
        is_ascii: whether the translation is for ASCII text.
        groups: the number of capturing groups so far.
        names: their names.
        ignores_case: whether cases are ignored somewhere.
        has_plain_groups: whether a group has no name.
    """

    cursor: Cursor
    is_ascii: bool
    groups: int = 0
    names: tuple[str, ...] = ()
    ignores_case: bool = False
    has_plain_groups: bool = False


@dataclass(frozen=True)
class Translated:
    """A pattern in Python's syntax.

    Attributes:
        text: the pattern.
        ignores_case: whether letters' cases are ignored in it.
        has_names: whether it may use sets of characters that depend on the version of Unicode.
    """

    text: str
    ignores_case: bool
    has_names: bool


def wrong(message: str) -> NoReturn:
    """Raise the error of a wrong pattern."""
    raise QueryRefused("INVALID_FUNCTION_ARGUMENT", message)


def refused(what: str) -> NotSupportedHere:
    """Return the refusal of a part of a pattern."""
    return NotSupportedHere(f"{what} in regular expressions")


def repetition(cursor: Cursor) -> tuple[str, str, str] | None:
    """Read `*`, `{2,3}?`, ...: the bounds, and what follows them."""
    if cursor.rest[:1] and cursor.rest[0] in "*+?":
        least, most = {"*": ("0", ""), "+": ("1", ""), "?": ("0", "1")}[cursor.take(1)]
    elif found := _INTERVAL.match(cursor.rest):
        cursor.take(found.end())
        least, most = found[1], found[1] if not found[2] else found[3]
        if most and int(least) > int(most):
            raise refused("intervals whose bounds are swapped")
        if max(int(least), int(most or 0)) > _MOST:
            wrong("too big number is specified")
    elif cursor.rest.startswith("{"):
        raise refused("a brace that is not an interval")
    else:
        return None
    return least, most, cursor.take(1) if cursor.rest[:1] in ("?", "+") and cursor.rest else ""


def changed(flags: Flags, found: re.Match[str], state: State) -> Flags:
    """Return the options after those of a group such as `(?i-m:`, in a match of `GROUP_FLAGS`."""
    for letter in found[1] + (found[2] or ""):
        if letter not in "imsx":
            wrong("undefined group option")
    state.ignores_case = state.ignores_case or "i" in found[1]
    on, off = dict.fromkeys(found[1], True), dict.fromkeys(found[2] or "", False)
    return replace(flags, **{**on, **off})
