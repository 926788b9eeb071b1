"""The source `playlists`: all that the account's token may read, unless some are named (`by_id`).

One pass over /me/playlists shows what changed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from fetch_spotify.clock import epoch
from fetch_spotify.errors import (
    ApiRefused,
    BrokenAnswer,
    NoPlaylistReadable,
    PlaylistSkipped,
    ScopeNotGranted,
    authorize_command,
)
from fetch_spotify.playlists.by_id import NamedPlaylists, ReadById
from fetch_spotify.playlists.playlist import FINAL_REFUSALS, NOT_FOUND, NOT_READABLE, Playlist
from fetch_spotify.playlists.snapshot_reader import Seen
from fetch_spotify.playlists.source import FetchContext, Source, SourceSpec, Task
from fetch_spotify.spotify.auth import CLIENT_CREDENTIALS
from fetch_spotify.spotify.list_pages import ListPages, TotalChanged, UnusablePage
from fetch_spotify.spotify.shapes import Page, is_made_by_spotify, names_in, owner_id_of, total_of
from fetch_spotify.storage.playlist_index import KnownPlaylist
from spotify_lake.contract.raw_zone import PLAYLIST_ITEMS, PLAYLISTS, RawObject, run_prefix

JsonObject: TypeAlias = dict[str, Any]

SCOPES: Final = ("playlist-read-private", "playlist-read-collaborative")
PURPOSE: Final = "all playlists of the account"
_PAGE_LIMIT: Final = 50
_MAX_PASSES: Final = 3
_FORGET_REFUSALS_AFTER_DAYS: Final = 7
_SECONDS_A_DAY: Final = 86_400
UNSETTLED: Final = "ListingKeepsChanging"


@dataclasses.dataclass
class _Listing:
    """The pass over /me/playlists; kept in the run's state after each page, so that no page is read twice.

    Attributes:
        attempt: passes count from 1.
        next_offset: where the next page starts; None when the pass is over.
        total: how many playlists the account lists, by the first page.
        me: the account, as `_mark` writes it; None while it is unknown.
        blanks: slots that were shown without a playlist.
        gaps: pages that contradicted the list at every try, so that playlists may be missing.
        is_settled: False when no pass agreed with its total or with the one before.
        earlier: the ids that the pass before listed.
        playlists: what the tasks need.
        objects: the stored pages.
    """

    attempt: int = 1
    next_offset: int | None = 0
    total: int | None = None
    me: str | None = None
    blanks: int = 0
    gaps: int = 0
    is_settled: bool = True
    earlier: list[str] = dataclasses.field(default_factory=list)
    playlists: list[JsonObject] = dataclasses.field(default_factory=list)
    objects: list[JsonObject] = dataclasses.field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The playlists listed, each once."""
        return sorted({playlist["id"] for playlist in self.playlists})

    @property
    def is_whole(self) -> bool:
        """Whether nothing slipped over the edge of a page while the list moved.

        Spotify may leave slots out for good: two passes that list the same are believed as well.
        """
        if self.total is not None and len(self.ids) >= self.total:
            return True
        if not self.gaps and (self.total is None or len(self.ids) + self.blanks >= self.total):
            return True
        return not self.gaps and self.ids == self.earlier


