"""The endpoints of playlists: who may see one, and its metadata and contents as the app gets them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Final

from werkzeug.wrappers import Request

from infra.local.spotify_api import fields, ids
from infra.local.spotify_api.accounts import Access
from infra.local.spotify_api.catalog import Catalog, JsonObject, StoredPlaylist
from infra.local.spotify_api.faults import FaultInjector
from infra.local.spotify_api.options import SpotifyApiOptions
from infra.local.spotify_api.responses import Refusal, Window, page, window

EMBEDDED_LIMIT: Final = 100
# (default, maximum) of `limit`: the old path takes 100, the new one 50.
LIMITS: Final = {"items": (20, 50), "tracks": (100, 100)}
LIBRARY_LIMITS: Final = (20, 50)


@dataclasses.dataclass(frozen=True)
class ApiRequest:
    """A request with a valid token, and the state in which it is answered."""

    request: Request
    access: Access
    day: dt.date
    injector: FaultInjector

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the query string."""
        return self.request.args

    @property
    def root(self) -> str:
        """The address of the Web API, ending in `/v1/`."""
        return f"{self.request.host_url}v1/"


@dataclasses.dataclass(frozen=True)
class _Seen:
    """A playlist as this call sees it: the first `lag` items are still missing (see `snapshot_moves`)."""

    playlist_id: str
    stored: StoredPlaylist
    lag: int

    @property
    def total(self) -> int:
        return self.stored.total - self.lag


class PlaylistEndpoints:
    """GET /me/playlists, /playlists/{id}, /playlists/{id}/items and /tracks."""

    def __init__(self, options: SpotifyApiOptions, catalog: Catalog) -> None:
        self._options = options
        self._catalog = catalog

    def library(self, call: ApiRequest) -> JsonObject:
        """The account's playlists, simplified; without the scope for private ones only the others."""
        default, maximum = LIBRARY_LIMITS
        place = window(call.request, default=default, maximum=maximum)
        listed = self._catalog.my_playlists(call.day)
        if not {"playlist-read-private", "playlist-read-collaborative"} <= call.access.scopes:
            listed = [key for key in listed if key is None or self._is_listed(key, call)]
        part = [
            None if key is None else self._simplified(self._seen(key, call), call)
            for key in listed[place.offset : place.offset + place.limit]
        ]
        return page(f"{call.root}me/playlists", call.query, place, part, len(listed))

    def playlist(self, call: ApiRequest, playlist_id: str) -> JsonObject:
        """A playlist with the first page of its contents, or without where the app may not read them."""
        seen = self._visible(playlist_id, call)
        record = dict(_record(seen))
        if self._is_readable(seen, call):
            place = Window(0, EMBEDDED_LIMIT)
            query = {name: value for name, value in call.query.items() if name == "additional_types"}
            keys = fields.contents_keys(seen.stored.contents_keys, self._options.effective_names)
            for key in keys:
                items = self._items(seen, place, call)
                record[key] = page(self._url(seen, call), query, place, items, seen.total)
        return _selected(record, call)

    def contents(self, call: ApiRequest, playlist_id: str, path: str) -> JsonObject:
        """A page of a playlist's contents, by the new path (`items`) or the old (`tracks`)."""
        if self._options.effective_paths not in {"both", path}:
            raise Refusal(403, "Forbidden")
        seen = self._visible(playlist_id, call)
        if not self._is_readable(seen, call):
            raise Refusal(403, "Forbidden")
        default, maximum = LIMITS[path]
        place = window(call.request, default=default, maximum=maximum)
        url = f"{call.root}playlists/{playlist_id}/{path}"
        return _selected(page(url, call.query, place, self._items(seen, place, call), seen.total), call)

    def _seen(self, playlist_id: str, call: ApiRequest) -> _Seen:
        stored = self._catalog.playlist(playlist_id, call.day)
        if stored is None:
            raise Refusal(404, "Resource not found")
        return _Seen(playlist_id, stored, min(call.injector.lag(playlist_id), stored.total))

    def _visible(self, playlist_id: str, call: ApiRequest) -> _Seen:
        if not ids.is_id(playlist_id):
            raise Refusal(400, "Invalid base62 id")
        seen = self._seen(playlist_id, call)
        is_hidden = seen.stored.is_made_by_spotify and not self._options.is_extended
        if is_hidden or (seen.stored.is_private and not call.access.is_user):
            raise Refusal(404, "Resource not found")
        return seen

    def _is_readable(self, seen: _Seen, call: ApiRequest) -> bool:
        if self._options.mode != "development":
            return True
        is_own = seen.stored.owner_id == self._catalog.me(call.day)["id"]
        return call.access.is_user and (is_own or seen.stored.is_collaborator)

    def _is_listed(self, playlist_id: str, call: ApiRequest) -> bool:
        stored = self._catalog.playlist(playlist_id, call.day)
        if stored is None:
            return False
        if stored.record.get("collaborative"):
            return "playlist-read-collaborative" in call.access.scopes
        return not stored.is_private or "playlist-read-private" in call.access.scopes

    def _simplified(self, seen: _Seen, call: ApiRequest) -> JsonObject:
        record = {key: value for key, value in _record(seen).items() if key != "followers"}
        keys = fields.contents_keys(seen.stored.contents_keys, self._options.effective_names)
        contents = {"href": self._url(seen, call), "total": seen.total}
        return {**record, **dict.fromkeys(keys, contents)}

    def _items(self, seen: _Seen, place: Window, call: ApiRequest) -> list[JsonObject | None]:
        count = max(0, min(place.limit, seen.total - place.offset))
        start = place.offset + seen.lag
        items = self._catalog.playlist_items(seen.playlist_id, call.day, start, count)
        if "episode" not in call.query.get("additional_types", "track").split(","):
            items = [item and fields.without_episodes(item) for item in items]
        return [item and fields.renamed_item(item, self._options.effective_names) for item in items]

    def _url(self, seen: _Seen, call: ApiRequest) -> str:
        last = "tracks" if self._options.effective_paths != "items" else "items"
        return f"{call.root}playlists/{seen.playlist_id}/{last}"


def _record(seen: _Seen) -> JsonObject:
    if not seen.lag:
        return seen.stored.record
    snapshot_id = ids.snapshot_id(seen.stored.record.get("snapshot_id"), seen.lag)
    return {**seen.stored.record, "snapshot_id": snapshot_id}


def _selected(body: JsonObject, call: ApiRequest) -> JsonObject:
    text = call.query.get("fields")
    if not text:
        return body
    try:
        return dict(fields.select_fields(body, fields.parse_fields(text)))
    except fields.InvalidFieldsError:
        raise Refusal(400, "Invalid fields") from None
