"""Marts with one row per track or artist and day: where it is listed, its reach, its popularity."""

from __future__ import annotations

from typing import Final

from spotify_lake.contract.marts.columns import (
    MAIN_ARTIST_ID,
    MAIN_ARTIST_NAME,
    changes,
    count,
    figure,
    flag,
    observed_changes,
)
from spotify_lake.contract.tables import ARTISTS, TRACKS, Column, Table

_OLDER_MODES: Final = TRACKS.column("popularity").modes

_APPEARANCES: Final = "Number of positions in the day's playlists, all playlists together."
_PLAYLISTS: Final = count("playlists", "Number of the day's playlists that it is in.", minimum=1)
_BEST_POSITION: Final = count("best_position", "Its best position in any of them, from 0.")
_REACH: Final = figure(
    "reach",
    "bigint",
    "Sum of the followers of the playlists that it is in, as far as they are known on the day. Users who"
    " follow several of them are counted several times. Null if none is known.",
)
_WITHOUT_FOLLOWERS: Final = count(
    "playlists_without_followers",
    "Number of playlists that it is in whose followers are not known on the day. reach lacks them.",
)
_RANKS: Final = (
    figure(
        "rank_by_reach",
        "int",
        "Rank by reach, from 1. Equal reach has the same rank, and the ranks after it are skipped. Null"
        " without reach.",
        minimum=1,
    ),
    count("rank_by_playlists", "Rank by playlists, from 1. Ties as in rank_by_reach.", minimum=1),
)
_REACH_CHANGES: Final = changes((_REACH,), or_null_if="playlists_without_followers differs")


def _popularity(observed_at: str) -> Column:
    return Column(
        "popularity",
        "int",
        f"0 (least popular) to 100, as of {observed_at}. Null if the app may not read it (development mode)"
        " or if the full record was not read.",
        minimum=0,
        maximum=100,
        severity="halt",
        modes=_OLDER_MODES,
    )


_TRACK_APPEARANCES: Final = count("appearances", _APPEARANCES, minimum=1)
_TRACK_POPULARITY: Final = _popularity("popularity_observed_at")

TRACK_DAILY: Final = Table(
    name="track_daily",
    description="Every track in the day's playlists: in how many it is, how many followers they have, its"
    " popularity, and the changes.",
    grain="one track per day",
    columns=(
        Column("track_id", "string", "The track. Join to tracks.", nullable=False),
        Column("name", "string", "Title of the track."),
        MAIN_ARTIST_ID,
        MAIN_ARTIST_NAME,
        _PLAYLISTS,
        _TRACK_APPEARANCES,
        _BEST_POSITION,
        _REACH,
        _WITHOUT_FOLLOWERS,
        *_RANKS,
        _TRACK_POPULARITY,
        Column(
            "popularity_observed_at",
            "timestamp",
            "When Spotify returned this popularity, UTC. Null if popularity is null.",
            modes=_OLDER_MODES,
        ),
        flag(
            "is_popularity_observed",
            "Whether popularity was read for this day, not repeated from an earlier one.",
        ),
        *changes((_PLAYLISTS, _TRACK_APPEARANCES, _BEST_POSITION)),
        *_REACH_CHANGES,
        *observed_changes((_TRACK_POPULARITY,)),
    ),
    key=("track_id",),
    row_count_is_watched=False,
)

_TRACKS: Final = count("tracks", "Number of different tracks in the day's playlists.", minimum=1)
_ARTIST_APPEARANCES: Final = count(
    "appearances", f"{_APPEARANCES} A track by several artists counts for each.", minimum=1
)
_ARTIST_POPULARITY: Final = _popularity("observed_at")
_FOLLOWERS: Final = Column(
    "followers",
    "bigint",
    "Number of the artist's followers, as of observed_at. Null if the app may not read it or if the full"
    " record was not read.",
    minimum=0,
    severity="halt",
    modes=ARTISTS.column("followers").modes,
)

ARTIST_DAILY: Final = Table(
    name="artist_daily",
    description="Every artist who is credited on a track in the day's playlists: tracks and playlists, how"
    " many followers these have, the artist's own followers and popularity, and the changes.",
    grain="one artist per day",
    columns=(
        Column("artist_id", "string", "The artist. Join to artists.", nullable=False),
        Column("name", "string", "Name of the artist."),
        _TRACKS,
        _PLAYLISTS,
        _ARTIST_APPEARANCES,
        _BEST_POSITION,
        _REACH,
        _WITHOUT_FOLLOWERS,
        *_RANKS,
        _FOLLOWERS,
        _ARTIST_POPULARITY,
        Column(
            "observed_at",
            "timestamp",
            "When Spotify returned these followers and this popularity, UTC. It may be days before"
            " snapshot_date (ArtistRefreshDays). Null if the full record was not read.",
        ),
        flag(
            "is_observed",
            "Whether the full record was read for this day, not repeated from an earlier one.",
        ),
        *changes((_TRACKS, _PLAYLISTS, _ARTIST_APPEARANCES, _BEST_POSITION)),
        *_REACH_CHANGES,
        *observed_changes((_FOLLOWERS, _ARTIST_POPULARITY)),
    ),
    key=("artist_id",),
    row_count_is_watched=False,
)
