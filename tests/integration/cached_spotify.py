"""A local Spotify for tests that run the fetch hundreds of times."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import NamedTuple

from werkzeug.wrappers import Request, Response

from infra.local.spotify_api import FaultPlan, SpotifyApi, SpotifyApiOptions
from infra.local.spotify_api.catalog import Catalog
from infra.local.spotify_api.faults import FaultInjector
from infra.local.spotify_api.responses import Refusal


class _Answer(NamedTuple):
    body: bytes
    status: int
    headers: list[tuple[str, str]]


class CachedSpotify(SpotifyApi):
    """A local Spotify that builds and encodes each true answer of a GET once.

    A true answer depends on the URL, the ETag that the client has, the rights of its token and the day. While
    a fault plan moves a playlist's snapshot it also depends on the earlier calls, so nothing is cached then.
    """

    def __init__(
        self,
        options: SpotifyApiOptions,
        *,
        catalog: Catalog | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(options, catalog=catalog, clock=clock)
        self._answers: dict[tuple[str, str | None, bool, frozenset[str], dt.date], _Answer] = {}
        self._may_cache = True

    def use_faults(self, plan: FaultPlan) -> None:
        super().use_faults(plan)
        self._may_cache = all(fault.kind != "snapshot_moves" for fault in plan.faults)

    def true_response(self, request: Request, injector: FaultInjector) -> Response:
        if not self._may_cache or request.method != "GET" or not request.path.startswith("/v1/"):
            return super().true_response(request, injector)
        try:
            access = self.accounts.check(request)
        except Refusal as refusal:
            return refusal.response()
        etag = request.headers.get("If-None-Match")
        key = (request.full_path, etag, access.is_user, access.scopes, self.day)
        if key not in self._answers:
            response = super().true_response(request, injector)
            self._answers[key] = _Answer(response.get_data(), response.status_code, list(response.headers))
        body, status, headers = self._answers[key]
        return Response(body, status, headers)
