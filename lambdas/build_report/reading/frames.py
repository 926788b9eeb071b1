"""Plain Python values from the rows of a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries. Nulls of every kind are None, numbers are Python's own."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def empty(columns: Iterable[str]) -> pd.DataFrame:
    """Return a frame with these columns and no row."""
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


def named(frame: pd.DataFrame, key: str, value: str) -> dict[str, str]:
    """Return the texts in one column by those in another, without rows in which either is null."""
    known = frame[[key, value]].dropna()
    return dict(zip(known[key].astype(str), known[value].astype(str), strict=True))


def in_order(columns: Sequence[str], frame: pd.DataFrame) -> pd.DataFrame:
    """Return exactly these columns. Those that the file lacks, because it is older, are null."""
    missing = dict.fromkeys(set(columns).difference(frame.columns))
    return frame.assign(**missing)[list(columns)]
