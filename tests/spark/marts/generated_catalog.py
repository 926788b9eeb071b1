"""The tables of generated days, with values that are unknown, and values that are older than their day."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from tests.spark.marts.curated_lake import Row
from tests.spark.marts.days import Contents, at, day_tables

GENRES: tuple[list[str] | None, ...] = (["pop", "rock"], ["pop"], [], None, ["jazz"])
RELEASES = (dt.date(1999, 12, 31), dt.date(2019, 5, 1), dt.date(2024, 1, 1), None)


class GeneratedCatalog:
    """What Spotify says of playlists, tracks and artists, some of which is read again on each day.

    Args:
        seed: of the random choices.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._known: dict[str, tuple[int | None, dt.datetime]] = {}

    def tables(self, day: str, contents: Contents) -> dict[str, list[Row]]:
        """Return the tables of the next day."""
        made = day_tables(day, contents)
        tracks = [int(row["track_id"][1:]) for row in made["tracks"]]
        credits_ = {track: sorted({track % 3, (track + track % 2) % 5}) for track in tracks}
        credited = sorted({artist for artists in credits_.values() for artist in artists})
        return made | {
            "playlists": [self._playlist(day, row) for row in made["playlists"]],
            "tracks": [self._track(day, track) for track in tracks],
            "albums": [
                {"album_id": f"al{album}", "release_date": RELEASES[album], "fetched_at": at(day)}
                for album in sorted({track // 2 for track in tracks if track != 7})
            ],
            "track_artists": [
                {"track_id": f"t{track}", "artist_id": f"ar{artist}", "artist_position": place}
                for track, artists in credits_.items()
                for place, artist in enumerate(artists)
            ],
            "artists": [self._artist(day, artist) for artist in credited],
        }

    def _read(self, day: str, name: str) -> tuple[int | None, dt.datetime]:
        """A value that may be unknown, and when it was read: on the day, or on an earlier one."""
        if name not in self._known or self._chance.random() < 0.6:
            value = self._chance.choice((None, *range(5)))
            self._known[name] = (value, at(day) - dt.timedelta(hours=self._chance.choice((0, 7))))
        return self._known[name]

    def _playlist(self, day: str, row: Row) -> Row:
        followers, observed_at = self._read(day, row["playlist_id"])
        return row | {
            "followers": followers,
            "followers_observed_at": None if followers is None else observed_at,
        }

    def _track(self, day: str, track: int) -> Row:
        popularity, observed_at = self._read(day, f"t{track}")
        return {
            "track_id": f"t{track}",
            "name": None if track == 3 else f"T{track}",
            "album_id": None if track == 7 else f"al{track // 2}",
            "isrc": None if track in (5, 6) else f"ISRC{track // 3}",
            "popularity": popularity,
            "fetched_at": observed_at,
        }

    def _artist(self, day: str, artist: int) -> Row:
        genres: Any = GENRES[artist]
        followers, observed_at = self._read(day, f"ar{artist}")
        return {
            "artist_id": f"ar{artist}",
            "name": f"Artist {artist}",
            "genres": genres,
            "is_full": genres is not None,
            "followers": None if genres is None else followers,
            "popularity": None if genres is None or followers is None else followers * 10,
            "fetched_at": observed_at,
        }
