"""What the day's playlists consist of, genres over time and release years, and what rises or falls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from build_report.report import ReleaseYear, Series, Trend
from spotify_lake.contract.marts.collections import NO_GENRE

from .frames import rows

GENRE_COLUMNS: Final = ("genre", "placements", "placement_share")
YEAR_COLUMNS: Final = ("release_year", "placements", "tracks")
TREND_COLUMNS: Final = (
    "entity_type",
    "entity_id",
    "name",
    "metric",
    "window_days",
    "observations",
    "direction",
    "slope",
    "slope_low",
    "slope_high",
    "p_value",
    "p_adjusted",
)
_FIGURES: Final = ("slope", "slope_low", "slope_high", "p_adjusted")
_GENRES: Final = 8
_TRENDS: Final = 15


def genres_over_days(frames: Mapping[str, pd.DataFrame], day: str) -> tuple[Series, ...]:
    """Return the share of placements of the day's largest genres, on each day.

    A genre without placements on a day has a share of 0 there. No genre at all is known if every artist
    lacks one: then there is no series.

    Args:
        frames: `genre_daily` by day, oldest first.
        day: the day of the report; `frames` has it.
    """
    largest = frames[day].sort_values(["placements", "genre"], ascending=[False, True])
    names = [str(genre) for genre in largest["genre"].head(_GENRES)]
    if set(names) <= {NO_GENRE}:
        return ()
    shares = [
        dict(zip(frame["genre"], map(float, frame["placement_share"]), strict=True))
        for frame in frames.values()
    ]
    return tuple(Series(name, tuple(each.get(name, 0.0) for each in shares)) for name in names)


def release_years(frame: pd.DataFrame) -> tuple[ReleaseYear, ...]:
    """Return the release years of a day, oldest first; year 0 of the mart means that it is not known."""
    return tuple(
        ReleaseYear(row["release_year"] or None, row["placements"], row["tracks"])
        for row in rows(frame.sort_values("release_year"))
    )


def trends(frame: pd.DataFrame) -> tuple[tuple[Trend, ...], int]:
    """Return the clearest trends of a day, rising first, and the number of tested series.

    Of the windows of an entity's metric, the one with the smallest adjusted p is shown. A trend without its
    slope, interval or adjusted p is left out.
    """
    tested = int(frame["p_value"].notna().sum())
    known = frame[frame["direction"] != "none"].dropna(subset=list(_FIGURES))
    moving = sorted(rows(known), key=_clearest_first)
    shown = _first_of_each(moving)
    chosen = [
        row
        for direction in ("rising", "falling")
        for row in [row for row in shown if row["direction"] == direction][:_TRENDS]
    ]
    return tuple(map(_trend, chosen)), tested


def _clearest_first(row: Mapping[str, Any]) -> Any:
    return (row["p_adjusted"], -abs(row["slope"]), row["entity_type"], row["entity_id"], row["window_days"])


def _first_of_each(ordered: Iterable[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in ordered:
        found.setdefault((row["entity_type"], row["entity_id"], row["metric"]), row)
    return list(found.values())


def _trend(row: Mapping[str, Any]) -> Trend:
    return Trend(
        entity_type=row["entity_type"],
        entity_name=row["name"],
        metric=row["metric"],
        window_days=row["window_days"],
        direction=row["direction"],
        slope=row["slope"],
        slope_low=row["slope_low"],
        slope_high=row["slope_high"],
        observations=row["observations"],
        adjusted_p=row["p_adjusted"],
    )
