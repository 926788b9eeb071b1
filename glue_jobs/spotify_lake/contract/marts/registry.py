"""Every mart of the contract, and all tables of the lake."""

from __future__ import annotations

import dataclasses
from typing import Final

from spotify_lake.contract.marts import collections, entities, forecasts, playlists, trends
from spotify_lake.contract.tables import QUALITY_RESULTS, TABLES, Table

MART_QUALITY_RESULTS: Final = dataclasses.replace(
    QUALITY_RESULTS,
    name="mart_quality_results",
    description="Results of the quality rules for the marts of the day.",
)

MARTS: Final = (
    playlists.PLAYLIST_DAILY,
    playlists.PLAYLIST_CHANGES,
    playlists.PLAYLIST_STAYS,
    playlists.CHART_TOTALS,
    playlists.CHART_POSITIONS,
    entities.TRACK_DAILY,
    entities.ARTIST_DAILY,
    collections.GENRE_DAILY,
    collections.RELEASE_PROFILE_DAILY,
    collections.RECORDINGS,
    collections.DUPLICATES,
    trends.TREND_SIGNALS,
    forecasts.POPULARITY_FORECAST,
    forecasts.FORECAST_BACKTEST,
    MART_QUALITY_RESULTS,
)
"""Every mart, in the order of the documentation."""

ALL_TABLES: Final[tuple[Table, ...]] = (*TABLES, *MARTS)
"""Every table of the lake: those that `normalize_spotify` makes, then the marts."""
