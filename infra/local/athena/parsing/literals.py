"""Reads literals."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from infra.local.athena.errors import Position, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.tokens import Kind, Token
from infra.local.athena.types import BIGINT, DOUBLE, Type

_UNITS: Final = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
_NUMBERS: Final = {Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE}
_ESCAPES: Final = r"([0-9a-fA-F]{4}|\+[0-9a-fA-F]{6}|%s)"
_MAX_BIGINT: Final = 2**63 - 1


def literal(cursor: Cursor) -> syntax.Expression | None:
    """Read a literal, if one comes next."""
    at = cursor.at
    if cursor.sees("-") or cursor.token.kind in _NUMBERS:
        is_negative = cursor.skip("-")
        value = _number(cursor.take())
        return syntax.Literal(at, -value if is_negative else value)
    if cursor.token.kind in _READERS:
        return syntax.Literal(at, _READERS[cursor.token.kind](cursor))
    if cursor.token.word in _CONSTANTS:
        return syntax.Literal(at, _CONSTANTS[cursor.take().word])
    if cursor.sees("INTERVAL") and _sees_interval(cursor):
        return _interval(cursor)
    return _typed(cursor)


def _sees_interval(cursor: Cursor) -> bool:
    distance = 2 if cursor.ahead().word in {"+", "-"} else 1
    return cursor.ahead(distance).kind is Kind.STRING and cursor.ahead(distance + 1).word in _UNITS


def _number(token: Token) -> int | Decimal | float:
    text = token.text.replace("_", "")
    if token.kind is Kind.DOUBLE:
        return float(text)
    if token.kind is Kind.DECIMAL:
        return Decimal(text)
    value = int(text, 0) if re.match(r"0[xXoObB]", text) else int(text)
    if value > _MAX_BIGINT + 1:
        raise QueryRefused("SYNTAX_ERROR", f"Invalid numeric literal: {token.text}", Position(1, 1))
    return value


def _binary(token: Token) -> bytes:
    try:
        return binascii.unhexlify(re.sub(r"\s", "", token.text))
    except binascii.Error as error:
        message = "Binary literal must contain an even number of digits and only hexadecimal digits"
        raise QueryRefused("SYNTAX_ERROR", message, token.at) from error


def _unicode(cursor: Cursor) -> str:
    token = cursor.take()
    escape = cursor.string() if cursor.skip("UESCAPE") else "\\"
    sign = re.escape(escape)

    def character(found: re.Match[str]) -> str:
        return escape if found[1] == escape else chr(int(found[1].removeprefix("+"), 16))

    return re.sub(sign + _ESCAPES % sign, character, token.text)


def _interval(cursor: Cursor) -> syntax.Expression:
    at = cursor.at
    cursor.take()
    is_negative = cursor.sees_any("+", "-") and cursor.take().word == "-"
    text = cursor.string()
    start = cursor.one_of(*_UNITS).lower()
    end = cursor.one_of(*_UNITS).lower() if cursor.skip("TO") else None
    return syntax.IntervalLiteral(at, text, is_negative, start, end)


def _typed(cursor: Cursor) -> syntax.Expression | None:
    """Read a type's name and a text, such as `DATE '2026-01-01'`."""
    at = cursor.at
    if cursor.sees("DOUBLE", "PRECISION") and cursor.ahead(2).kind is Kind.STRING:
        cursor.skip("DOUBLE", "PRECISION")
        return syntax.TypedLiteral(at, DOUBLE, cursor.string())
    if not cursor.sees_name() or cursor.ahead().kind is not Kind.STRING:
        return None
    name = cursor.name()
    return syntax.TypedLiteral(at, BIGINT if name == "bigint" else Type(name), cursor.string())


_CONSTANTS: Final = {"NULL": None, "TRUE": True, "FALSE": False}
_READERS: Final[Mapping[Kind, Callable[[Cursor], str | bytes]]] = {
    Kind.STRING: lambda cursor: cursor.take().text,
    Kind.UNICODE_STRING: _unicode,
    Kind.BINARY: lambda cursor: _binary(cursor.take()),
}
