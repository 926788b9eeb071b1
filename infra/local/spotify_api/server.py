"""The local Spotify as an HTTP server on the loopback interface."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from infra.local.spotify_api.calls import DROPPED, Call, CallLog, logged_headers
from infra.local.spotify_api.content import Content
from infra.local.spotify_api.fault_injector import FaultInjector
from infra.local.spotify_api.faults import FaultPlan
from infra.local.spotify_api.http import Answer, Refusal, Request, json_answer
from infra.local.spotify_api.options import SpotifyApiOptions
from infra.local.spotify_api.tokens import Accounts
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
    expire and when quotas, rate limits and shut doors open again; `content` takes the catalog's place.
    GET /_local/calls answers the counts by endpoint as JSON, for a client in another process; it needs no
    token and is not logged.
    """

    def __init__(
        self,
        options: SpotifyApiOptions | None = None,
        *,
        content: Content | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.options = options or SpotifyApiOptions()
        self.content = content or self.options.content()
        self.day = self.options.day or dt.datetime.now(dt.UTC).date()
        self.calls = CallLog()
        self._clock = clock
        self.accounts = Accounts(self.options.accounts, clock)
        self._injector = FaultInjector(self.options.faults, clock)
        self._web_api = WebApi(self.options, self.content)
        self._server: _Server | None = None
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
    def struck(self) -> tuple[int, ...]:
        """How often each fault of the plan has struck, in the plan's order."""
        return self._injector.struck

    def use_faults(self, plan: FaultPlan) -> None:
        """Play another plan from its beginning (counts, budgets and shut doors start afresh)."""
        self._injector = FaultInjector(plan, self._clock)

    def start(self) -> None:
        """Begin to serve, in a thread of its own."""
        self._server = _Server((HOST, self.options.port), _Handler)
        self._server.spotify = self
        self._url = f"http://{HOST}:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="spotify-api", daemon=True
        ).start()

    def stop(self) -> None:
        """Stop, and close the connections that clients have kept open."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.close_connections()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, request: Request) -> Answer:
        """Answer a call and log it."""
        came, began = time.time(), time.monotonic()
        if request.path == CALLS_PATH:
            return json_answer(200, self.calls.by_endpoint())
        kind, answer = self._answer(request)
        # The latency is that of the whole answer: what making it took does not come on top.
        time.sleep(max(0.0, began + self.options.latency - time.monotonic()))
        status = DROPPED if answer.status is None else answer.status
        headers = logged_headers(request.headers)
        self.calls.add(Call(request.method, request.path, request.query, status, kind, headers, came))
        return answer

    def _answer(self, request: Request) -> tuple[str | None, Answer]:
        injector = self._injector
        if refusal := injector.refusal(request):
            return refusal
        fault = injector.strike(request)
        if fault is None:
            return None, self._true_answer(request, injector)
        if fault.kind == "slow":
            time.sleep(fault.seconds or 0)

        def page_at(offset: int) -> Answer:
            query = {**request.query, "offset": str(offset)}
            return self._true_answer(dataclasses.replace(request, query=query), injector)

        answer = fault.answer(request) or fault.altered(self._true_answer(request, injector), page_at)
        return fault.kind, answer

    def _true_answer(self, request: Request, injector: FaultInjector) -> Answer:
        try:
            if request.path.startswith("/v1/"):
                if request.method != "GET":
                    raise Refusal(405, "Method not allowed")  # noqa: TRY301 - answered just below
                access = self.accounts.check(request)
                return self._web_api.answer(request, access, self.day, injector)
        except Refusal as refusal:
            return refusal.answer()
        if request.path == "/api/token" and request.method == "POST":
            return self.accounts.token(request)
        if request.path == "/authorize" and request.method == "GET":
            return self.accounts.authorize(request)
        return json_answer(404, {"error": "not_found", "error_description": request.path})


class _Server(ThreadingHTTPServer):
    """Knows its open connections, so that a stopped server answers nobody."""

    daemon_threads = True
    request_queue_size = 128
    spotify: SpotifyApi

    def __init__(self, *args: Any) -> None:
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(*args)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._connections_lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Shut every connection down; their threads then end."""
        with self._connections_lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away mid-answer is its own affair; anything else is shown."""
        import sys  # noqa: PLC0415

        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "local-spotify"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        self._serve(dict(parse_qsl(body, keep_blank_values=True)))

    do_PUT = do_DELETE = do_POST  # noqa: N815 - likewise

    def _serve(self, form: Mapping[str, str]) -> None:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            form=form,
            base_url=self.server.spotify.accounts_url.rstrip("/"),
        )
        try:
            answer = self.server.spotify.answer(request)
        except Exception as error:
            self._send(json_answer(500, {"error": {"status": 500, "message": f"local Spotify: {error!r}"}}))
            raise
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        if answer.status is None:
            self._hang_up()
            return
        phrase = HTTPStatus(answer.status).phrase
        lines = [f"HTTP/1.1 {answer.status} {phrase}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if answer.status != HTTPStatus.NOT_MODIFIED:
            lines.append(f"Content-Length: {len(answer.body)}")
        head = "\r\n".join((*lines, "", "")).encode("latin-1")
        # One write: headers and body in two would cost a client 40 ms of delayed acknowledgement.
        self.wfile.write(head + answer.body[: answer.sent])
        if answer.sent is not None:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the call log is the log
        """Say nothing."""