class AccountPlaylists:
    """The account's own, collaborative and followed playlists."""

    _NOTE = "account_playlists"

    def __init__(self, context: FetchContext) -> None:
        self._context = context
        self._listing = _Listing(**context.state.listing.get(self._NOTE, {}))
        self._pages = self._new_pages(self._listing.total)
        self._lock = threading.Lock()

    def tasks(self) -> list[Task]:
        """List the account's playlists and return one task for each.

        When the list contradicts itself, those of the last complete list are read as well, and a further
        task reports it.

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
        while self._listing.next_offset is not None:
            self._read_page()
        unique = {playlist["id"]: playlist for playlist in self._listing.playlists}
        tasks = [Task(key, _Read(self._context, noted, self._is_own)) for key, noted in unique.items()]
        if self._listing.is_settled:
            self._context.listed[:] = unique
            return tasks
        missing = [key for key in self._context.listed if key not in unique]
        tasks += [Task(key, ReadById(self._context, key)) for key in missing]
        return [*tasks, Task("me/playlists", self._tell_unsettled)]

    def record_objects(self) -> list[RawObject]:
        """The stored pages of the listing."""
        return [RawObject(**body) for body in self._listing.objects]

    def _read_page(self) -> None:
        context, listing = self._context, self._listing
        offset = listing.next_offset or 0
        try:
            page = self._page(offset)
        except TotalChanged as changed:
            if self._begin_again():
                return  # a playlist came or went between two pages, so one may have slipped over the edge
            self._pages.total = changed.page.total
            page = self._despite(changed.page)
        except UnusablePage as unusable:
            page = self._despite(unusable.page)
        playlists = [entry for entry in page.items if isinstance(entry, dict) and entry.get("id")]
        context.mode.saw_names(names_in(playlists))
        if context.mode.is_new_development and listing.me is None:
            listing.me = self._me()
        listing.blanks += len(page.items) - len(playlists)
        prefix = run_prefix(PLAYLISTS, context.request.snapshot_date, context.request.run_id)
        key = f"{prefix}listing={listing.attempt}/{offset:06d}.ndjson.gz"
        listing.playlists += [self._noted(playlist) for playlist in playlists]
        if playlists:
            stored = context.writer.playlists(key, playlists, context.clock.timestamp())
            listing.objects.append(dataclasses.asdict(stored))
        self._pages.add(page)
        listing.total = self._pages.total
        listing.next_offset = page.next_offset
        if page.next_offset is None and not listing.is_whole:
            self._begin_again()
        context.state.listing[self._NOTE] = dataclasses.asdict(self._listing)
        context.store.save(context.state)

    def _despite(self, page: Page) -> Page:
        """Use what a wrong page shows, because each playlist is read by its id, whatever page lists it.

        Its `next` is not used: the next page starts behind it, unless it is not the first one without a new
        playlist.
        """
        listing = self._listing
        listing.gaps += 1
        known = set(listing.ids)
        is_new = any(isinstance(entry, dict) and entry.get("id") not in known for entry in page.items)
        following, total = page.offset + _PAGE_LIMIT, self._pages.total or page.total or 0
        goes_on = following < total and (is_new or listing.gaps == 1)
        return dataclasses.replace(page, next_offset=following if goes_on else None)

    def _begin_again(self) -> bool:
        """Begin another pass; False after the last one, which then stands, with a word about it."""
        listing = self._listing
        listing.is_settled = listing.attempt < _MAX_PASSES
        if listing.is_settled:
            self._listing = _Listing(attempt=listing.attempt + 1, me=listing.me, earlier=listing.ids)
            self._pages = self._new_pages(None)
        return listing.is_settled

    def _tell_unsettled(self) -> KnownPlaylist:
        shown, total = len(self._listing.ids), self._listing.total
        raise PlaylistSkipped(
            UNSETTLED,
            f"The list of the account's playlists contradicted itself each of the {_MAX_PASSES} times it was"
            f" read (at last {shown} of {total} were shown): a new one may be missing today. The next run"
            " lists them again.",
        )

    def _page(self, offset: int) -> Page:
        client = self._context.client
        try:
            return client.get(
                "me/playlists",
                lambda body: self._pages.check(body, offset, _PAGE_LIMIT),
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

    def _me(self) -> str:
        return self._mark(self._context.client.get("me", _own_id, kind="me"))

    def _mark(self, user_id: str) -> str:
        """A user id as the run's state may hold it, where privacy may forbid the id itself."""
        return hashlib.sha256(f"{self._context.request.run_id} {user_id}".encode()).hexdigest()[:16]

    def _is_own(self, noted: JsonObject) -> bool:
        """Whether the account owns a playlist; the first question costs a call where none was needed yet."""
        with self._lock:
            if self._listing.me is None:
                self._listing.me = self._me()
                self._context.state.listing[self._NOTE]["me"] = self._listing.me
        return bool(noted["owner"] == self._listing.me)

    def _noted(self, playlist: JsonObject) -> JsonObject:
        """What the tasks need of a listed playlist; decided here, because the stored owner may be hashed."""
        owner_id = owner_id_of(playlist)
        owner = self._mark(owner_id) if owner_id else None
        mode = self._context.mode
        is_readable = (
            not mode.is_new_development or owner == self._listing.me or bool(playlist.get("collaborative"))
        )
        return {
            "id": playlist["id"],
            "snapshot_id": playlist.get("snapshot_id"),
            "total": total_of(playlist),
            "owner": owner,
            "is_readable": is_readable,
            "is_made_by_spotify": is_made_by_spotify(playlist),
        }


