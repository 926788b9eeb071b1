"""The interface that the catalogs of the local Spotify share: synthetic, large and recorded.

A catalog returns records in the *extended* form of the API (`tracks`, `track`, all fields) or, for recorded
answers, as they were recorded. `fields` converts them to what an app of the configured mode gets.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeAlias

JsonObject: TypeAlias = dict[str, Any]

SPOTIFY_USER: Final = "spotify"


@dataclasses.dataclass(frozen=True)
class StoredPlaylist:
    """A playlist on one day, without its contents.

    Attributes:
        record: the API's playlist object without its contents page.
        total: the number of items that can be served.
        contents_keys: the names under which the contents page goes: `tracks`, `items`, or both as recorded.
        is_collaborator: whether the account may write to it though it is another's.
    """

    record: JsonObject
    total: int
    contents_keys: tuple[str, ...] = ("tracks",)
    is_collaborator: bool = False

    @property
    def owner_id(self) -> str | None:
        """The owner's user id; None where the record has no owner."""
        owner = self.record.get("owner") or {}
        owner_id = owner.get("id")
        return None if owner_id is None else str(owner_id)

    @property
    def is_made_by_spotify(self) -> bool:
        """Editorial and algorithmic playlists: 404 for an app without extended quota."""
        return self.owner_id == SPOTIFY_USER

    @property
    def is_private(self) -> bool:
        """Only an explicit `false` is private; `null` means unknown."""
        return self.record.get("public") is False


class Catalog(Protocol):
    """A catalog that changes from day to day. Every method is a pure function of its arguments.

    Answers may be shared between calls: a caller changes none of them in place.
    """

    def days(self) -> Sequence[dt.date]:
        """The days on which something differs, ascending; empty when any day can be asked for."""

    def me(self, day: dt.date) -> JsonObject:
        """The account behind a user token: a complete private user object."""

    def my_playlists(self, day: dt.date) -> Sequence[str | None]:
        """Ids in the order of GET /me/playlists; None for a null entry."""

    def playlist(self, playlist_id: str, day: dt.date) -> StoredPlaylist | None:
        """A playlist's metadata; None when there is no such playlist on that day."""

    def playlist_items(
        self, playlist_id: str, day: dt.date, offset: int, limit: int
    ) -> Sequence[JsonObject | None]:
        """A slice of a playlist's contents, in order; None for a null entry."""

    def saved_tracks(self, day: dt.date) -> Sequence[JsonObject | None]:
        """The account's saved tracks, `{added_at, track}`, latest first; None for a null entry."""

    def saved_episodes(self, day: dt.date) -> Sequence[JsonObject]:
        """The account's saved episodes, `{added_at, episode}`, latest first."""

    def recently_played(self, day: dt.date) -> Sequence[JsonObject]:
        """The account's last plays, `{track, played_at, context}`, latest first."""

    def artist(self, artist_id: str, day: dt.date) -> JsonObject | None:
        """A full artist; None when unknown, or known only from a credit."""

    def album(self, album_id: str, day: dt.date) -> JsonObject | None:
        """A full album with its page of tracks."""

    def track(self, track_id: str, day: dt.date) -> JsonObject | None:
        """A full track."""
