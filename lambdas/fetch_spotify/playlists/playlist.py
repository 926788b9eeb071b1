"""A playlist of the Web API, in either shape and by either path; and the playlists that are named by id.

A named playlist takes one call per run, which shows its version and embeds its first items. A call with
`fields=snapshot_id` would count the same, and a playlist that did change (charts do every day) would take
another one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from common.playlist_refs import InvalidPlaylistReference, playlist_id_of
from fetch_spotify.errors import ApiRefused, BrokenAnswer, PlaylistSkipped
from fetch_spotify.playlists.snapshot import Head
from fetch_spotify.playlists.snapshot_reader import NO_SNAPSHOT_ID
from fetch_spotify.playlists.source import FetchContext, PlaylistRead, Task
from fetch_spotify.spotify.api_mode import NEW_PATH, PAGE_LIMITS, ApiMode, other_path
from fetch_spotify.spotify.client import SpotifyClient
from fetch_spotify.spotify.list_pages import TRIES, ListPages
from fetch_spotify.spotify.shapes import Page, contents_of, is_made_by_spotify, names_in
from spotify_lake.contract.raw_zone import PLAYLIST_ITEMS, RawObject

JsonObject: TypeAlias = dict[str, Any]
T = TypeVar("T")

NOT_FOUND: Final = "NotFound"
NOT_READABLE: Final = "NotReadable"
FINAL_REFUSALS: Final = frozenset({NOT_FOUND, NOT_READABLE})
# Without this parameter the slot of an episode is null.
_TYPES: Final = "track,episode"
# A playlist's own record without its contents, under either name.
_RECORD_FIELDS: Final = (
    "collaborative,description,external_urls,followers(total),href,id,images,items(total),name,owner,primary_color"
    ",public,snapshot_id,tracks(total),type,uri"
)
_FORBIDDEN: Final = 403
_MISSING: Final = 404


class Playlist:
    """A `Readable` playlist.

    Attributes:
        source: `playlist_items`.
        playlist_id: its id.
    """

    source = PLAYLIST_ITEMS

    def __init__(self, client: SpotifyClient, mode: ApiMode, playlist_id: str) -> None:
        self.playlist_id = playlist_id
        self._client = client
        self._mode = mode

    @property
    def page_limit(self) -> int:
        """The limit of the path in use."""
        return PAGE_LIMITS[self._mode.contents_path]

    def checker(self, total: int | None) -> ListPages:
        """Return a checker for the pages of its contents."""
        return ListPages(f"the playlist {self.playlist_id}", self._client.api_url, total)

    def head(self) -> Head:
        """GET /playlists/{id}: record, version and the first 100 items in one call.

        Raises:
            PlaylistSkipped: NotFound, NotReadable when the contents are missing, NoSnapshotId, or the reason
                of `ListPages`.
        """
        checker = self.checker(None)
        check = functools.partial(_check_head, _VersionCheck(self.playlist_id), checker)
        body, page = self._get(check, kind="playlists", additional_types=_TYPES)
        self._mode.saw_names(names_in([body]))
        if contents_of(body) is None:
            raise PlaylistSkipped(
                NOT_READABLE,
                f"Spotify shows the playlist {self.playlist_id} but not its contents: a development-mode app "
                "may read only playlists that its user owns or collaborates on.",
            )
        if is_made_by_spotify(body):
            self._mode.saw_spotify_made(hidden=False)
        return Head(body["snapshot_id"], page or self.tail(0, None, checker), body)

    def record(self) -> JsonObject:
        """GET /playlists/{id} without its contents; raise `PlaylistSkipped` when that is refused."""
        body = self._get(_VersionCheck(self.playlist_id).check, kind="heads", fields=_RECORD_FIELDS)
        if body.get("id") != self.playlist_id:
            raise PlaylistSkipped(
                NOT_READABLE, f"Spotify shows the playlist {body.get('id')} instead of {self.playlist_id}."
            )
        return body

    def snapshot_id(self) -> str:
        """GET /playlists/{id}?fields=snapshot_id."""
        check = _VersionCheck(self.playlist_id).check
        return str(self._get(check, kind="snapshot_checks", fields="snapshot_id")["snapshot_id"])

    def tail(self, offset: int, limit: int | None, checker: ListPages) -> Page:
        """GET a page of /playlists/{id}/items, or of /tracks where only that works.

        Raises:
            PlaylistSkipped: both are refused, or the reason of `ListPages`.
            TotalChanged: the length of the list has changed.
        """
        path = self._mode.contents_path
        try:
            return self._page(path, offset, limit, checker)
        except ApiRefused as error:
            is_new_only = self._mode.is_new_development and path == NEW_PATH
            if error.status not in {_FORBIDDEN, _MISSING} or is_new_only:
                raise refusal(self.playlist_id, error) from error
        try:
            page = self._page(other_path(path), offset, limit, checker)
        except ApiRefused as error:
            raise refusal(self.playlist_id, error) from error
        self._mode.saw_path_refused(path)
        return page

    def _page(self, path: str, offset: int, limit: int | None, checker: ListPages) -> Page:
        most = min(PAGE_LIMITS[path], limit or PAGE_LIMITS[path])
        return self._client.get(
            f"playlists/{self.playlist_id}/{path}",
            lambda body: checker.check(body, offset, most),
            kind="pages",
            offset=offset,
            limit=most,
            additional_types=_TYPES,
        )

    def _get(self, check: Callable[[JsonObject], T], *, kind: str, **params: str) -> T:
        try:
            return self._client.get(f"playlists/{self.playlist_id}", check, kind=kind, **params)
        except ApiRefused as error:
            raise refusal(self.playlist_id, error) from error


def refusal(playlist_id: str, error: ApiRefused) -> PlaylistSkipped:
    """Return the error of a playlist for a refused call."""
    if error.status == _MISSING:
        return PlaylistSkipped(
            NOT_FOUND,
            f"Spotify does not know the playlist {playlist_id}, or hides it: private ones need their owner's "
            "consent, and Spotify's own are hidden from apps without extended quota.",
        )
    if error.status == _FORBIDDEN:
        return PlaylistSkipped(
            NOT_READABLE,
            f"Spotify refuses the contents of the playlist {playlist_id} ({error.message}): a "
            "development-mode app may read only playlists that its user owns or collaborates on.",
        )
    return PlaylistSkipped(NOT_READABLE, f"Spotify refuses the playlist {playlist_id}: {error}.")


class _VersionCheck:
    """Checks that the answers to one call, retries included, hold the playlist's version."""

    def __init__(self, playlist_id: str) -> None:
        self._playlist_id = playlist_id
        self._attempts = 0

    def check(self, body: JsonObject) -> JsonObject:
        """Return the body.

        Raises:
            BrokenAnswer: it has no snapshot_id, and the call should be retried.
            PlaylistSkipped: it has none at the last attempt either; other playlists are still read.
        """
        if isinstance(body.get("snapshot_id"), str):
            return body
        self._attempts += 1
        if self._attempts < TRIES:
            raise BrokenAnswer(f"the playlist {self._playlist_id} without its snapshot_id")
        raise PlaylistSkipped(
            NO_SNAPSHOT_ID,
            f"Spotify shows the playlist {self._playlist_id} without its snapshot_id, each of {TRIES} times. "
            "The next run tries again.",
        )