class _Read:
    """Reads one listed playlist."""

    def __init__(
        self, context: FetchContext, noted: JsonObject, is_own: Callable[[JsonObject], bool]
    ) -> None:
        self._context = context
        self._noted = noted
        self._is_own = is_own
        self._playlist_id: str = noted["id"]

    def __call__(self) -> KnownPlaylist:
        context, snapshot_id = self._context, self._noted["snapshot_id"]
        if not self._noted["is_readable"]:
            raise PlaylistSkipped(
                NOT_READABLE,
                f"The playlist {self._playlist_id} is another user's: a development-mode app may read only "
                "playlists that its user owns or collaborates on.",
            )
        known = context.index.get(PLAYLIST_ITEMS, self._playlist_id)
        if known and known.run_id == context.request.run_id:
            return known
        if known and snapshot_id and context.may_refer_to(known, snapshot_id, self._noted["total"]):
            return known.as_unchanged(context.request.run_id)
        if known is None:
            self._raise_remembered_refusal()
        seen = Seen(snapshot_id, self._noted["total"]) if snapshot_id else None
        playlist = Playlist(context.client, context.mode, self._playlist_id)
        try:
            return context.read_contents(playlist, known, seen=seen)
        except PlaylistSkipped as skipped:
            if skipped.reason in FINAL_REFUSALS:
                self._note_refusal(skipped, was_read=known is not None)
            raise

    def _raise_remembered_refusal(self) -> None:
        refused = self._context.unreadable.get(self._playlist_id)
        if refused is None:
            return
        age = self._context.clock.now() - epoch(refused["at"])
        if age < _FORGET_REFUSALS_AFTER_DAYS * _SECONDS_A_DAY:
            raise PlaylistSkipped(refused["reason"], refused["message"])

    def _note_refusal(self, skipped: PlaylistSkipped, *, was_read: bool) -> None:
        is_spotifys = self._noted["is_made_by_spotify"]
        if skipped.reason == NOT_FOUND and is_spotifys:
            self._context.mode.saw_spotify_made(hidden=True)
        # A refusal of what the account owns, or of what could be read before, may well pass by tomorrow.
        if was_read or (not is_spotifys and self._is_own(self._noted)):
            return
        self._context.unreadable[self._playlist_id] = {
            "reason": skipped.reason,
            "message": skipped.message,
            "at": self._context.clock.timestamp(),
        }


def _build(context: FetchContext) -> Source:
    named = context.request.playlists or context.config.default_playlists
    return NamedPlaylists(context, named) if named else AccountPlaylists(context)


SOURCE: Final = SourceSpec("playlists", PURPOSE, SCOPES, _build, needs_account=False)


def _own_id(body: JsonObject) -> str:
    if not isinstance(body.get("id"), str):
        raise BrokenAnswer("an account without its id")
    return str(body["id"])
