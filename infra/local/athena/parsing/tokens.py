"""The words and signs of a statement, as Trino's grammar has them."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from infra.local.athena.errors import Position, QueryRefused


class Kind(Enum):
    """What a token is."""

    NAME = "name"
    QUOTED_NAME = "quoted name"
    STRING = "string"
    UNICODE_STRING = "unicode string"
    BINARY = "binary"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True)
class Token:
    """A word or sign.

    Attributes:
        kind: what it is.
        text: as it was written; of a string or quoted name its value.
        at: its first character.
        start: the offset of its first character in the statement.
        end: the offset after its last character.
    """

    kind: Kind
    text: str
    at: Position
    start: int
    end: int

    @property
    def word(self) -> str:
        """A name in upper case, a sign as it is; "" for everything else."""
        return self.text.upper() if self.kind in {Kind.NAME, Kind.SIGN} else ""


RESERVED: Final = frozenset(
    [
        "ALTER",
        "AND",
        "AS",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "CONSTRAINT",
        "CREATE",
        "CROSS",
        "CUBE",
        "CURRENT_CATALOG",
        "CURRENT_DATE",
        "CURRENT_PATH",
        "CURRENT_ROLE",
        "CURRENT_SCHEMA",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "CURRENT_USER",
        "DEALLOCATE",
        "DELETE",
        "DESCRIBE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "END",
        "ESCAPE",
        "EXCEPT",
        "EXECUTE",
        "EXISTS",
        "EXTRACT",
        "FALSE",
        "FOR",
        "FROM",
        "FULL",
        "GROUP",
        "GROUPING",
        "HAVING",
        "IN",
        "INNER",
        "INSERT",
        "INTERSECT",
        "INTO",
        "IS",
        "JOIN",
        "JSON_ARRAY",
        "JSON_EXISTS",
        "JSON_OBJECT",
        "JSON_QUERY",
        "JSON_TABLE",
        "JSON_VALUE",
        "LEFT",
        "LIKE",
        "LISTAGG",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "NATURAL",
        "NORMALIZE",
        "NOT",
        "NULL",
        "ON",
        "OR",
        "ORDER",
        "OUTER",
        "PREPARE",
        "RECURSIVE",
        "RIGHT",
        "ROLLUP",
        "SELECT",
        "SKIP",
        "TABLE",
        "THEN",
        "TRIM",
        "TRUE",
        "UESCAPE",
        "UNION",
        "UNNEST",
        "USING",
        "VALUES",
        "WHEN",
        "WHERE",
        "WITH",
    ]
)
_PATTERN: Final = re.compile(
    r"""
      (?P<blank>\s+|--[^\r\n]*|/\*.*?\*/)
    | (?P<unicode>[Uu]&'(?:[^']|'')*')
    | (?P<binary>[Xx]'[^']*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<double>(?:\d[\d_]*\.?\d*|\.\d+)[Ee][+-]?\d+)
    | (?P<decimal>\d[\d_]*\.[\d_]*|\.\d[\d_]*)
    | (?P<integer>0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|\d(?:_?\d)*)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign><>|!=|<=|>=|\|\||->|=>|[-+*/%=<>()\[\],.?;:|^${}])
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS: Final = {
    "unicode": Kind.UNICODE_STRING,
    "binary": Kind.BINARY,
    "string": Kind.STRING,
    "quoted": Kind.QUOTED_NAME,
    "double": Kind.DOUBLE,
    "decimal": Kind.DECIMAL,
    "integer": Kind.INTEGER,
    "name": Kind.NAME,
    "sign": Kind.SIGN,
}
_NUMBERS: Final = {Kind.DOUBLE, Kind.DECIMAL, Kind.INTEGER}


def tokenize(sql: str) -> list[Token]:
    """Split a statement into tokens; the last one is its end.

    Raises:
        QueryRefused: SYNTAX_ERROR, when a character or a quote without its pair does not belong there.
    """
    place = _places(sql)
    found: list[Token] = []
    offset = 0
    while offset < len(sql):
        match = _PATTERN.match(sql, offset)
        if match is None:
            raise _unreadable(sql, offset, place(offset))
        kind = match.lastgroup or ""
        if kind != "blank":
            found.append(Token(_KINDS[kind], _value(kind, match[0]), place(offset), offset, match.end()))
            if len(found) > 1:
                _check_apart(found[-2], found[-1])
        offset = match.end()
    return [*found, Token(Kind.END, "<EOF>", place(len(sql)), len(sql), len(sql))]


def position(sql: str, offset: int) -> Position:
    """Return line and column of an offset in a statement."""
    return _places(sql)(offset)


def _places(sql: str) -> Callable[[int], Position]:
    lines = [0, *(found.end() for found in re.finditer("\n", sql))]

    def place(offset: int) -> Position:
        line = bisect.bisect_right(lines, offset)
        return Position(line, offset - lines[line - 1] + 1)

    return place


def _value(kind: str, text: str) -> str:
    if kind in {"string", "quoted"}:
        return text[1:-1].replace(text[0] * 2, text[0])
    if kind in {"unicode", "binary"}:
        return text[text.index("'") + 1 : -1].replace("''", "'")
    return text


def _check_apart(number: Token, name: Token) -> None:
    """Refuse `1abc`, which Trino takes for a name that begins with a digit."""
    if number.kind in _NUMBERS and name.kind is Kind.NAME and number.end == name.start:
        raise QueryRefused(
            "SYNTAX_ERROR",
            "identifiers must not start with a digit; surround the identifier with double quotes",
            number.at,
        )


def _unreadable(sql: str, offset: int, at: Position) -> QueryRefused:
    character = sql[offset]
    reason = {
        "`": "backquoted identifiers are not supported; use double quotes to quote identifiers",
        "'": "the string is not closed by a '",
        '"': 'the name is not closed by a "',
    }.get(character, f"mismatched input '{character}'")
    return QueryRefused("SYNTAX_ERROR", reason, at)
