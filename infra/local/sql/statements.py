"""Splits text into the statements that semicolons end."""

from __future__ import annotations

import re
from typing import Final

_CLOSED: Final = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|/\*.*?\*/"""
_PART: Final = re.compile(rf"{_CLOSED}|(?P<end>;)|(?P<open>['\"`]|/\*)|[^;'\"`/-]+|[/-]", re.DOTALL)
_BLANK: Final = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)


def split(text: str) -> tuple[list[str], str]:
    """Split text at the semicolons that are not in quotes or comments.

    Returns:
        The statements that are complete, without their semicolons, and the text after the last semicolon.
        Statements that are empty, or only comments, are left out.
    """
    statements, start = [], 0
    for part in _PART.finditer(text):
        if part["open"]:  # nothing closes it, so that the statement goes on
            break
        if part["end"]:
            statements.append(text[start : part.start()].strip())
            start = part.end()
    return [each for each in statements if not is_blank(each)], text[start:]


def is_blank(text: str) -> bool:
    """Return whether text has nothing but white space and comments."""
    return _BLANK.fullmatch(text) is not None
