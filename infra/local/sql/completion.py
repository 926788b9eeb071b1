"""Completes the words of a statement: keywords, functions, tables and their columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from infra.local.athena.catalog import Table
from infra.local.athena.checking.signatures import signatures
from infra.local.athena.parsing.tokens import RESERVED

_OTHER_KEYWORDS: Final = (
    "ALL", "ASC", "COLUMNS", "DESC", "EXPLAIN", "FILTER", "FIRST", "IF", "LAST", "LIMIT", "NULLS", "OFFSET",
    "OVER", "PARTITION", "PARTITIONS", "REPLACE", "ROWS", "SHOW", "TABLES", "VIEW", "VIEWS",
)  # fmt: skip
KEYWORDS: Final = tuple(sorted({*RESERVED, *_OTHER_KEYWORDS}))
DELIMITERS: Final = " \t\n,;()[]=<>+-*/%|'\"`:"
"""What ends a word. A dot does not, so that `tracks.na` is one word."""
_WORD: Final = re.compile(r"\w+")


def completions(word: str, before: str, tables: Sequence[Table]) -> list[str]:
    """Return the words that begin with the one that is being written.

    Args:
        word: the part of it that is there.
        before: the statement before it; columns are those of the tables that it names, or of all.
        tables: the tables and views.
    """
    if before.lstrip().startswith("\\"):
        return _beginning_with(word, [table.name for table in tables])
    qualifier, dot, begin = word.rpartition(".")
    if dot:
        columns = _columns([table for table in tables if table.name == qualifier.lower()])
        return [f"{qualifier}.{name}" for name in _beginning_with(begin, columns)]
    words = set(_WORD.findall(before.lower()))
    named = [table for table in tables if table.name in words]
    names = {table.name for table in tables} | set(_columns(named or tables))
    found = _beginning_with(word, names | set(filter(str.isidentifier, signatures())))
    keywords = _beginning_with(word, KEYWORDS)
    return found + [each if word.isupper() else each.lower() for each in keywords]


def _columns(tables: Sequence[Table]) -> list[str]:
    return [column.name for table in tables for column in table.all_columns]


def _beginning_with(begin: str, names: Sequence[str] | set[str]) -> list[str]:
    wanted = begin.lower()
    return sorted(name for name in names if name.lower().startswith(wanted))
