"""The commands, SQL and inputs in README.md and the pages under docs/."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from tests.project import ROOT

PAGES = {
    path: path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
TEXT = "\n".join(PAGES.values())
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_CELL = re.compile(r"(?<!\\)\|")


def rows(header: str) -> list[list[str]]:
    """Return the rows of the table whose first column has this name, each as a list of cells."""
    body = re.search(rf"^\| {header} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert body, f"README.md and docs/ have no table whose first column is {header}"
    return [[cell.strip() for cell in _CELL.split(line)[1:-1]] for line in body[1].splitlines()]


def code(cell: str) -> list[str]:
    """Return the texts between backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def without_blocks(text: str) -> str:
    """Return a text without its fenced blocks."""
    return _BLOCK.sub("", text)


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language; commands are in blocks without one."""
    return [body for found, body in _BLOCK.findall(TEXT) if found == language]


def command_lines() -> list[str]:
    """Return every line of the blocks of commands."""
    return [line.strip() for block in blocks("") for line in block.splitlines() if line.strip()]


def commands() -> list[list[str]]:
    """Return the `make` commands in blocks and in sentences, as lists of words without `make`."""
    texts = [*command_lines(), *code(without_blocks(TEXT))]
    return [shlex.split(text, comments=True)[1:] for text in texts if text.startswith("make ")]


def inputs() -> list[dict[str, Any]]:
    """Return the inputs of executions."""
    return [json.loads(block) for block in blocks("json")]


def run_snippet(module: str, values: Mapping[str, str]) -> Any:
    """Run the Python of docs/query.md that imports a module, and return its `frame`.

    Args:
        module: what it imports.
        values: what takes the place of each `<name>`; a folder that of a bucket with its `s3://`.
    """
    page = PAGES[ROOT / "docs" / "query.md"]
    (snippet,) = [
        body for language, body in _BLOCK.findall(page) if language == "python" and f" {module}" in body
    ]
    snippet = snippet.replace("s3://<", "<")
    names: dict[str, Any] = {}
    # The text is this project's own.
    exec(re.sub(r"<(\w+)>", lambda name: values[name[1]], snippet), names)
    return names["frame"]


def statements() -> list[str]:
    """Return the SQL in the last column of the tables, in blocks, and after `make query`."""
    return [*_examples(), *blocks("sql"), *_queries()]


def _examples() -> Iterator[str]:
    for header in ("table", "mart", "view"):
        for row in rows(header):
            yield from code(row[-1])


def _queries() -> Iterator[str]:
    for command in commands():
        for word in command:
            if word.startswith("SQL=select"):
                yield word.removeprefix("SQL=")
