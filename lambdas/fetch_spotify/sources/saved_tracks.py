"""The account's saved tracks (/me/tracks), read like a playlist.

They have no snapshot_id. The list is in order of saving, latest first, so its length and its first page
change with whatever is saved or removed: their digest stands for the version.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, TypeAlias

from fetch_spotify.api_shapes import Page, payload_of
from fetch_spotify.client import SpotifyClient
from fetch_spotify.contents import Head
from fetch_spotify.context import FetchContext, Task
from fetch_spotify.errors import ApiRefused, PlaylistSkipped, ScopeNotGranted, authorize_command
from fetch_spotify.playlist_index import KnownPlaylist
from fetch_spotify.sources.playlist import NOT_READABLE
from fetch_spotify.tokens import CLIENT_CREDENTIALS
from fetch_spotify.whole_page import whole_page
from spotify_lake.raw_zone import SAVED_TRACKS, RawObject

JsonObject: TypeAlias = dict[str, Any]

SCOPES: Final = ("user-library-read",)
PURPOSE: Final = "saved tracks"
_PAGE_LIMIT: Final = 50


class SavedTracks:
    """The source: one task, or none of it readable."""

    def __init__(self, context: FetchContext) -> None:
        self._context = context

    def tasks(self) -> list[Task]:
        """The one task."""
        return [Task(SAVED_TRACKS, self._read)]

    def record_objects(self) -> list[RawObject]:
        """None: saved tracks have no record of their own."""
        return []

    def _read(self) -> KnownPlaylist:
        context = self._context
        if context.client.tokens.grant == CLIENT_CREDENTIALS:
            command = authorize_command()
            raise PlaylistSkipped(NOT_READABLE, f"Saved tracks need a user's consent: run `{command}`.")
        context.client.tokens.require(SCOPES, PURPOSE)
        known = context.index.get(SAVED_TRACKS, SAVED_TRACKS)
        if known and known.run_id == context.request.run_id:
            return known
        return context.read_contents(_Library(context.client), known)


class _Library:
    """A `Readable` over /me/tracks."""

    source = SAVED_TRACKS
    playlist_id = SAVED_TRACKS

    def __init__(self, client: SpotifyClient) -> None:
        self._client = client

    def head(self) -> Head:
        """The latest saved tracks, and the version."""
        page = self.tail(0, None)
        marks = [[item.get("added_at"), (payload_of(item) or {}).get("uri")] for item in page.items if item]
        text = json.dumps([page.total, marks])
        return Head(hashlib.sha256(text.encode()).hexdigest(), page)

    def tail(self, offset: int, limit: int | None) -> Page:
        """A page of /me/tracks; raise `PlaylistSkipped` when it is refused or CutShort."""
        try:
            return self._client.get(
                "me/tracks",
                whole_page("the saved tracks", offset, self._client.api_url),
                kind="pages",
                limit=min(limit or _PAGE_LIMIT, _PAGE_LIMIT),
                offset=offset,
            )
        except ApiRefused as error:
            if "scope" in error.message.lower():
                raise ScopeNotGranted(SCOPES, PURPOSE) from error
            raise PlaylistSkipped(NOT_READABLE, f"Spotify refuses the saved tracks: {error}.") from error

    def snapshot_id(self) -> str:
        """The version, read anew."""
        return self.head().snapshot_id
