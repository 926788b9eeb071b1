"""How long Spotify wants to be left alone: the header Retry-After, in whatever form it comes."""

from __future__ import annotations

import email.utils
import math
from collections.abc import Mapping
from typing import Final

LONGEST_SECONDS: Final = 7 * 86_400  # Spotify has asked for a day at most: more is a mistake


def asked_seconds(headers: Mapping[str, str], now: float) -> int | None:
    """Return the whole seconds that Retry-After asks for, 1 to `LONGEST_SECONDS`.

    Args:
        headers: the answer's.
        now: epoch seconds (UTC); a date in the header is counted from here.

    Returns:
        None when the header is missing or neither a number nor a date.
    """
    text = headers.get("Retry-After", "").strip()
    seconds = _number(text)
    if seconds is None:
        seconds = _until(text, now)
    return None if seconds is None else math.ceil(min(max(seconds, 1), LONGEST_SECONDS))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _until(text: str, now: float) -> float | None:
    parts = email.utils.parsedate_tz(text)
    try:
        return email.utils.mktime_tz(parts) - now if parts else None
    except (ValueError, OverflowError):
        return None
