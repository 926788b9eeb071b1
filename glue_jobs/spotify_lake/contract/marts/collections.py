"""Marts of what the day's playlists consist of: genres, release years, recordings and duplicates."""

from __future__ import annotations

from typing import Final

from spotify_lake.contract.marts.columns import (
    MAIN_ARTIST_NAME,
    PLAYLIST_ID,
    PLAYLIST_NAME,
    TRACK_NAME,
    changes,
    count,
    figure,
)
from spotify_lake.contract.tables import Column, Table

NO_GENRE: Final = "(no genre)"
"""The genre of artists without one. Spotify's genres have no parentheses, and a key cannot be null."""

_PLACEMENTS: Final = count("placements", "Number of positions with such a track.", minimum=1)


def _share(of: str, what: str) -> Column:
    return Column(
        f"{of}_share",
        "double",
        f"{what} as a part of all, 0 to 1. The shares of a day add up to more than 1, because a track may"
        " have several genres.",
        nullable=False,
        minimum=0,
        maximum=1,
        severity="halt",
    )


_PLACEMENT_SHARE: Final = _share("placement", "placements")

GENRE_DAILY: Final = Table(
    name="genre_daily",
    description="Genres of the day's playlists. A track has every genre of each of its artists. Genres are as"
    " of the artist's full record, which may have been read days before snapshot_date (artists.fetched_at).",
    grain="one genre per day",
    columns=(
        Column(
            "genre",
            "string",
            f"The genre, as Spotify spells it. {NO_GENRE} stands for artists that have none, or whose genres"
            " were not read: as soon as one artist of a track has none, the track counts there too.",
            nullable=False,
        ),
        _PLACEMENTS,
        _PLACEMENT_SHARE,
        count(
            "appearances",
            "Number of credits of artists with the genre: a position with two of them counts twice.",
            minimum=1,
        ),
        count("tracks", "Number of different tracks with the genre.", minimum=1),
        _share("track", "tracks"),
        count("artists", "Number of different artists with the genre.", minimum=1),
        _share("artist", "artists"),
        *changes((_PLACEMENTS, _PLACEMENT_SHARE)),
    ),
    key=("genre",),
    row_count_is_watched=False,
)

RELEASE_PROFILE_DAILY: Final = Table(
    name="release_profile_daily",
    description="Release years of the tracks in the day's playlists, by the release date of their albums.",
    grain="one release year per day",
    columns=(
        count(
            "release_year",
            "Year of the album's release. 0 if the date is unknown: Spotify writes 0000.",
        ),
        figure("decade", "int", "First year of its decade, for example 1990. Null if the date is unknown."),
        _PLACEMENTS,
        count("tracks", "Number of different tracks.", minimum=1),
        count("playlists", "Number of the day's playlists with such a track.", minimum=1),
    ),
    key=("release_year",),
    row_count_is_watched=False,
)

RECORDINGS: Final = Table(
    name="recordings",
    description="The recordings in the day's playlists, so that a recording with several track ids (single,"
    " album, compilation) can be counted once. Tracks without an ISRC are left out: their recording is not"
    " known.",
    grain="one recording per day",
    columns=(
        Column("isrc", "string", "International Standard Recording Code. Join to tracks.", nullable=False),
        Column(
            "canonical_track_id",
            "string",
            "The track that represents the recording: the one in the most playlists of the day, then the one"
            " whose album was released first (unknown dates last), then the smallest id.",
            nullable=False,
        ),
        Column("name", "string", "Title of the canonical track."),
        MAIN_ARTIST_NAME,
        count("tracks", "Number of track ids in the day's playlists.", minimum=1),
        Column(
            "track_ids",
            "array<string>",
            "Its track ids in the day's playlists, the canonical one first, and on by the same rule.",
            nullable=False,
        ),
        Column("album_ids", "array<string>", "The albums of these tracks, in order.", nullable=False),
        count("playlists", "Number of the day's playlists with any of them.", minimum=1),
        count("placements", "Number of positions with any of them.", minimum=1),
    ),
    key=("isrc",),
    row_count_is_watched=False,
)

DUPLICATES: Final = Table(
    name="duplicates",
    description="Recordings that are in a playlist of the day more than once: the same ISRC or, without an"
    " ISRC, the same track.",
    grain="one recording of a playlist per day",
    columns=(
        PLAYLIST_ID,
        PLAYLIST_NAME,
        Column("recording_id", "string", "The ISRC, or the track id if the track has none.", nullable=False),
        Column("isrc", "string", "The ISRC. Null if the track has none."),
        Column("track_name", "string", f"{TRACK_NAME.description[:-1]} at the first of the positions."),
        MAIN_ARTIST_NAME,
        count("copies", "Number of positions with the recording.", minimum=2),
        Column("positions", "array<int>", "These positions, from 0, in order.", nullable=False),
        Column("track_ids", "array<string>", "The track at each of the positions.", nullable=False),
    ),
    key=("playlist_id", "recording_id"),
    row_count_is_watched=False,
)
