"""Checks for the values of an execution's input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import InvalidInput


def flag(body: Mapping[str, Any], key: str) -> bool:
    """Return the boolean of a key; False when it is missing."""
    value = body.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidInput(key, f"is {value!r}", "Write true or false, without quotes.")
    return value


def whole_number(body: Mapping[str, Any], key: str, *, least: int) -> int | None:
    """Return the integer of a key; None when it is missing."""
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidInput(key, f"is {value!r}", f"Write a whole number of {least} or more.")
    return value


def names(body: Mapping[str, Any], key: str, example: str) -> list[Any]:
    """Return the list of a key, which may be a string with commas; empty when it is missing."""
    value = body.get(key)
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list):
        return value
    raise InvalidInput(key, f"is {value!r}", f'Write a list: {{"{key}": ["{example}", ...]}}.')
