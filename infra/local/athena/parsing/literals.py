"""Reads literals."""

from __future__ import annotations

import binascii
import re
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
    if cursor.token.kind is Kind.STRING:
        return syntax.Literal(at, cursor.take().text)
    if cursor.token.kind is Kind.UNICODE_STRING:
        return syntax.Literal(at, _unicode(cursor))
    if cursor.token.kind is Kind.BINARY:
        return syntax.Literal(at, _binary(cursor.take()))
    if cursor.sees_any("NULL", "TRUE", "FALSE"):
        return syntax.Literal(at, {"NULL": None, "TRUE": True, "FALSE": False}[cursor.take().word])
    if cursor.sees("INTERVAL") and (cursor.ahead().kind is Kind.STRING or cursor.ahead().word in {"+", "-"}):
        return _interval(cursor)
    return _typed(cursor)


def _number(token: Token) -> int | Decimal | float:
    text = token.text.replace("_", "")
    if token.kind is Kind.DOUBLE:
        return float(text)
    if token.kind is Kind.DECIMAL:
        return Decimal(text)
    value = int(text, 0) if re.match(r"0[xXoObB]", text) else int(text)
    if value > _MAX_BIGINT + 1:
        raise QueryRefused("INVALID_LITERAL", f"Invalid numeric literal: {token.text}", token.at)
    return value


def _binary(token: Token) -> bytes:
    try:
        return binascii.unhexlify(re.sub(r"\s", "", token.text))
    except binascii.Error as error:
        message = "Binary literal must contain an even number of digits and only hexadecimal digits"
        raise QueryRefused("INVALID_LITERAL", message, token.at) from error


def _unicode(cursor: Cursor) -> str:
    token = cursor.take()
    escape = cursor.string() if cursor.skip("UESCAPE") else "\\"
    sign = re.escape(escape)

    def character(found: re.Match[str]) -> str:
        return escape if found[1] == escape else chr(int(found[1].removeprefix("+"), 16))

    text = re.sub(sign + _ESCAPES % sign, character, token.text)
    return text


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


def refuse_out_of_range(value: int, at: Position) -> None:
    """Refuse a whole number that no bigint holds.

    Raises:
        QueryRefused: INVALID_LITERAL.
    """
    if not -_MAX_BIGINT - 1 <= value <= _MAX_BIGINT:
        raise QueryRefused("INVALID_LITERAL", f"Invalid numeric literal: {value}", at)
