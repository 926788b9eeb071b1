"""Playlists named by id, link or URI: one call each tells whether one has changed, and brings it if so.

The call is the head, not one with `fields`: it costs the quota the same, and a playlist that did change
(charts do every day) is then read with one call less.
"""

from __future__ import annotations

from collections.abc import Sequence

from common.playlist_refs import InvalidPlaylistReference, playlist_id_of
from fetch_spotify.errors import PlaylistSkipped
from fetch_spotify.playlists.playlist import Playlist
from fetch_spotify.playlists.source import FetchContext, Task
from fetch_spotify.storage.playlist_index import KnownPlaylist
from spotify_lake.contract.raw_zone import PLAYLIST_ITEMS, RawObject


class NamedPlaylists:
    """The playlists of the execution's input or of the configuration."""

    def __init__(self, context: FetchContext, references: Sequence[str]) -> None:
        self._context = context
        self._references = references

    def tasks(self) -> list[Task]:
        """One task a playlist; a playlist named twice is read once."""
        tasks: dict[str, Task] = {}
        for text in self._references:
            try:
                playlist_id = playlist_id_of(text)
            except InvalidPlaylistReference as error:
                tasks[text] = Task(text, _refuse(error))
            else:
                tasks[playlist_id] = Task(playlist_id, ReadById(self._context, playlist_id))
        return list(tasks.values())

    def record_objects(self) -> list[RawObject]:
        """None: each playlist's own record is stored as it is read."""
        return []


class ReadById:
    """Reads one playlist by its id."""

    def __init__(self, context: FetchContext, playlist_id: str) -> None:
        self._context = context
        self._playlist_id = playlist_id

    def __call__(self) -> KnownPlaylist:
        """Return its contents; raise `PlaylistSkipped` when they cannot be read."""
        context = self._context
        known = context.index.get(PLAYLIST_ITEMS, self._playlist_id)
        if known and known.run_id == context.request.run_id:
            return known
        return context.read_contents(Playlist(context.client, context.mode, self._playlist_id), known)


class _refuse:  # noqa: N801 - a task's work, like a function
    def __init__(self, error: InvalidPlaylistReference) -> None:
        self._error = error

    def __call__(self) -> KnownPlaylist:
        raise PlaylistSkipped(type(self._error).__name__, str(self._error))
