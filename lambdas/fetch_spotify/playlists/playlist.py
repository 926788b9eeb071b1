"""The calls for one playlist of the Web API, in either shape and by either path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

from fetch_spotify.errors import ApiRefused, BrokenAnswer, PlaylistSkipped
from fetch_spotify.playlists.reader import NO_SNAPSHOT_ID, Head
from fetch_spotify.spotify.api_mode import NEW_PATH, PAGE_LIMITS, ApiMode, other_path
from fetch_spotify.spotify.client import SpotifyClient
from fetch_spotify.spotify.list_pages import ListPages
from fetch_spotify.spotify.shapes import Page, contents_of, is_made_by_spotify, names_in
from fetch_spotify.spotify.transport import MAX_CHECKS
from spotify_lake.contract.raw_zone import PLAYLIST_ITEMS

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

    def checker(self) -> ListPages:
        """Return a checker for the pages of its contents."""
        return ListPages(f"the playlist {self.playlist_id}", self._client.api_url)

    def head(self) -> Head:
        """GET /playlists/{id}: record, version and the first 100 items in one call.

        Raises:
            PlaylistSkipped: NotFound, NotReadable when the contents are missing, NoSnapshotId, or the reason
                of `ListPages`.
        """
        checker = self.checker()

        def check(body: JsonObject, is_last: bool) -> tuple[JsonObject, Page | None]:
            contents = contents_of(self._with_version(body, is_last))
            if contents is None or not isinstance(contents.get("items"), list):
                return body, None
            return body, checker.check(contents, 0, None, is_last=is_last)

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
        return Head(body["snapshot_id"], page or self.page(0, None, checker), body)

    def record(self) -> JsonObject:
        """GET /playlists/{id} without its contents; raise `PlaylistSkipped` when that is refused."""
        body = self._get(self._with_version, kind="heads", fields=_RECORD_FIELDS)
        if body.get("id") != self.playlist_id:
            raise PlaylistSkipped(
                NOT_READABLE, f"Spotify shows the playlist {body.get('id')} instead of {self.playlist_id}."
            )
        return body

    def snapshot_id(self) -> str:
        """GET /playlists/{id}?fields=snapshot_id."""
        body = self._get(self._with_version, kind="snapshot_checks", fields="snapshot_id")
        return str(body["snapshot_id"])

    def page(self, offset: int, limit: int | None, checker: ListPages) -> Page:
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
                raise _refusal(self.playlist_id, error) from error
        try:
            page = self._page(other_path(path), offset, limit, checker)
        except ApiRefused as error:
            raise _refusal(self.playlist_id, error) from error
        self._mode.saw_path_refused(path)
        return page

    def _page(self, path: str, offset: int, limit: int | None, checker: ListPages) -> Page:
        most = min(PAGE_LIMITS[path], limit or PAGE_LIMITS[path])
        return self._client.get(
            f"playlists/{self.playlist_id}/{path}",
            lambda body, is_last: checker.check(body, offset, most, is_last=is_last),
            kind="pages",
            offset=offset,
            limit=most,
            additional_types=_TYPES,
        )

    def _get(self, check: Callable[[JsonObject, bool], T], *, kind: str, **params: str) -> T:
        try:
            return self._client.get(f"playlists/{self.playlist_id}", check, kind=kind, **params)
        except ApiRefused as error:
            raise _refusal(self.playlist_id, error) from error

    def _with_version(self, body: JsonObject, is_last: bool) -> JsonObject:
        """Return the body if it has a snapshot_id; if the last one has none, skip this playlist only."""
        if isinstance(body.get("snapshot_id"), str):
            return body
        if not is_last:
            raise BrokenAnswer(f"the playlist {self.playlist_id} without its snapshot_id")
        raise PlaylistSkipped(
            NO_SNAPSHOT_ID,
            f"Spotify shows the playlist {self.playlist_id} without its snapshot_id, {MAX_CHECKS} times. "
            "The next run tries again.",
        )


def _refusal(playlist_id: str, error: ApiRefused) -> PlaylistSkipped:
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
