"""Where the report pages are in the curated bucket. Needs nothing but the standard library."""

from __future__ import annotations

from typing import Final

REPORTS: Final = "reports"
LATEST: Final = f"{REPORTS}/latest.html"
"""The page of the newest day."""


def key_of(day: str) -> str:
    """Return the key of the page of a day."""
    return f"{REPORTS}/snapshot_date={day}/index.html"
