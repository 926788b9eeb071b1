"""Convert a record to what an app of each mode sees: names of the contents, removed fields, episodes."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from infra.local.spotify_api.content import JsonObject

Mode: TypeAlias = Literal["extended", "legacy_development", "development"]
Names: TypeAlias = Literal["stored", "both", "new"]
MODES: Final[tuple[Mode, ...]] = ("extended", "legacy_development", "development")

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
    """The record as `market` shows it: `is_playable` said, and no `available_markets`, at every depth."""
    if isinstance(value, list):
        return [relinked(element) for element in value]
    if not isinstance(value, dict):
        return value
    plain = {key: relinked(inner) for key, inner in value.items() if key != "available_markets"}
    if value.get("type") == "track" and "available_markets" in value:
        plain.setdefault("is_playable", True)
    return plain
