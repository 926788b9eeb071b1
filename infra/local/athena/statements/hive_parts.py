"""Parts of Hive's statements: columns with their types, and properties."""

from __future__ import annotations

from typing import Final

from infra.local.athena.catalog import Column
from infra.local.athena.errors import QueryRefused
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.tokens import Kind
from infra.local.athena.type_text import UnreadableType, from_hive
from infra.local.athena.types import Type

_TYPE_SIGNS: Final = frozenset("<>():")
_BASES: Final = {
    *("boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal"),
    *("varchar", "char", "varbinary", "date", "timestamp", "array", "map", "row"),
}


def column(cursor: Cursor) -> Column:
    """Read a column: its name, its type and perhaps a comment."""
    name = cursor.name()
    kind = _type(cursor)
    return Column(name, kind, cursor.string() if cursor.skip("COMMENT") else "")


def _type(cursor: Cursor) -> str:
    """Read a type of Hive's, as text without spaces."""
    at, text, depth = cursor.at, "", 0
    while cursor.token.kind is not Kind.END and (depth or not text or cursor.token.text in _TYPE_SIGNS):
        if not depth and cursor.token.word in {")", ">"}:
            break
        token = cursor.take()
        depth += (token.text in {"<", "("}) - (token.text in {">", ")"})
        text += token.text.lower()
    try:
        kind = from_hive(text)
    except UnreadableType as error:
        raise QueryRefused("SYNTAX_ERROR", str(error), at) from error
    if not _is_hives(kind):
        raise QueryRefused("SYNTAX_ERROR", f"{text!r} is not a type such as string or array<bigint>", at)
    return text


def _is_hives(kind: Type) -> bool:
    return kind.base in _BASES and all(map(_is_hives, kind.types))


def properties(cursor: Cursor) -> dict[str, str]:
    """Read `('name' = 'value', ...)`."""
    return dict(cursor.in_parentheses(lambda: _property(cursor)))


def _property(cursor: Cursor) -> tuple[str, str]:
    name = cursor.string()
    cursor.expect("=")
    return name, cursor.string()
