"""The source `playlists`: every playlist of the account, or those that the input or the configuration names.

One pass over /me/playlists shows which ones changed. A named playlist takes one call per run, which shows its
version and embeds its first items. A call with `fields=snapshot_id` would count the same, and a playlist that
did change (charts do every day) would take another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from common.playlist_refs import InvalidPlaylistReference, playlist_id_of
from fetch_spotify.clock import epoch
from fetch_spotify.context import FetchContext
from fetch_spotify.errors import NoPlaylistReadable, PlaylistSkipped, authorize_command
from fetch_spotify.playlists.listing import MAX_PASSES, PURPOSE, SCOPES, AccountListing, ListedPlaylist
from fetch_spotify.playlists.playlist import FINAL_REFUSALS, NOT_FOUND, NOT_READABLE, Playlist
from fetch_spotify.playlists.reader import PlaylistRead
from fetch_spotify.playlists.source import Source, SourceListing, SourceSpec
from fetch_spotify.spotify.auth import CLIENT_CREDENTIALS
from fetch_spotify.storage.run_state import Refusal
from fetch_spotify.storage.snapshots import PlaylistVersion
from spotify_lake.contract.raw_zone import PLAYLIST_ITEMS, SkippedPlaylist

_FORGET_REFUSALS_AFTER_DAYS: Final = 7
_SECONDS_PER_DAY: Final = 86_400
UNSETTLED: Final = "ListingKeepsChanging"


class AccountPlaylists:
    """The source of the account's own, collaborative and followed playlists."""

    def __init__(self, context: FetchContext) -> None:
        self._context = context
        self._listing = AccountListing(context)
        self._listed: dict[str, ListedPlaylist] = {}

    def list_playlists(self) -> SourceListing:
        """List the account's playlists.

        When the list contradicts itself, the playlists of the last complete list are read as well.

        Raises:
            NoPlaylistReadable: the credentials have no user, or the account lists nothing.
            ScopeNotGranted: the user's consent does not cover private or collaborative playlists.
        """
        client, memory = self._context.client, self._context.memory
        if client.tokens.grant == CLIENT_CREDENTIALS:
            raise NoPlaylistReadable(
                (),
                note="No playlist is named in the input or by the parameter Playlists, and the credentials "
                "have no user whose playlists could be read. Name playlists, or run "
                f"`{authorize_command()}`.",
            )
        client.tokens.require(SCOPES, PURPOSE)
        self._listed = self._listing.read()
        if self._listing.is_settled:
            memory.listed = list(self._listed)
            return SourceListing(tuple(self._listed), self._listing.records)
        missing = (playlist for playlist in memory.listed if playlist not in self._listed)
        problem = SkippedPlaylist(
            "me/playlists",
            UNSETTLED,
            f"The list of the account's playlists contradicted itself each of the {MAX_PASSES} times it was"
            f" read (the last one showed {len(self._listed)} of {self._listing.total}). A new playlist may be"
            " missing today. The next run lists them again.",
        )
        return SourceListing((*self._listed, *missing), self._listing.records, (problem,))

    def read(self, playlist: str) -> PlaylistRead:
        """Read a playlist, or refer to its stored contents when the list shows no change."""
        context, listed = self._context, self._listed.get(playlist)
        if listed is None:
            return read_named(context, playlist)
        if not listed.is_readable:
            raise PlaylistSkipped(
                NOT_READABLE,
                f"The playlist {listed.id} is another user's: a development-mode app may read only "
                "playlists that its user owns or collaborates on.",
            )
        known = context.reader.known(PLAYLIST_ITEMS, listed.id)
        if known is None:
            self._raise_remembered_refusal(listed.id)
        version = PlaylistVersion(listed.snapshot_id, listed.total) if listed.snapshot_id else None
        try:
            return context.reader.read(
                Playlist(context.client, context.mode, listed.id), known, listed=version
            )
        except PlaylistSkipped as skipped:
            if skipped.reason in FINAL_REFUSALS:
                self._remember_refusal(listed, skipped, was_read=known is not None)
            raise

    def _raise_remembered_refusal(self, playlist_id: str) -> None:
        refusal = self._context.memory.refusals.get(playlist_id)
        if refusal is None:
            return
        age = self._context.clock.now() - epoch(refusal.at)
        if age < _FORGET_REFUSALS_AFTER_DAYS * _SECONDS_PER_DAY:
            raise PlaylistSkipped(refusal.reason, refusal.message)

    def _remember_refusal(self, listed: ListedPlaylist, skipped: PlaylistSkipped, *, was_read: bool) -> None:
        if skipped.reason == NOT_FOUND and listed.is_made_by_spotify:
            self._context.mode.saw_spotify_made(hidden=True)
        # The refusal of an own playlist, or of one that could be read before, may be temporary.
        if was_read or (not listed.is_made_by_spotify and self._listing.is_own(listed)):
            return
        at = self._context.clock.timestamp()
        self._context.memory.refusals[listed.id] = Refusal(skipped.reason, skipped.message, at)


class NamedPlaylists:
    """The playlists that the execution's input or the configuration names."""

    def __init__(self, context: FetchContext, references: Sequence[str]) -> None:
        self._context = context
        self._references = references

    def list_playlists(self) -> SourceListing:
        """Return the playlists, each once."""
        return SourceListing(tuple(dict.fromkeys(_id_if_valid(text) for text in self._references)))

    def read(self, playlist: str) -> PlaylistRead:
        """Read a playlist."""
        return read_named(self._context, playlist)


def read_named(context: FetchContext, reference: str) -> PlaylistRead:
    """Read a playlist by its id, link or URI; raise `PlaylistSkipped` when it cannot be read."""
    try:
        playlist_id = playlist_id_of(reference)
    except InvalidPlaylistReference as error:
        raise PlaylistSkipped(type(error).__name__, str(error)) from error
    known = context.reader.known(PLAYLIST_ITEMS, playlist_id)
    return context.reader.read(Playlist(context.client, context.mode, playlist_id), known)


def _id_if_valid(reference: str) -> str:
    try:
        return playlist_id_of(reference)
    except InvalidPlaylistReference:
        return reference  # `read_named` reports it


def _build(context: FetchContext) -> Source:
    named = context.request.playlists or context.config.default_playlists
    return NamedPlaylists(context, named) if named else AccountPlaylists(context)


SOURCE: Final = SourceSpec("playlists", PURPOSE, SCOPES, _build, needs_account=False)
