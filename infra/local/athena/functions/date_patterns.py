"""The patterns of DATE_FORMAT (MySQL's) and FORMAT_DATETIME (Joda's), and writing by them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.constants import text


@dataclass(frozen=True)
class Piece:
    """A part of a pattern: a literal text, or with a kind a field of a date or time.

    Attributes:
        kind: for example `month`, or `month text`; "" for a literal.
        width: the least number of digits, or the letters of a text.
        literal: the text.
    """

    kind: str = ""
    width: int = 1
    literal: str = ""


_MYSQL: Final = {
    "a": Piece("weekday text", 3),
    "b": Piece("month text", 3),
    "c": Piece("month"),
    "d": Piece("day", 2),
    "e": Piece("day"),
    "f": Piece("fraction", 6),
    "H": Piece("hour", 2),
    "h": Piece("hour of half", 2),
    "I": Piece("hour of half", 2),
    "i": Piece("minute", 2),
    "j": Piece("day of year", 3),
    "k": Piece("hour"),
    "l": Piece("hour of half"),
    "M": Piece("month text", 4),
    "m": Piece("month", 2),
    "p": Piece("half"),
    "S": Piece("second", 2),
    "s": Piece("second", 2),
    "v": Piece("week", 2),
    "W": Piece("weekday text", 4),
    "x": Piece("week year", 4),
    "Y": Piece("year", 4),
    "y": Piece("year", 2),
}
_PHRASES: Final = {"r": "%h:%i:%s %p", "T": "%H:%i:%s"}
_NOT_IN_TRINO: Final = "DUuVwX"
_JODA: Final = {
    "y": "year",
    "Y": "year",
    "x": "week year",
    "w": "week",
    "e": "weekday",
    "E": "weekday text",
    "D": "day of year",
    "M": "month",
    "d": "day",
    "a": "half",
    "h": "hour of half",
    "H": "hour",
    "K": "hour of half from 0",
    "k": "hour from 1",
    "m": "minute",
    "s": "second",
    "S": "fraction",
    "Z": "zone",
    "z": "zone name",
    "G": "era",
    "C": "century",
}
_SHORT: Final = 3  # letters of a short name; a month of so many is written as text
_NUMBERS: Final = {
    "week": "weekofyear(t)",
    "weekday": "isodow(t)",
    "day of year": "dayofyear(t)",
    "month": "month(t)",
    "day": "day(t)",
    "hour": "hour(t)",
    "hour of half": "(hour(t) + 11) % 12 + 1",
    "hour of half from 0": "hour(t) % 12",
    "hour from 1": "(hour(t) + 23) % 24 + 1",
    "minute": "minute(t)",
    "second": "second(t)",
    "year": "year(t)",
    "week year": "isoyear(t)",
}
_TWO_DIGITS: Final = 2


def _refused(message: str) -> QueryRefused:
    return QueryRefused("INVALID_FUNCTION_ARGUMENT", message)


@lru_cache(maxsize=256)
def mysql_pieces(pattern: str) -> tuple[Piece, ...]:
    """Return the parts of a pattern of DATE_FORMAT and DATE_PARSE.

    Raises:
        QueryRefused: INVALID_FUNCTION_ARGUMENT.
    """
    found: list[Piece] = []
    for sign, other in re.findall(r"%(.?)|([^%]+)", pattern, re.DOTALL):
        if other:
            found.append(Piece(literal=other))
        elif sign in _PHRASES:
            found += mysql_pieces(_PHRASES[sign])
        elif sign and sign in _NOT_IN_TRINO:
            raise _refused(f"%{sign} not supported in date format string")
        elif sign:
            found.append(_MYSQL.get(sign, Piece(literal=sign)))
    return tuple(found)


@lru_cache(maxsize=256)
def joda_pieces(pattern: str) -> tuple[Piece, ...]:
    """Return the parts of a pattern of FORMAT_DATETIME and PARSE_DATETIME.

    Raises:
        QueryRefused: INVALID_FUNCTION_ARGUMENT.
    """
    found: list[Piece] = []
    for quoted, letters, other in re.findall(r"'((?:[^']|'')*)'|([A-Za-z]+)|([^A-Za-z']+)", pattern):
        if letters:
            found += map(_joda_piece, ("".join(run) for _, run in itertools.groupby(letters)))
        else:
            found.append(Piece(literal=other or quoted.replace("''", "'") or "'"))
    return tuple(found)


def _joda_piece(letters: str) -> Piece:
    kind = _JODA.get(letters[0])
    if kind is None:
        raise _refused(f"Illegal pattern component: {letters}")
    if kind == "month" and len(letters) >= _SHORT:
        kind = "month text"
    return Piece(kind, len(letters))


def written(pieces: Iterable[Piece], local: str, zoned: str) -> str | None:
    """Return DuckDB's expression of a text; None when a part cannot be written.

    Args:
        pieces: the parts of the pattern.
        local: a TIMESTAMP that clocks show.
        zoned: the `timestamp with time zone` that it is of; "" if it has no zone.
    """
    parts = [_part(piece, zoned) for piece in pieces]
    if None in parts:
        return None
    joined = " || ".join(part for part in parts if part) or "''"
    return f"list_transform([{local}], lambda t: {joined})[1]"


def _part(piece: Piece, zoned: str) -> str | None:
    if not piece.kind:
        return text(piece.literal)
    if piece.kind == "zone":
        return _zone(piece.width, zoned)
    if piece.kind in _TEXTS:
        return _TEXTS[piece.kind](piece.width)
    return _digits(piece) if piece.kind in _NUMBERS else None


def _zone(width: int, zoned: str) -> str:
    if width > _TWO_DIGITS:
        return f"{zoned}.zone"
    offset = f"trino_offset_text(trino_offset({zoned}), '+00:00')"
    return f"replace({offset}, ':', '')" if width == 1 else offset


def _digits(piece: Piece) -> str:
    number = _NUMBERS[piece.kind]
    if "year" in piece.kind and piece.width == _TWO_DIGITS and not piece.kind.startswith("day"):
        number = f"{number} % 100"
    digits = f"CAST({number} AS VARCHAR)"
    return (
        digits
        if piece.width == 1
        else f"lpad({digits}, CAST(greatest(length({digits}), {piece.width}) AS INTEGER), '0')"
    )


def _named(name: str) -> Callable[[int], str]:
    return lambda width: name if width > _SHORT else f"left({name}, {_SHORT})"


def _fraction(width: int) -> str:
    digits = "lpad(CAST(trino_microsecond(t) // 1000 AS VARCHAR), 3, '0')"
    return f"left({digits} || repeat('0', {width}), {width})"


_TEXTS: Final[Mapping[str, Callable[[int], str]]] = {
    "weekday text": _named("dayname(t)"),
    "month text": _named("monthname(t)"),
    "half": lambda _: "CASE WHEN hour(t) < 12 THEN 'AM' ELSE 'PM' END",
    "fraction": _fraction,
}
