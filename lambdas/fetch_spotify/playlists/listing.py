"""The list of the account's playlists, read page by page and checked for completeness."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from typing import Any, Final, TypeAlias

import msgspec

from fetch_spotify.context import FetchContext
from fetch_spotify.errors import ApiRefused, BrokenAnswer, ScopeNotGranted
from fetch_spotify.spotify.list_pages import ListPages, TotalChanged, UnusablePage
from fetch_spotify.spotify.shapes import Page, is_made_by_spotify, names_in, owner_id_of, total_of
from spotify_lake.contract.raw_zone import PLAYLISTS, RawObject, run_prefix

JsonObject: TypeAlias = dict[str, Any]

SCOPES: Final = ("playlist-read-private", "playlist-read-collaborative")
PURPOSE: Final = "all playlists of the account"
MAX_PASSES: Final = 3
_PAGE_LIMIT: Final = 50
_STATE: Final = "account_playlists"


class ListedPlaylist(msgspec.Struct):
    """A listed playlist.

    Attributes:
        id, snapshot_id, total: as listed.
        owner: a hash of the owner's id (`_hash_id`); None when the owner is not shown.
        is_readable: whether this kind of app may read its contents.
        is_made_by_spotify: whether Spotify owns it.
    """

    id: str
    snapshot_id: str | None
    total: int | None
    owner: str | None
    is_readable: bool
    is_made_by_spotify: bool


class _Pass(msgspec.Struct):
    """One pass over /me/playlists; saved in the run's state after each page, so that no page is read twice.

    Attributes:
        attempt: counts the passes from 1.
        next_offset: the offset of the next page; None when the pass is over.
        total: the number of playlists by the first page.
        me: a hash of the account's id (`_hash_id`); None while it is unknown.
        blanks: slots without a playlist.
        gaps: pages that contradicted the list at every attempt, so that playlists may be missing.
        is_settled: False when no pass agreed with its total or with the previous pass.
        earlier: the ids of the previous pass.
        playlists: the listed playlists.
        objects: the stored pages.
    """

    attempt: int = 1
    next_offset: int | None = 0
    total: int | None = None
    me: str | None = None
    blanks: int = 0
    gaps: int = 0
    is_settled: bool = True
    earlier: list[str] = []
    playlists: list[ListedPlaylist] = []
    objects: list[RawObject] = []

    @property
    def ids(self) -> list[str]:
        """The playlists listed, each once."""
        return sorted({playlist.id for playlist in self.playlists})

    @property
    def is_complete(self) -> bool:
        """Whether no playlist was missed because the list changed between two pages.

        Spotify may leave out slots permanently, so two passes with the same ids count as complete as well.
        """
        if self.total is not None and len(self.ids) >= self.total:
            return True
        if not self.gaps and (self.total is None or len(self.ids) + self.blanks >= self.total):
            return True
        return not self.gaps and self.ids == self.earlier


class AccountListing:
    """Reads the list of the account's playlists; a run that is resumed continues with the next page."""

    def __init__(self, context: FetchContext) -> None:
        self._context = context
        self._pass = msgspec.convert(context.state.listing.get(_STATE, {}), _Pass)
        self._pages = self._new_pages(self._pass.total)
        self._lock = threading.Lock()

    def read(self) -> dict[str, ListedPlaylist]:
        """Read the pages that are missing; return the playlists by id."""
        while self._pass.next_offset is not None:
            self._read_page()
        return {playlist.id: playlist for playlist in self._pass.playlists}

    @property
    def is_settled(self) -> bool:
        """Whether the list did not contradict itself in the last pass."""
        return self._pass.is_settled

    @property
    def total(self) -> int | None:
        """The number of playlists by Spotify's count."""
        return self._pass.total

    @property
    def records(self) -> tuple[RawObject, ...]:
        """The stored pages."""
        return tuple(self._pass.objects)

    def _read_page(self) -> None:
        context, listing = self._context, self._pass
        offset = listing.next_offset or 0
        try:
            page = self._page(offset)
        except TotalChanged as changed:
            if self._restart():
                return  # the list changed between two pages, so a playlist may have been missed
            self._pages.total = changed.page.total
            page = self._salvage(changed.page)
        except UnusablePage as unusable:
            page = self._salvage(unusable.page)
        playlists = [
            entry
            for entry in page.items
            if isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"]
        ]
        context.mode.saw_names(names_in(playlists))
        if context.mode.is_new_development and listing.me is None:
            listing.me = self._own_id()
        listing.blanks += len(page.items) - len(playlists)
        prefix = run_prefix(PLAYLISTS, context.request.snapshot_date, context.request.run_id)
        key = f"{prefix}listing={listing.attempt}/{offset:06d}.ndjson.gz"
        listing.playlists += [self._listed_playlist(playlist) for playlist in playlists]
        if playlists:
            stored = context.writer.playlists(key, playlists, context.clock.timestamp())
            listing.objects.append(stored)
        self._pages.add(page)
        listing.total = self._pages.total
        listing.next_offset = page.next_offset
        if page.next_offset is None and not listing.is_complete:
            self._restart()
        context.state.listing[_STATE] = msgspec.to_builtins(self._pass)
        context.store.save(context.state)

    def _salvage(self, page: Page) -> Page:
        """Use the playlists of a wrong page, because each playlist is read by its id anyway.

        Its `next` is ignored: the next page follows it, unless this is a further wrong page without a new
        playlist.
        """
        listing = self._pass
        listing.gaps += 1
        known = set(listing.ids)
        is_new = any(isinstance(entry, dict) and entry.get("id") not in known for entry in page.items)
        following, total = page.offset + _PAGE_LIMIT, self._pages.total or page.total or 0
        has_next = following < total and (is_new or listing.gaps == 1)
        return dataclasses.replace(page, next_offset=following if has_next else None)

    def _restart(self) -> bool:
        """Begin another pass; return False after the last one, whose list is then used and reported."""
        listing = self._pass
        listing.is_settled = listing.attempt < MAX_PASSES
        if listing.is_settled:
            self._pass = _Pass(attempt=listing.attempt + 1, me=listing.me, earlier=listing.ids)
            self._pages = self._new_pages(None)
        return listing.is_settled

    def _page(self, offset: int) -> Page:
        client = self._context.client
        try:
            return client.get(
                "me/playlists",
                lambda body, is_last: self._pages.check(body, offset, _PAGE_LIMIT, is_last=is_last),
                kind="listing",
                limit=_PAGE_LIMIT,
                offset=offset,
            )
        except ApiRefused as error:
            if "scope" in error.message.lower():
                raise ScopeNotGranted(SCOPES, PURPOSE) from error
            raise

    def _new_pages(self, total: int | None) -> ListPages:
        return ListPages("the account's playlists", self._context.client.api_url, total)

    def _own_id(self) -> str:
        return self._hash_id(self._context.client.get("me", _id_of, kind="me"))

    def _hash_id(self, user_id: str) -> str:
        """Hash a user id for the run's state, because the deployment may forbid to store it."""
        return hashlib.sha256(f"{self._context.request.run_id} {user_id}".encode()).hexdigest()[:16]

    def is_own(self, listed: ListedPlaylist) -> bool:
        """Whether the account owns a playlist; this may take one call per run."""
        with self._lock:
            if self._pass.me is None:
                self._pass.me = self._own_id()
                self._context.state.listing[_STATE]["me"] = self._pass.me
        return listed.owner == self._pass.me

    def _listed_playlist(self, playlist: JsonObject) -> ListedPlaylist:
        owner_id = owner_id_of(playlist)
        owner = self._hash_id(owner_id) if owner_id else None
        mode = self._context.mode
        is_readable = (
            not mode.is_new_development or owner == self._pass.me or bool(playlist.get("collaborative"))
        )
        snapshot_id = playlist.get("snapshot_id")
        return ListedPlaylist(
            id=playlist["id"],
            snapshot_id=snapshot_id if isinstance(snapshot_id, str) else None,
            total=total_of(playlist),
            owner=owner,
            is_readable=is_readable,
            is_made_by_spotify=is_made_by_spotify(playlist),
        )


def _id_of(body: JsonObject, _is_last: bool) -> str:
    if not isinstance(body.get("id"), str):
        raise BrokenAnswer("an account without its id")
    return str(body["id"])
