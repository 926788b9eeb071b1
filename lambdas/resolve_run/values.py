"""Plain values of an execution's input, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import InvalidInput


def flag(body: Mapping[str, Any], key: str) -> bool:
    """Return a key's true or false; false when it is left out."""
    value = body.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidInput(key, f"is {value!r}", "Write true or false, without quotes.")
    return value


def whole_number(body: Mapping[str, Any], key: str, *, least: int) -> int | None:
    """Return a key's whole number; None when it is left out."""
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidInput(key, f"is {value!r}", f"Write a whole number of {least} or more.")
    return value


def names(body: Mapping[str, Any], key: str, example: str) -> list[Any]:
    """Return a key's list, or the parts of its text with commas; nothing when it is left out."""
    value = body.get(key)
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list):
        return value
    raise InvalidInput(key, f"is {value!r}", f'Write a list: {{"{key}": ["{example}", ...]}}.')
