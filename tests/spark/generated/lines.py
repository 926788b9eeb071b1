"""The lines of a catalog: where they are stored and how they are written."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, Final

from tests.spark.raw_rows import Json
from tests.spark.reference.documented import LINES, Fields, Flag, Kind, ListOf, Text

FIRST_RUN: Final = 0
LAST_RUN: Final = 1


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of a catalog and where it is stored.

    Attributes:
        run: the run that stored it. The contents of a playlist in `LAST_RUN` supersede those in `FIRST_RUN`.
        folder: the source whose folder contains it.
        home: the playlist_id of its object in the manifest; "" for records.
        body: the envelope, or the line's text if it is not an envelope (see `RawLine`), or None for a
            playlist without objects.
        style: how the envelope is written, one of `STYLES`.
    """

    run: int
    folder: str
    home: str
    body: Json | str | None
    style: str = "plain"

    @property
    def text(self) -> str:
        """The stored text of the line."""
        if self.body is None or isinstance(self.body, str):
            return self.body or ""
        return STYLES[self.style](self.body)

    @property
    def is_plain(self) -> bool:
        """Whether a strict reader accepts the line: one object, no duplicate keys, documented types only."""
        if self.body is None:
            return True
        return self.style in _PLAIN_STYLES and _is_as_documented(self.body, LINES[self.folder])


@dataclasses.dataclass(frozen=True)
class Catalog:
    """The lines that the runs of a day stored. Every id begins with `oddities.OWN`."""

    lines: tuple[Line, ...]

    def description(self) -> str:
        """The lines in a readable form, for messages."""
        lines = [
            f"run {each.run}, {each.folder} {each.home}: {'no objects' if each.body is None else each.text!r}"
            for each in self.lines
        ]
        return re.sub(r"(.)\1{40,}", lambda run: f"{run[1]}<{len(run[0])} times>", "\n".join(lines))


def _plain(body: Json, **options: Any) -> str:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), **options)
    # UTF-8 cannot encode lone surrogates. JSON can escape them.
    return _LONE_SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def _with_duplicate_keys(body: Json) -> str:
    """Text with duplicate keys. Their first values are readable and must be ignored."""
    ignored: Json = {"run_id": "run-9", "fetched_at": "2026-11-22T09:00:00.000Z"}
    if isinstance(body.get("position"), (int, float)):
        ignored["position"] = 77
    if isinstance(body.get("record"), dict):
        ignored["record"] = {"added_at": "2001-01-01T00:00:00Z", "name": "twice"}
    text = f"{_plain(ignored)[:-1]},{_plain(body)[1:]}"
    return text.replace('"record":{"', '"record":{"added_at":"2001-01-01T00:00:00Z","name":"twice","')


STYLES: Final = {
    "plain": _plain,
    "escaped": lambda body: json.dumps(body, separators=(",", ":")),
    "sorted": lambda body: _plain(body, sort_keys=True),
    "padded": lambda body: f" {_plain(body)}\t ",
    "duplicate keys": _with_duplicate_keys,
}
_PLAIN_STYLES: Final = ("plain", "escaped", "sorted")


def _is_as_documented(value: Any, kind: Kind) -> bool:
    """Whether a value is null or has exactly the documented JSON type."""
    if value is None:
        return True
    if isinstance(kind, Fields):
        return isinstance(value, dict) and all(
            _is_as_documented(value.get(name), each) for name, each in kind.kinds.items()
        )
    if isinstance(kind, ListOf):
        return isinstance(value, list) and all(_is_as_documented(each, kind.kind) for each in value)
    if isinstance(kind, Text):
        return isinstance(value, str) and not _LONE_SURROGATE.search(value)
    return isinstance(value, bool) if isinstance(kind, Flag) else type(value) in (int, float)


_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
