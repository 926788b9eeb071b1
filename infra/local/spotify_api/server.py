"""The local Spotify as an HTTP server on the loopback interface."""

from __future__ import annotations

import datetime as dt
import functools
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final, Self
from urllib.parse import urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from infra.local.spotify_api.accounts import Accounts
from infra.local.spotify_api.call_log import DROPPED, Call, CallLog, logged_headers
from infra.local.spotify_api.catalog import Catalog
from infra.local.spotify_api.faults import FaultInjector, FaultPlan
from infra.local.spotify_api.options import SpotifyApiOptions
from infra.local.spotify_api.playlist_endpoints import ApiRequest
from infra.local.spotify_api.responses import DroppedConnection, Refusal, json_response
from infra.local.spotify_api.web_api import WebApi

HOST: Final = "127.0.0.1"
CALLS_PATH: Final = "/_local/calls"


class SpotifyApi:
    """A context manager around the server.

    ```python
    with SpotifyApi(SpotifyApiOptions(mode="development", day=date(2026, 11, 22))) as spotify:
        spotify.api_url        # 'http://127.0.0.1:PORT/v1/'
        spotify.accounts_url   # 'http://127.0.0.1:PORT/'
        spotify.calls.number("playlists/*/items")
        spotify.day = date(2026, 11, 23)             # the next day
        spotify.use_faults(FaultPlan((Fault("dropped", nth=2),)))
    ```
    `day` and `use_faults` may be set while it runs. `clock` (seconds since the epoch) decides when tokens
    expire and when quotas, rate limits and 429 blocks end; `catalog` replaces that of the options.
    GET /_local/calls returns the counts by endpoint as JSON, for a client in another process; it needs no
    token and is not logged.
    """

    def __init__(
        self,
        options: SpotifyApiOptions | None = None,
        *,
        catalog: Catalog | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.options = options or SpotifyApiOptions()
        self.catalog = catalog or self.options.catalog()
        self.day = self.options.day or dt.datetime.now(dt.UTC).date()
        self.calls = CallLog()
        self._clock = clock
        self.accounts = Accounts(self.options.accounts, clock)
        self._injector = FaultInjector(self.options.faults, clock)
        self._web_api = WebApi(self.options, self.catalog)
        self._server: BaseWSGIServer | None = None
        self._url = ""

    @property
    def api_url(self) -> str:
        """The Web API's address, ending in /v1/."""
        return f"{self._url}/v1/"

    @property
    def accounts_url(self) -> str:
        """The accounts host's address, ending in /."""
        return f"{self._url}/"

    @property
    def injected(self) -> tuple[int, ...]:
        """How often each fault of the plan was injected, in the plan's order."""
        return self._injector.injected

    def use_faults(self, plan: FaultPlan) -> None:
        """Run another plan from its beginning, with new counts and budgets."""
        self._injector = FaultInjector(plan, self._clock)

    def start(self) -> None:
        """Serve from a background thread."""
        self._server = make_server(
            HOST, self.options.port, self._wsgi_app, threaded=True, request_handler=_Handler
        )
        self._url = f"http://{HOST}:{self._server.port}"
        serve = functools.partial(self._server.serve_forever, poll_interval=0.02)
        threading.Thread(target=serve, name="spotify-api", daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = self._respond_and_log(Request(environ, populate_request=False))
        if isinstance(response, DroppedConnection):
            # Werkzeug treats this as a client that disconnected, and sends nothing.
            raise ConnectionAbortedError
        return response(environ, start_response)

    def _respond_and_log(self, request: Request) -> Response:
        received_at, started = time.time(), time.monotonic()
        if request.path == CALLS_PATH:
            return json_response(200, self.calls.by_endpoint())
        fault, response = self._respond(request)
        # The latency includes the time that the response took to make.
        time.sleep(max(0.0, started + self.options.latency - time.monotonic()))
        status = DROPPED if isinstance(response, DroppedConnection) else response.status_code
        headers = logged_headers(request.headers)
        query = request.args.to_dict()
        self.calls.add(Call(request.method, request.path, query, status, fault, headers, received_at))
        return response

    def _respond(self, request: Request) -> tuple[str | None, Response]:
        injector = self._injector
        if refusal := injector.refusal(request):
            return refusal
        fault = injector.fault_for(request)
        if fault is None:
            return None, self.true_response(request, injector)
        if fault.kind == "slow":
            time.sleep(fault.seconds or 0)

        def page_at(offset: int) -> Response:
            query = urlencode({**request.args.to_dict(), "offset": offset})
            page_request = Request({**request.environ, "QUERY_STRING": query}, populate_request=False)
            return self.true_response(page_request, injector)

        response = fault.response(request) or fault.changed(self.true_response(request, injector), page_at)
        return fault.kind, response

    def true_response(self, request: Request, injector: FaultInjector) -> Response:
        """The response before a fault changes it. A test may override this."""
        try:
            if request.path.startswith("/v1/"):
                if request.method != "GET":
                    raise Refusal(405, "Method not allowed")  # noqa: TRY301 - answered just below
                access = self.accounts.check(request)
                return self._web_api.respond(ApiRequest(request, access, self.day, injector))
        except Refusal as refusal:
            return refusal.response()
        if request.path == "/api/token" and request.method == "POST":
            return self.accounts.token(request)
        if request.path == "/authorize" and request.method == "GET":
            return self.accounts.authorize(request)
        return json_response(404, {"error": "not_found", "error_description": request.path})


class _Handler(WSGIRequestHandler):
    """Werkzeug's handler, without a log. Unlike Spotify it closes each connection after one response."""

    disable_nagle_algorithm = True  # else the body waits for the client to acknowledge the headers

    def connection_dropped(self, *_: object) -> None:
        """Close the connection of a client that has gone away, or that the fault plan drops."""
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: `SpotifyApi.calls` is the log."""