def _check_head(
    versions: _VersionCheck, pages: ListPages, body: JsonObject
) -> tuple[JsonObject, Page | None]:
    """Return a playlist and its embedded page, if it has one."""
    contents = contents_of(versions.check(body))
    has_page = contents is not None and isinstance(contents.get("items"), list)
    return body, pages.check(contents, 0, None) if contents is not None and has_page else None


class NamedPlaylists:
    """The source of the playlists that the execution's input or the configuration names."""

    def __init__(self, context: FetchContext, references: Sequence[str]) -> None:
        self._context = context
        self._references = references

    def tasks(self) -> list[Task]:
        """Return one task per playlist, also when one is named twice."""
        names = dict.fromkeys(_id_if_valid(text) for text in self._references)
        return [Task(name, functools.partial(read_named, self._context, name)) for name in names]

    def record_objects(self) -> list[RawObject]:
        """Return nothing: each playlist's own record is stored as it is read."""
        return []


def read_named(context: FetchContext, reference: str) -> PlaylistRead:
    """Read a playlist by its id, link or URI; raise `PlaylistSkipped` when it cannot be read."""
    try:
        playlist_id = playlist_id_of(reference)
    except InvalidPlaylistReference as error:
        raise PlaylistSkipped(type(error).__name__, str(error)) from error
    known = context.index.get(PLAYLIST_ITEMS, playlist_id)
    if known and known.run_id == context.request.run_id:
        return PlaylistRead(known)
    return context.read_playlist(Playlist(context.client, context.mode, playlist_id), known)


def _id_if_valid(reference: str) -> str:
    try:
        return playlist_id_of(reference)
    except InvalidPlaylistReference:
        return reference  # `read_named` reports it
