"""What every observation of a thing in a playlist carries beside its table's columns."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from spotify_lake.transforms.columns import array
from spotify_lake.transforms.latest import TIE_BREAK

CREDITS: Final = "_credits"
"""The simplified artists of a track or an album, as the API sends them."""


def place(items: pa.Table) -> dict[str, Any]:
    """Return the columns that decide between two observations: fetched_at and those of `TIE_BREAK`."""
    return {
        "fetched_at": array(items, "fetched_at"),
        **{name: array(items, name.removeprefix("_")) for name in TIE_BREAK},
    }
