"""The `fields` parameter: `snapshot_id,items(total)`, `tracks.items(track(name,!album))`."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Final

_TOKENS: Final = re.compile(r"[A-Za-z0-9_]+|[(),.!]")


class FieldsUnreadableError(ValueError):
    """A `fields` text whose brackets do not match or that holds a stray character."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"the fields parameter cannot be read: {text!r}")


@dataclasses.dataclass
class Selection:
    """Keys asked for (None: the whole value) and keys left out. With any key left out the rest is kept."""

    asked: dict[str, Selection | None] = dataclasses.field(default_factory=dict)
    left_out: set[str] = dataclasses.field(default_factory=set)


def parse(text: str) -> Selection:
    """Read a `fields` text; raises FieldsUnreadableError."""
    squeezed = "".join(text.split())
    tokens = _TOKENS.findall(squeezed)
    if "".join(tokens) != squeezed:
        raise FieldsUnreadableError(text)
    try:
        selection = _list(tokens)
    except IndexError:
        raise FieldsUnreadableError(text) from None
    if tokens:
        raise FieldsUnreadableError(text)
    return selection


def _list(tokens: list[str]) -> Selection:
    selection = Selection()
    while True:
        if tokens[0] == "!":
            tokens.pop(0)
            selection.left_out.add(_name(tokens))
        else:
            name = _name(tokens)
            selection.asked[name] = _below(tokens)
        if not tokens or tokens[0] != ",":
            return selection
        tokens.pop(0)


def _below(tokens: list[str]) -> Selection | None:
    if tokens and tokens[0] == ".":
        tokens.pop(0)
        return Selection({_name(tokens): _below(tokens)})
    if tokens and tokens[0] == "(":
        tokens.pop(0)
        selection = _list(tokens)
        if tokens.pop(0) != ")":
            raise IndexError
        return selection
    return None


def _name(tokens: list[str]) -> str:
    name = tokens.pop(0)
    if name in "(),.!":
        raise IndexError
    return name


def select(value: Any, selection: Selection | None) -> Any:
    """The value with the selection applied; a list is selected element by element.

    A name that is not there is silently left out, as Spotify does: asking for `track` in the shape that says
    `item` gives empty objects.
    """
    if selection is None or value is None:
        return value
    if isinstance(value, list):
        return [select(element, selection) for element in value]
    if not isinstance(value, dict):
        return value
    kept = selection.asked if not selection.left_out else value
    return {
        key: select(value[key], selection.asked.get(key))
        for key in kept
        if key in value and key not in selection.left_out
    }
