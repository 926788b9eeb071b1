"""A large synthetic catalog for benchmarks: any number of playlists, generated on request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from infra.local.spotify_api import ids, oddities, records
from infra.local.spotify_api.catalog import DEFAULT_SEED, playlist_record, private_user
from infra.local.spotify_api.content import JsonObject, StoredPlaylist
from infra.local.spotify_api.days import Rhythm
from infra.local.spotify_api.playlists import ACCOUNT_ID, ACCOUNT_NAME, Plan
from infra.local.spotify_api.records import Universe

_ITEMS_PER_TRACK = 4  # a track is in about four playlists
_TRACKS_PER_ARTIST = 10


class ScaledCatalog:
    """`playlists` playlists of `items` items each, all of the account's own, with no oddities.

    One playlist in ten changes from one day to the next: its contents move up by one. Nothing is kept but
    a cache of the last 20,000 tracks.
    """

    def __init__(self, playlists: int, items: int, *, seed: int = DEFAULT_SEED) -> None:
        self._playlists = playlists
        self._items = items
        tracks = max(100, playlists * items // _ITEMS_PER_TRACK)
        self.universe = Universe(seed, max(10, tracks // _TRACKS_PER_ARTIST), tracks, odd=False)

    def days(self) -> Sequence[dt.date]:
        """Any day can be asked for."""
        return ()

    def me(self, day: dt.date) -> JsonObject:
        """The account that owns every playlist."""
        return private_user(ACCOUNT_ID, ACCOUNT_NAME, day)

    def my_playlists(self, day: dt.date) -> Sequence[str | None]:  # noqa: ARG002 - the library does not change
        """Every playlist."""
        return [ids.encode(self.universe.seed, "playlist", number) for number in range(self._playlists)]

    def playlist(self, playlist_id: str, day: dt.date) -> StoredPlaylist | None:
        """A playlist's metadata."""
        number = self._number("playlist", playlist_id, self._playlists)
        if number is None:
            return None
        plan = Plan(f"Benchmark {number:05d}", self._items, Rhythm(period=10))
        snapshot_id = ids.snapshot_id(playlist_id, self._revision(number, day))
        return StoredPlaylist(playlist_record(playlist_id, plan, snapshot_id, day), self._items)

    def playlist_items(self, playlist_id: str, day: dt.date, offset: int, limit: int) -> list[JsonObject]:
        """A slice of a playlist's contents."""
        number = ids.decode(self.universe.seed, "playlist", playlist_id) or 0
        first = number * 7_919 + self._revision(number, day)
        added_by = oddities.added_by(ACCOUNT_ID)
        return [
            oddities.item(
                records.full_track(self.universe, (first + index) % self.universe.tracks, day),
                f"2026-03-01T{index // 3600 % 24:02d}:{index // 60 % 60:02d}:{index % 60:02d}Z",
                added_by,
            )
            for index in range(offset, min(offset + limit, self._items))
        ]

    def saved_tracks(self, day: dt.date) -> Sequence[JsonObject]:  # noqa: ARG002 - there are none on any day
        """None."""
        return ()

    def saved_episodes(self, day: dt.date) -> Sequence[JsonObject]:  # noqa: ARG002 - likewise
        """None."""
        return ()

    def recently_played(self, day: dt.date) -> Sequence[JsonObject]:  # noqa: ARG002 - likewise
        """None."""
        return ()

    def artist(self, artist_id: str, day: dt.date) -> JsonObject | None:
        """A full artist."""
        number = self._number("artist", artist_id, self.universe.artists)
        return None if number is None else records.full_artist(self.universe, number, day)

    def album(self, album_id: str, day: dt.date) -> JsonObject | None:
        """A full album."""
        number = self._number("album", album_id, self.universe.albums)
        return None if number is None else records.full_album(self.universe, number, day)

    def track(self, track_id: str, day: dt.date) -> JsonObject | None:
        """A full track."""
        number = self._number("track", track_id, self.universe.tracks)
        return None if number is None else records.full_track(self.universe, number, day)

    def _number(self, kind: str, object_id: str, count: int) -> int | None:
        number = ids.decode(self.universe.seed, kind, object_id)
        return number if number is not None and number < count else None

    def _revision(self, number: int, day: dt.date) -> int:
        return Rhythm(period=10, phase=number).revision(day)
