"""The table in docs/performance.md that `make bench` writes."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
_BEGIN: Final = "<!-- `make bench` writes from here -->"
_END: Final = "<!-- to here -->"


def write(table: str) -> None:
    """Put a table, with its day and machine, and replace the previous one."""
    today = dt.datetime.now(dt.UTC).date()
    measured = f"Measured on {today:%d %B %Y}, {os.cpu_count()} cores, medians:\n\n{table}"
    PATH.write_text(replaced(PATH.read_text("utf-8"), measured), "utf-8")


def replaced(text: str, measured: str) -> str:
    """Return the document with the measurements between its marks.

    Raises:
        ValueError: the document does not have exactly one pair of marks.
    """
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end or _BEGIN in rest:
        raise ValueError(f"there should be one {_BEGIN} with a {_END} after it")
    return f"{before}{_BEGIN}\n{measured}\n{_END}{after}"
