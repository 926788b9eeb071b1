"""The Web API's endpoints, as an app of the configured mode sees them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from infra.local.spotify_api import fields, ids
from infra.local.spotify_api.accounts import Access
from infra.local.spotify_api.call_log import endpoint_path, path_pattern
from infra.local.spotify_api.catalog import Catalog, JsonObject
from infra.local.spotify_api.fault_injector import FaultInjector
from infra.local.spotify_api.options import SpotifyApiOptions
from infra.local.spotify_api.playlist_endpoints import PlaylistEndpoints
from infra.local.spotify_api.responses import Refusal, batch_ids, cacheable, json_response, page, window

PAGE_MAXIMUM: Final = 50
DEFAULT_PAGE: Final = 20
BATCH_MAXIMA: Final = {"artists": 50, "tracks": 50, "albums": 20}
# Endpoints that an app made since 11 Feb 2026 is refused (403), in addition to the batch reads and /tracks.
WITHDRAWN: Final = tuple(
    path_pattern(glob)
    for glob in (
        *("artists/*/top-tracks", "artists/*/related-artists", "browse/**", "markets", "users/**"),
        *("audio-features", "audio-features/*", "audio-analysis/*", "recommendations", "recommendations/**"),
        *("shows", "episodes", "audiobooks", "chapters", "me/tracks/contains", "me/albums/contains"),
    )
)


class WebApi:
    """Answers calls whose token is valid: a pure function of the call, the day and the faults so far."""

    def __init__(self, options: SpotifyApiOptions, catalog: Catalog) -> None:
        self._options = options
        self._catalog = catalog
        self._playlists = PlaylistEndpoints(options, catalog)

    def respond(self, request: Request, access: Access, day: dt.date, injector: FaultInjector) -> Response:
        """The answer; raises Refusal where Spotify answers with an error body."""
        self._check_app(access)
        path = endpoint_path(request.path)
        if self._options.mode == "development" and any(pattern.match(path) for pattern in WITHDRAWN):
            raise Refusal(403, "Forbidden")
        body = self._body(path, request, access, day, injector)
        if "market" in request.args:
            body = fields.relinked(body)
        if self._options.mode == "development":
            body = fields.without_removed_fields(body)
        return cacheable(json_response(200, body), request)

    def _check_app(self, access: Access) -> None:
        if self._options.is_extended:
            return
        if not self._options.owner_has_premium:
            raise Refusal(403, "Active premium subscription required for the owner of the app.")
        if access.is_user and not self._options.user_is_registered:
            raise Refusal(403, "User not registered in the Developer Dashboard")

    def _body(
        self, path: str, request: Request, access: Access, day: dt.date, injector: FaultInjector
    ) -> Any:
        if path == "me" or path.startswith("me/"):
            return self._mine(path, request, access, day, injector)
        match = re.fullmatch(r"playlists/([^/]+)(?:/(items|tracks))?", path)
        if match:
            playlist_id, contents = match.groups()
            if contents is None:
                return self._playlists.playlist(playlist_id, request, access, day, injector)
            return self._playlists.contents(playlist_id, contents, request, access, day, injector)
        kind, _, object_id = path.partition("/")
        if kind in BATCH_MAXIMA and "/" not in object_id:
            return self._one(kind, object_id, day) if object_id else self._batch(kind, request, day)
        raise Refusal(404, "Service not found")

    def _one(self, kind: str, object_id: str, day: dt.date) -> JsonObject:
        if not ids.is_id(object_id):
            raise Refusal(400, "Invalid base62 id")
        found = self._reader(kind)(object_id, day)
        if found is None:
            raise Refusal(404, "Resource not found")
        return found

    def _batch(self, kind: str, request: Request, day: dt.date) -> JsonObject:
        if self._options.mode == "development":
            raise Refusal(403, "Forbidden")
        wanted = batch_ids(request, BATCH_MAXIMA[kind])
        if not all(ids.is_id(one) for one in wanted):
            raise Refusal(400, "Invalid base62 id")
        return {kind: [self._reader(kind)(one, day) for one in wanted]}

    def _reader(self, kind: str) -> Callable[[str, dt.date], JsonObject | None]:
        catalog = self._catalog
        return {"artists": catalog.artist, "albums": catalog.album, "tracks": catalog.track}[kind]

    def _mine(
        self, path: str, request: Request, access: Access, day: dt.date, injector: FaultInjector
    ) -> JsonObject:
        if path == "me":
            return self._me(access, day)
        if not access.is_user:
            raise Refusal(403, "Insufficient client scope")
        if path == "me/playlists":
            return self._playlists.library(request, access, day, injector)
        if path == "me/tracks":
            _need(access, "user-library-read")
            return _saved(path, request, self._catalog.saved_tracks(day))
        if path == "me/episodes":
            _need(access, "user-library-read")
            _need(access, "user-read-playback-position")
            return _saved(path, request, self._catalog.saved_episodes(day))
        if path == "me/player/recently-played":
            _need(access, "user-read-recently-played")
            return _plays(request, self._catalog.recently_played(day))
        raise Refusal(404, "Service not found")

    def _me(self, access: Access, day: dt.date) -> JsonObject:
        if not access.is_user:
            raise Refusal(401, "Unauthorized.")
        needs = {"email": "user-read-email"}
        needs |= dict.fromkeys(("country", "explicit_content", "product"), "user-read-private")
        me = self._catalog.me(day)
        return {key: value for key, value in me.items() if needs.get(key) in access.scopes | {None}}


def _need(access: Access, scope: str) -> None:
    if scope not in access.scopes:
        raise Refusal(403, "Insufficient client scope")


def _saved(path: str, request: Request, saved: Sequence[JsonObject | None]) -> JsonObject:
    place = window(request, default=DEFAULT_PAGE, maximum=PAGE_MAXIMUM)
    part = list(saved[place.offset : place.offset + place.limit])
    return page(f"{request.host_url}v1/{path}", request.args, place, part, len(saved))


def _plays(request: Request, plays: Sequence[JsonObject]) -> JsonObject:
    """A page by time: `before` and `after` are Unix milliseconds, cursors come as strings, no total."""
    limit = window(request, default=DEFAULT_PAGE, maximum=PAGE_MAXIMUM).limit
    before, after = request.args.get("before"), request.args.get("after")
    if before and after:
        raise Refusal(400, "Only one of 'before' and 'after' may be given")
    try:
        upper = int(before) if before else None
        lower = int(after) if after else None
    except ValueError:
        raise Refusal(400, "Invalid cursor") from None
    fitting = [
        play
        for play in plays
        if (upper is None or _milliseconds(play) < upper) and (lower is None or _milliseconds(play) > lower)
    ]
    part = fitting[-limit:] if lower is not None else fitting[:limit]
    url = f"{request.host_url}v1/me/player/recently-played"
    body: JsonObject = {"items": part, "next": None, "cursors": None, "limit": limit}
    if part:
        newest, oldest = _milliseconds(part[0]), _milliseconds(part[-1])
        body["cursors"] = {"after": str(newest), "before": str(oldest)}
        if len(part) < len(fitting):
            onward = f"after={newest}" if lower is not None else f"before={oldest}"
            body["next"] = f"{url}?{onward}&limit={limit}"
    return {**body, "href": f"{url}?limit={limit}"}


def _milliseconds(play: JsonObject) -> int:
    played = dt.datetime.fromisoformat(play["played_at"])
    return round(played.timestamp() * 1_000)
