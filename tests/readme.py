"""What the README and the documents under docs/ ask their readers to type."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [TEXT, *(path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md")))]
_BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CELL = re.compile(r"(?<!\\)\|")


def rows(header: str) -> list[list[str]]:
    """The rows of the table whose first column is called so, each a list of cells."""
    body = re.search(rf"^\| {header} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert body, f"the README has no table of {header}"
    return [[cell.strip() for cell in _CELL.split(line)[1:-1]] for line in body[1].splitlines()]


def code(cell: str) -> list[str]:
    """What stands in backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def commands() -> list[list[str]]:
    """The `make` commands, in blocks of code and in sentences, as words."""
    texts = [
        text
        for document in DOCUMENTS
        for text in (
            *(line for block in _BLOCK.findall(document) for line in block.splitlines()),
            *code(_BLOCK.sub("", document)),
        )
    ]
    return [shlex.split(text, comments=True)[1:] for text in texts if text.startswith("make ")]


def statements() -> list[str]:
    """The SQL that readers are told to try: in the last column of the tables, and with `make query`."""
    tried = [code(row[-1])[0] for header in ("table", "view") for row in rows(header)]
    asked = [
        word.removeprefix("SQL=")
        for command in commands()
        for word in command
        if word.startswith("SQL=select")
    ]
    return tried + asked
