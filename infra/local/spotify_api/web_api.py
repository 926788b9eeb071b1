"""The Web API's endpoints, as an app of the configured mode sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule, Submount
from werkzeug.wrappers import Response

from infra.local.spotify_api import fields, ids
from infra.local.spotify_api.accounts import Access
from infra.local.spotify_api.call_log import endpoint_path, path_pattern
from infra.local.spotify_api.catalog import Catalog, JsonObject
from infra.local.spotify_api.options import SpotifyApiOptions
from infra.local.spotify_api.playlist_endpoints import ApiRequest, PlaylistEndpoints
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
    """Answers requests that have a valid token; an answer depends on the request, the day and the faults."""

    def __init__(self, options: SpotifyApiOptions, catalog: Catalog) -> None:
        self._options = options
        self._catalog = catalog
        playlists = PlaylistEndpoints(options, catalog)
        kinds = f"<any({','.join(BATCH_MAXIMA)}):kind>"
        routes = [
            Rule("/me", endpoint=self._me),
            Rule("/me/playlists", endpoint=playlists.library),
            Rule("/me/tracks", endpoint=self._saved_tracks),
            Rule("/me/episodes", endpoint=self._saved_episodes),
            Rule("/me/player/recently-played", endpoint=self._recently_played),
            Rule("/playlists/<playlist_id>", endpoint=playlists.playlist),
            Rule("/playlists/<playlist_id>/<any(items,tracks):path>", endpoint=playlists.contents),
            Rule(f"/{kinds}", endpoint=self._batch),
            Rule(f"/{kinds}/<object_id>", endpoint=self._one),
        ]
        self._routes = Map([Submount("/v1", routes)], merge_slashes=False).bind("")

    def respond(self, call: ApiRequest) -> Response:
        """The answer; raises Refusal where Spotify answers with an error body."""
        self._check_app(call.access)
        path = endpoint_path(call.request.path)
        if self._options.mode == "development" and any(pattern.match(path) for pattern in WITHDRAWN):
            raise Refusal(403, "Forbidden")
        if path.startswith("me/") and not call.access.is_user:
            raise Refusal(403, "Insufficient client scope")
        try:
            endpoint, arguments = self._routes.match(f"/v1/{path}")
        except NotFound:
            raise Refusal(404, "Service not found") from None
        body = endpoint(call, **arguments)
        if "market" in call.query:
            body = fields.relinked(body)
        if self._options.mode == "development":
            body = fields.without_removed_fields(body)
        return cacheable(json_response(200, body), call.request)

    def _check_app(self, access: Access) -> None:
        if self._options.is_extended:
            return
        if not self._options.owner_has_premium:
            raise Refusal(403, "Active premium subscription required for the owner of the app.")
        if access.is_user and not self._options.user_is_registered:
            raise Refusal(403, "User not registered in the Developer Dashboard")

    def _one(self, call: ApiRequest, kind: str, object_id: str) -> JsonObject:
        if not ids.is_id(object_id):
            raise Refusal(400, "Invalid base62 id")
        found = self._find(kind)(object_id, call.day)
        if found is None:
            raise Refusal(404, "Resource not found")
        return found

    def _batch(self, call: ApiRequest, kind: str) -> JsonObject:
        if self._options.mode == "development":
            raise Refusal(403, "Forbidden")
        wanted = batch_ids(call.request, BATCH_MAXIMA[kind])
        if not all(ids.is_id(one) for one in wanted):
            raise Refusal(400, "Invalid base62 id")
        return {kind: [self._find(kind)(one, call.day) for one in wanted]}

    def _find(self, kind: str) -> Callable[[str, dt.date], JsonObject | None]:
        catalog = self._catalog
        return {"artists": catalog.artist, "albums": catalog.album, "tracks": catalog.track}[kind]

    def _saved_tracks(self, call: ApiRequest) -> JsonObject:
        _need(call, "user-library-read")
        return _saved("me/tracks", call, self._catalog.saved_tracks(call.day))

    def _saved_episodes(self, call: ApiRequest) -> JsonObject:
        _need(call, "user-library-read")
        _need(call, "user-read-playback-position")
        return _saved("me/episodes", call, self._catalog.saved_episodes(call.day))

    def _recently_played(self, call: ApiRequest) -> JsonObject:
        _need(call, "user-read-recently-played")
        return _plays(call, self._catalog.recently_played(call.day))

    def _me(self, call: ApiRequest) -> JsonObject:
        if not call.access.is_user:
            raise Refusal(401, "Unauthorized.")
        needs = {"email": "user-read-email"}
        needs |= dict.fromkeys(("country", "explicit_content", "product"), "user-read-private")
        me = self._catalog.me(call.day)
        return {key: value for key, value in me.items() if needs.get(key) in call.access.scopes | {None}}


def _need(call: ApiRequest, scope: str) -> None:
    if scope not in call.access.scopes:
        raise Refusal(403, "Insufficient client scope")


def _saved(path: str, call: ApiRequest, saved: Sequence[JsonObject | None]) -> JsonObject:
    place = window(call.request, default=DEFAULT_PAGE, maximum=PAGE_MAXIMUM)
    part = list(saved[place.offset : place.offset + place.limit])
    return page(f"{call.root}{path}", call.query, place, part, len(saved))


def _plays(call: ApiRequest, plays: Sequence[JsonObject]) -> JsonObject:
    """A page by time: `before` and `after` are Unix milliseconds, cursors come as strings, no total."""
    limit = window(call.request, default=DEFAULT_PAGE, maximum=PAGE_MAXIMUM).limit
    before, after = call.query.get("before"), call.query.get("after")
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
    url = f"{call.root}me/player/recently-played"
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
