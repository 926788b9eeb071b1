"""Top tracks and artists, their ranks on earlier days, and the reach of the top artists."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, Literal

import pandas as pd

from build_report.report import Ranked, Series

from .frames import rows

RankedBy = Literal["reach", "playlists"]

_SHOWN: Final = 20
_REACH_LINES: Final = 5
_WEEK: Final = dt.timedelta(days=7)


@dataclasses.dataclass(frozen=True)
class Kind:
    """Tracks or artists: the column of their id, and that of the artist's name if it is another one."""

    id_column: str
    artist_column: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to read of the day."""
        artist = (self.artist_column,) if self.artist_column else ()
        names = (self.id_column, "name", *artist, "playlists", "reach", "popularity")
        return (*names, "rank_by_reach", "rank_by_playlists")

    @property
    def history_columns(self) -> tuple[str, ...]:
        """The columns to read of earlier days."""
        return (self.id_column, "reach", "rank_by_reach", "rank_by_playlists")


TRACKS: Final = Kind("track_id", "artist_name")
ARTISTS: Final = Kind("artist_id", None)


def ranked_by(day: pd.DataFrame) -> RankedBy:
    """Return by which rank the day is shown: by playlists where the API gives no followers."""
    return "reach" if day["rank_by_reach"].notna().any() else "playlists"


def top(kind: Kind, day: pd.DataFrame, by: RankedBy) -> list[dict[str, Any]]:
    """Return the rows of the first ranks. Equal ranks are ordered by playlists, popularity and name."""
    ordered = day[day[f"rank_by_{by}"].notna()].sort_values(
        [f"rank_by_{by}", "playlists", "popularity", "name", kind.id_column],
        ascending=[True, False, False, True, True],
    )
    return rows(ordered.head(_SHOWN))


def with_history(
    kind: Kind,
    shown: Sequence[dict[str, Any]],
    history: pd.DataFrame,
    days: Sequence[str],
    by: RankedBy,
) -> tuple[Ranked, ...]:
    """Return the top tracks or artists with their ranks on each day.

    Args:
        kind: tracks or artists.
        shown: the rows of `top`.
        history: their rows of all `days`, with snapshot_date.
        days: the days of the chart, oldest first; the last one is the day of the report.
        by: the rank that is shown.
    """
    ranks = _values(history, kind.id_column, f"rank_by_{by}")
    week_before = str(dt.date.fromisoformat(days[-1]) - _WEEK)
    return tuple(
        Ranked(
            name=row["name"],
            artist_name=row[kind.artist_column] if kind.artist_column else None,
            rank=row[f"rank_by_{by}"],
            rank_7_days_before=ranks.get((row[kind.id_column], week_before)),
            playlists=row["playlists"],
            reach=row["reach"],
            popularity=row["popularity"],
            ranks=tuple(ranks.get((row[kind.id_column], day)) for day in days),
        )
        for row in shown
    )


def reach_over_days(
    kind: Kind, shown: Sequence[dict[str, Any]], history: pd.DataFrame, days: Sequence[str]
) -> tuple[Series, ...]:
    """Return the reach of the first of the top artists on each day. None where no reach is known."""
    reach = _values(history, kind.id_column, "reach")
    first = [row for row in shown if row["reach"] is not None][:_REACH_LINES]
    return tuple(
        Series(row["name"] or "", tuple(reach.get((row[kind.id_column], day)) for day in days))
        for row in first
    )


def _values(history: pd.DataFrame, id_column: str, column: str) -> dict[tuple[str, str], Any]:
    """Return the known values of a column, by entity and day."""
    known = history[history[column].notna()]
    return {(row[id_column], row["snapshot_date"]): row[column] for row in rows(known)}
