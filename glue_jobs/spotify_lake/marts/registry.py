"""Every mart that the job makes, in an order in which each comes after those that it needs."""

from __future__ import annotations

from typing import Final

from spotify_lake.marts import (
    artist_daily,
    charts,
    genre_daily,
    playlist_changes,
    playlist_daily,
    playlist_stays,
    recordings,
    release_profile_daily,
    track_daily,
    trend_signals,
)

MARTS: Final = (
    playlist_daily.MART,
    playlist_changes.MART,
    playlist_stays.MART,
    charts.TOTALS,
    charts.POSITIONS,
    track_daily.MART,
    artist_daily.MART,
    genre_daily.MART,
    release_profile_daily.MART,
    recordings.RECORDINGS_MART,
    recordings.DUPLICATES_MART,
    trend_signals.MART,
)
