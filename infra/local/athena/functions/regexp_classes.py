"""Reads the classes of characters of regular expressions: `[a-z&&[^x]]`, `\\d`, `\\p{Lu}`."""

from __future__ import annotations

import re
from typing import Final

from infra.local.athena.errors import NotSupportedHere, QueryRefused
from infra.local.athena.functions.code_points import (
    Ranges,
    common,
    complement,
    in_both_cases,
    named,
    of_text,
    united,
)
from infra.local.athena.functions.regexp_cursor import Cursor

_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_SETS: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": "\t-\r\x20"}
_PROPERTY: Final = re.compile(r"([pP])\{([A-Za-z_]+)\}")
_POSIX: Final = re.compile(r"\[:(\^?)([a-z]+):\]")
_HEX: Final = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})")


def _refused(what: str) -> NotSupportedHere:
    return NotSupportedHere(f"{what} in regular expressions")


def _known(name: str, is_ascii: bool, is_negated: bool) -> Ranges:
    found = named(name, is_ascii)
    if name.lower().startswith("is"):  # Java's prefix, which Trino's expressions do not have
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", f"invalid character property name <{name}>")
    if found is None:
        raise _refused(f"the class {name!r}")
    return complement(found) if is_negated else found


def escaped_set(cursor: Cursor, is_ascii: bool) -> Ranges | str:
    """Read what follows a backslash: a set of characters, or one character."""
    if found := _PROPERTY.match(cursor.rest):
        cursor.take(found.end())
        return _known(found[2], is_ascii, found[1] == "P")
    if found := _HEX.match(cursor.rest):
        cursor.take(found.end())
        code = int(found[1] or found[2], 16)
        if 0xD800 <= code < 0xE000 or (found[1] and code > 0x7F):  # noqa: PLR2004  # surrogates, single bytes
            raise _refused(f"\\{found[0]}")
        return chr(code)
    sign = cursor.take(1)
    if sign.lower() in _SETS:
        found_set = of_text(_SETS[sign.lower()])
        return complement(found_set) if sign.isupper() else found_set
    if sign in _CONTROLS:
        return _CONTROLS[sign]
    if sign.isalnum() or not sign:
        raise _refused(f"\\{sign}")
    return sign


def read_class(cursor: Cursor, is_ascii: bool, ignores_case: bool) -> Ranges:
    """Read a class after its bracket.

    Raises:
        QueryRefused: it is wrong, or not supported.
    """
    is_negated = cursor.accept("^")
    sets: list[Ranges] = []
    intersected: list[Ranges] = []
    is_first = True
    while is_first or not cursor.rest.startswith("]"):
        if not cursor.rest:
            raise QueryRefused("INVALID_FUNCTION_ARGUMENT", "premature end of char-class")
        if cursor.accept("&&"):
            intersected.append(united(*sets))
            sets = []
        else:
            sets.append(_item(cursor, is_ascii, ignores_case, is_first))
        is_first = False
    cursor.take(1)
    found = united(*sets)
    for each in intersected:
        found = common(found, each)
    if ignores_case:
        if intersected:
            raise _refused("intersections without regard to case")
        found = in_both_cases(found, is_ascii)
    return complement(found) if is_negated else found


def _item(cursor: Cursor, is_ascii: bool, ignores_case: bool, is_first: bool) -> Ranges:
    if found := _POSIX.match(cursor.rest):
        cursor.take(found.end())
        return _known(found[2], is_ascii, bool(found[1]))
    if cursor.rest.startswith("[:"):
        raise _refused("the class [:")
    if cursor.accept("["):
        return read_class(cursor, is_ascii, ignores_case)
    start = _sign(cursor, is_ascii)
    is_range = cursor.rest.startswith("-") and not cursor.rest.startswith("-]")
    if not isinstance(start, str):
        if is_range:
            raise _refused("a range that begins with a class")
        return start
    if start == "]" and is_first and "]" not in cursor.rest:
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", "empty char-class")
    return ((ord(start), _range_end(cursor, start, is_ascii) if is_range else ord(start)),)


def _range_end(cursor: Cursor, start: str, is_ascii: bool) -> int:
    if cursor.rest.startswith(("-[", "-&&")):
        raise _refused("such a range")
    cursor.take(1)
    end = _sign(cursor, is_ascii)
    if not isinstance(end, str):
        raise _refused("a range that ends with a class")
    if cursor.rest.startswith("-") and not cursor.rest.startswith("-]"):
        raise _refused("a hyphen after a range")
    if end < start:
        raise QueryRefused("INVALID_FUNCTION_ARGUMENT", "empty range in char class")
    return ord(end)


def _sign(cursor: Cursor, is_ascii: bool) -> Ranges | str:
    if cursor.accept("\\"):
        if cursor.rest.startswith(("b", "B", "Q")):
            raise _refused(f"\\{cursor.rest[0]} in a class")
        return escaped_set(cursor, is_ascii)
    return cursor.take(1)
