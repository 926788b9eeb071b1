"""All playlists of the account that its token may read: one pass over /me/playlists tells what changed."""

from __future__ import annotations

import dataclasses
from typing import Any, Final, TypeAlias

from fetch_spotify.api_shapes import Page, names_in, parse_page, total_of
from fetch_spotify.clock import epoch
from fetch_spotify.contents import Seen
from fetch_spotify.context import FetchContext, Task
from fetch_spotify.errors import (
    ApiRefused,
    BrokenAnswer,
    NoPlaylistReadable,
    PlaylistSkipped,
    ScopeNotGranted,
)
from fetch_spotify.playlist_index import KnownPlaylist
from fetch_spotify.sources.playlist import NOT_FOUND, NOT_READABLE, Playlist
from fetch_spotify.tokens import CLIENT_CREDENTIALS
from spotify_lake.raw_zone import PLAYLIST_ITEMS, PLAYLISTS, RawObject, run_prefix

JsonObject: TypeAlias = dict[str, Any]

SCOPES: Final = ("playlist-read-private", "playlist-read-collaborative")
PURPOSE: Final = "all playlists of the account"
_PAGE_LIMIT: Final = 50
_MAX_PASSES: Final = 3
_FORGET_REFUSALS_AFTER_DAYS: Final = 7
_SECONDS_A_DAY: Final = 86_400
_SPOTIFY: Final = "spotify"


@dataclasses.dataclass
class _Listing:
    """The pass over /me/playlists; kept in the run's state after each page, so that no page is read twice."""

    attempt: int = 1
    next_offset: int | None = 0
    total: int | None = None
    me: str | None = None
    playlists: list[JsonObject] = dataclasses.field(default_factory=list)
    objects: list[JsonObject] = dataclasses.field(default_factory=list)


class AccountPlaylists:
    """The account's own, collaborative and followed playlists."""

    _NOTE = "account_playlists"

    def __init__(self, context: FetchContext) -> None:
        self._context = context
        self._listing = _Listing(**context.state.listing.get(self._NOTE, {}))

    def tasks(self) -> list[Task]:
        """List the account's playlists; one task each.

        Raises:
            NoPlaylistReadable: the credentials have no user, or the account lists nothing.
            ScopeNotGranted: the user's consent does not cover private or collaborative playlists.
        """
        client = self._context.client
        if client.tokens.grant == CLIENT_CREDENTIALS:
            raise NoPlaylistReadable(
                (),
                note="No playlist is named in the input or by the parameter Playlists, and the credentials "
                "have no user whose playlists could be read. Name playlists, or run `make authorize`.",
            )
        client.tokens.require(SCOPES, PURPOSE)
        while self._listing.next_offset is not None:
            self._read_page()
        unique = {playlist["id"]: playlist for playlist in self._listing.playlists}
        return [Task(key, _Read(self._context, playlist)) for key, playlist in unique.items()]

    def record_objects(self) -> list[RawObject]:
        """The stored pages of the listing."""
        return [RawObject(**body) for body in self._listing.objects]

    def _read_page(self) -> None:
        context, listing = self._context, self._listing
        offset = listing.next_offset or 0
        page = self._page(offset)
        if listing.total is not None and page.total != listing.total and listing.attempt < _MAX_PASSES:
            # A playlist came or went between two pages, so one may have slipped over the edge: begin again.
            self._listing = _Listing(attempt=listing.attempt + 1, me=listing.me)
            return
        playlists = [entry for entry in page.items if isinstance(entry, dict) and entry.get("id")]
        context.mode.saw_names(names_in(playlists))
        if context.mode.is_new_development and listing.me is None:
            listing.me = self._me()
        prefix = run_prefix(PLAYLISTS, context.request.snapshot_date, context.request.run_id)
        key = f"{prefix}listing={listing.attempt}/{offset:06d}.ndjson.gz"
        listing.playlists += [self._noted(playlist) for playlist in playlists]
        stored = context.writer.playlists(key, playlists, context.clock.timestamp())
        listing.objects.append(dataclasses.asdict(stored))
        listing.total = page.total
        listing.next_offset = page.next_offset
        # The account's own id stays in memory: the state is no place for a user's id.
        context.state.listing[self._NOTE] = {**dataclasses.asdict(listing), "me": None}
        context.store.save(context.state)

    def _page(self, offset: int) -> Page:
        client = self._context.client
        try:
            return client.get(
                "me/playlists",
                lambda body: parse_page(body, offset, client.api_url),
                kind="listing",
                limit=_PAGE_LIMIT,
                offset=offset,
            )
        except ApiRefused as error:
            if "scope" in error.message.lower():
                raise ScopeNotGranted(SCOPES, PURPOSE) from error
            raise

    def _me(self) -> str:
        return self._context.client.get("me", _own_id, kind="me")

    def _noted(self, playlist: JsonObject) -> JsonObject:
        """What the tasks need of a listed playlist; decided here, because the stored owner may be hashed."""
        owner_id = (playlist.get("owner") or {}).get("id")
        mode = self._context.mode
        is_readable = (
            not mode.is_new_development or owner_id == self._listing.me or bool(playlist.get("collaborative"))
        )
        return {
            "id": playlist["id"],
            "snapshot_id": playlist.get("snapshot_id"),
            "total": total_of(playlist),
            "is_readable": is_readable,
            "is_by_spotify": owner_id == _SPOTIFY,
        }


class _Read:
    """Reads one listed playlist."""

    def __init__(self, context: FetchContext, noted: JsonObject) -> None:
        self._context = context
        self._noted = noted
        self._playlist_id: str = noted["id"]

    def __call__(self) -> KnownPlaylist:
        context, snapshot_id = self._context, self._noted["snapshot_id"]
        if not self._noted["is_readable"]:
            raise PlaylistSkipped(
                NOT_READABLE,
                f"The playlist {self._playlist_id} is another user's: a development-mode app may read only "
                "playlists that its user owns or collaborates on.",
            )
        self._raise_remembered_refusal()
        known = context.index.get(PLAYLIST_ITEMS, self._playlist_id)
        if known and known.run_id == context.request.run_id:
            return known
        if known and snapshot_id and context.may_refer_to(known, snapshot_id):
            return known.as_unchanged(context.request.run_id)
        seen = Seen(snapshot_id, self._noted["total"]) if snapshot_id else None
        try:
            found = context.contents.read(
                Playlist(context.client, context.mode, self._playlist_id), seen=seen
            )
        except PlaylistSkipped as skipped:
            self._remember_refusal(skipped)
            raise
        context.index.put(found)
        return found

    def _raise_remembered_refusal(self) -> None:
        refused = self._context.unreadable.get(self._playlist_id)
        if refused is None:
            return
        age = self._context.clock.now() - epoch(refused["at"])
        if age < _FORGET_REFUSALS_AFTER_DAYS * _SECONDS_A_DAY:
            raise PlaylistSkipped(refused["reason"], refused["message"])

    def _remember_refusal(self, skipped: PlaylistSkipped) -> None:
        if skipped.reason not in {NOT_FOUND, NOT_READABLE}:
            return
        if skipped.reason == NOT_FOUND and self._noted["is_by_spotify"]:
            self._context.mode.saw_listed_but_hidden()
        self._context.unreadable[self._playlist_id] = {
            "reason": skipped.reason,
            "message": skipped.message,
            "at": self._context.clock.timestamp(),
        }


def _own_id(body: JsonObject) -> str:
    if not isinstance(body.get("id"), str):
        raise BrokenAnswer("an account without its id")
    return str(body["id"])
