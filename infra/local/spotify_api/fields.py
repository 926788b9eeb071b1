"""Which fields of a record an app sees: what its mode removes or renames, and what `fields` selects."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Final, Literal, TypeAlias

from infra.local.spotify_api.catalog import JsonObject

Names: TypeAlias = Literal["stored", "both", "new"]

# Fields that an app made since 11 Feb 2026 no longer gets: the keys are missing, not null.
REMOVED_FIELDS: Final[dict[str, frozenset[str]]] = {
    "track": frozenset({"available_markets", "linked_from", "popularity"}),
    "album": frozenset({"available_markets", "album_group", "label", "popularity"}),
    "artist": frozenset({"followers", "popularity"}),
    "user": frozenset({"country", "email", "explicit_content", "followers", "product"}),
    "show": frozenset({"available_markets", "publisher"}),
    "audiobook": frozenset({"available_markets", "publisher"}),
    "chapter": frozenset({"available_markets"}),
}
SPOKEN: Final = frozenset({"episode", "chapter"})


def without_removed_fields(value: Any, hint: str = "") -> Any:
    """The record as a new development app sees it, at every depth. `hint` replaces a missing `type`."""
    if isinstance(value, list):
        return [without_removed_fields(element, hint) for element in value]
    if not isinstance(value, dict):
        return value
    removed = REMOVED_FIELDS.get(value.get("type") or hint, frozenset())
    hints = {"track": "track", "item": "track", "album": "album", "artists": "artist", "show": "show"}
    return {
        key: without_removed_fields(inner, hints.get(key, ""))
        for key, inner in value.items()
        if key not in removed
    }


def contents_keys(stored: tuple[str, ...], names: Names) -> tuple[str, ...]:
    """The names under which a playlist shows its contents page."""
    return {"stored": stored, "both": ("tracks", "items"), "new": ("items",)}[names]


def renamed_item(item: JsonObject, names: Names) -> JsonObject:
    """A playlist's item with its content under `track`, `item`, or both; other keys keep their order."""
    if names == "stored":
        return item
    content = item["item"] if "item" in item else item.get("track")
    wanted = {"both": ("track", "item"), "new": ("item",)}[names]
    renamed: JsonObject = {}
    for key, value in item.items():
        if key in {"track", "item"}:
            renamed.update(dict.fromkeys(wanted, content))
        else:
            renamed[key] = value
    return renamed


def without_episodes(item: JsonObject) -> JsonObject:
    """The item as a client that did not ask for episodes gets it: an episode is null."""
    hidden = [key for key in ("track", "item") if (item.get(key) or {}).get("type") in SPOKEN]
    return {**item, **dict.fromkeys(hidden)} if hidden else item


def relinked(value: Any) -> Any:
    """The record as `market` shows it: with `is_playable`, without `available_markets`, at every depth."""
    if isinstance(value, list):
        return [relinked(element) for element in value]
    if not isinstance(value, dict):
        return value
    plain = {key: relinked(inner) for key, inner in value.items() if key != "available_markets"}
    if value.get("type") == "track" and "available_markets" in value:
        plain.setdefault("is_playable", True)
    return plain


# The `fields` parameter: `snapshot_id,items(total)`, `tracks.items(track(name,!album))`.
_TOKENS: Final = re.compile(r"[A-Za-z0-9_]+|[(),.!]")


class InvalidFieldsError(ValueError):
    """A `fields` text whose brackets do not match or that holds a stray character."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"the fields parameter cannot be read: {text!r}")


@dataclasses.dataclass
class Selection:
    """Included keys (None: the whole value) and excluded keys. With any excluded key all others are kept."""

    included: dict[str, Selection | None] = dataclasses.field(default_factory=dict)
    excluded: set[str] = dataclasses.field(default_factory=set)


def parse_fields(text: str) -> Selection:
    """Read a `fields` text; raises InvalidFieldsError."""
    squeezed = "".join(text.split())
    tokens = _TOKENS.findall(squeezed)
    if "".join(tokens) != squeezed:
        raise InvalidFieldsError(text)
    try:
        selection = _parse_list(tokens)
    except IndexError:
        raise InvalidFieldsError(text) from None
    if tokens:
        raise InvalidFieldsError(text)
    return selection


def _parse_list(tokens: list[str]) -> Selection:
    selection = Selection()
    while True:
        if tokens[0] == "!":
            tokens.pop(0)
            selection.excluded.add(_parse_name(tokens))
        else:
            name = _parse_name(tokens)
            selection.included[name] = _parse_nested(tokens)
        if not tokens or tokens[0] != ",":
            return selection
        tokens.pop(0)


def _parse_nested(tokens: list[str]) -> Selection | None:
    if tokens and tokens[0] == ".":
        tokens.pop(0)
        return Selection({_parse_name(tokens): _parse_nested(tokens)})
    if tokens and tokens[0] == "(":
        tokens.pop(0)
        selection = _parse_list(tokens)
        if tokens.pop(0) != ")":
            raise IndexError
        return selection
    return None


def _parse_name(tokens: list[str]) -> str:
    name = tokens.pop(0)
    if name in "(),.!":
        raise IndexError
    return name


def select_fields(value: Any, selection: Selection | None) -> Any:
    """The value with the selection applied; a list is selected element by element.

    A missing name is ignored, as Spotify does: asking for `track` where the key is `item` gives `{}`.
    """
    if selection is None or value is None:
        return value
    if isinstance(value, list):
        return [select_fields(element, selection) for element in value]
    if not isinstance(value, dict):
        return value
    kept = selection.included if not selection.excluded else value
    return {
        key: select_fields(value[key], selection.included.get(key))
        for key in kept
        if key in value and key not in selection.excluded
    }
