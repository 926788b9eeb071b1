"""The source `playlists`: every playlist of the account, unless some are named (`NamedPlaylists`).

One pass over /me/playlists shows which ones changed.
"""

from __future__ import annotations

import functools
from typing import Final

from fetch_spotify.clock import epoch
from fetch_spotify.errors import (
    NoPlaylistReadable,
    PlaylistSkipped,
    authorize_command,
)
from fetch_spotify.playlists.listing import MAX_PASSES, PURPOSE, SCOPES, AccountListing, ListedPlaylist
from fetch_spotify.playlists.playlist import (
    FINAL_REFUSALS,
    NOT_FOUND,
    NOT_READABLE,
    NamedPlaylists,
    Playlist,
    read_named,
)
from fetch_spotify.playlists.snapshot import ListedVersion
from fetch_spotify.playlists.source import FetchContext, PlaylistRead, Source, SourceSpec, Task
from fetch_spotify.spotify.auth import CLIENT_CREDENTIALS
from fetch_spotify.storage.run_state import Refusal
from spotify_lake.contract.raw_zone import PLAYLIST_ITEMS, RawObject

_FORGET_REFUSALS_AFTER_DAYS: Final = 7
_SECONDS_PER_DAY: Final = 86_400
UNSETTLED: Final = "ListingKeepsChanging"


class AccountPlaylists:
    """The source of the account's own, collaborative and followed playlists."""

    def __init__(self, context: FetchContext) -> None:
        self._context = context
        self._listing = AccountListing(context)

    def tasks(self) -> list[Task]:
        """List the account's playlists and return one task for each.

        When the list contradicts itself, the playlists of the last complete list are read as well, and one
        more task reports the problem.

        Raises:
            NoPlaylistReadable: the credentials have no user, or the account lists nothing.
            ScopeNotGranted: the user's consent does not cover private or collaborative playlists.
        """
        client = self._context.client
        if client.tokens.grant == CLIENT_CREDENTIALS:
            raise NoPlaylistReadable(
                (),
                note="No playlist is named in the input or by the parameter Playlists, and the credentials "
                "have no user whose playlists could be read. Name playlists, or run "
                f"`{authorize_command()}`.",
            )
        client.tokens.require(SCOPES, PURPOSE)
        playlists = self._listing.read()
        tasks = [Task(key, functools.partial(self._read, listed)) for key, listed in playlists.items()]
        if self._listing.is_settled:
            self._context.memory.listed = list(playlists)
            return tasks
        missing = [key for key in self._context.memory.listed if key not in playlists]
        tasks += [Task(key, functools.partial(read_named, self._context, key)) for key in missing]
        report = functools.partial(self._report_unsettled, len(playlists))
        return [*tasks, Task("me/playlists", report)]

    def record_objects(self) -> list[RawObject]:
        """Return the stored pages of the listing."""
        return self._listing.objects

    def _report_unsettled(self, shown: int) -> PlaylistRead:
        raise PlaylistSkipped(
            UNSETTLED,
            f"The list of the account's playlists contradicted itself each of the {MAX_PASSES} times it was"
            f" read (at last {shown} of {self._listing.total} were shown): a new one may be missing today."
            " The next run lists them again.",
        )

    def _read(self, listed: ListedPlaylist) -> PlaylistRead:
        """Read one listed playlist, or refer to its stored contents when the list shows no change."""
        context = self._context
        if not listed.is_readable:
            raise PlaylistSkipped(
                NOT_READABLE,
                f"The playlist {listed.id} is another user's: a development-mode app may read only "
                "playlists that its user owns or collaborates on.",
            )
        known = context.index.get(PLAYLIST_ITEMS, listed.id)
        if known and known.run_id == context.request.run_id:
            return PlaylistRead(known)
        if known and listed.snapshot_id and context.may_refer_to(known, listed.snapshot_id, listed.total):
            return PlaylistRead(known.as_unchanged(context.request.run_id))
        if known is None:
            self._raise_remembered_refusal(listed.id)
        version = ListedVersion(listed.snapshot_id, listed.total) if listed.snapshot_id else None
        playlist = Playlist(context.client, context.mode, listed.id)
        try:
            return context.read_playlist(playlist, known, listed=version)
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


def _build(context: FetchContext) -> Source:
    named = context.request.playlists or context.config.default_playlists
    return NamedPlaylists(context, named) if named else AccountPlaylists(context)


SOURCE: Final = SourceSpec("playlists", PURPOSE, SCOPES, _build, needs_account=False)
