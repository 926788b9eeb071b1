"""Columns that several marts share.

A broken rule of a mart halts, because only a bug in the job can break it: the rows come from checked tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from spotify_lake.contract.tables import Column

CHANGE_DAYS: Final = (1, 7, 28)
"""A change is against exactly this many days before."""

PLAYLIST_ID: Final = Column("playlist_id", "string", "The playlist. Join to playlists.", nullable=False)
PLAYLIST_NAME: Final = Column("playlist_name", "string", "Name of the playlist on the day.")
TRACK_NAME: Final = Column("track_name", "string", "Title of the track.")
MAIN_ARTIST_ID: Final = Column("artist_id", "string", "The main artist: the first one that is credited.")
MAIN_ARTIST_NAME: Final = Column("artist_name", "string", "Name of the main artist.")


def count(name: str, description: str, *, minimum: int = 0) -> Column:
    """Return a column with a number that every row has."""
    return Column(name, "int", description, nullable=False, minimum=minimum, severity="halt")


def figure(name: str, kind: str, description: str, *, minimum: int | None = 0) -> Column:
    """Return a column with a number that may be unknown."""
    return Column(name, kind, description, minimum=minimum, severity="halt")


def day(name: str, description: str, *, nullable: bool = True) -> Column:
    """Return a column with a snapshot_date."""
    return Column(name, "string", description, nullable=nullable)


def flag(name: str, description: str) -> Column:
    """Return a boolean column that every row has."""
    return Column(name, "boolean", description, nullable=False)


def changes(columns: Iterable[Column], *, or_null_if: str = "") -> tuple[Column, ...]:
    """Return the columns with the changes of these columns, see `CHANGE_DAYS`.

    Args:
        columns: the columns.
        or_null_if: a further condition under which a change is null.
    """
    condition = f", or {or_null_if}" if or_null_if else ""
    return tuple(
        Column(
            change_name(column.name, days),
            column.type,
            f"Change of {column.name} since exactly {days} day{'s'[: days > 1]} before. Null when that day"
            f" has no such row, or a value is unknown{condition}.",
            modes=column.modes,
        )
        for column in columns
        for days in CHANGE_DAYS
    )


def observed_changes(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns with the changes of values that are not read again every day."""
    return changes(columns, or_null_if="it was not read again since")


def change_name(column: str, days: int) -> str:
    """Return the name of the column with a change against so many days before."""
    return f"{column}_change_{days}d"
