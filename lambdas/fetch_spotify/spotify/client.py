"""A thin typed layer over `spotipy.Spotify`: a path in, a checked body or a typed error out."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias, TypeVar

import spotipy

from fetch_spotify.config import Config
from fetch_spotify.errors import (
    ApiRefused,
    BrokenAnswer,
    CallBudgetSpent,
    SpotifyAccessRefused,
    SpotifyCredentialsInvalid,
)
from fetch_spotify.spotify.auth import Tokens
from fetch_spotify.spotify.transport import CONNECT_TIMEOUT_SECONDS, HttpTransport

JsonObject: TypeAlias = dict[str, Any]
T = TypeVar("T")

_UNAUTHORIZED: Final = 401
# 403s that concern the app or its user, whatever was asked for.
_WHOLE_APP_REFUSED: Final = ("not registered", "premium subscription required")


class Calls:
    """Counts calls by kind, tries included, and keeps the run's budget.

    Args:
        budget: the most calls the run may make; 0 for no bound.
        spent: calls by kind of the run's earlier invocations.
        note: told the count at every hundredth of the budget, so that a killed function forgets no more.
        workers: how many threads make calls.
    """

    def __init__(
        self,
        budget: int,
        spent: dict[str, int],
        note: Callable[[dict[str, int]], object] = lambda _: None,
        *,
        workers: int = 1,
    ) -> None:
        self.budget = budget
        self._workers = workers
        self._reserved = 0
        self._own = _Reservation()
        self._note = note
        self._noted_each = max(1, budget // 100)
        self._count: Counter[str] = Counter(spent)
        self._lock = threading.Lock()

    def spend(self, kind: str) -> None:
        """Count one call; raise `CallBudgetSpent` when there is none left."""
        with self._lock:
            if self._own.calls:
                self._own.calls -= 1
                self._reserved -= 1
            elif not self._has_room_for(1):
                raise CallBudgetSpent(self.budget)
            self._count[kind] += 1
            if self.budget and self._count.total() % self._noted_each == 0:
                self._note(dict(self._count))

    @contextlib.contextmanager
    def reserve(self, calls: int) -> Iterator[None]:
        """Keep so many calls of the budget for this thread, so that what it begins it can finish.

        Without it, workers that share the rest of a budget could all begin a playlist and none finish one.

        Raises:
            CallBudgetSpent: there are not so many left.
        """
        with self._lock:
            if not self._has_room_for(calls):
                raise CallBudgetSpent(self.budget)
            self._reserved += calls
            self._own.calls = calls
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= self._own.calls
                self._own.calls = 0

    def can_never_make(self, calls: int) -> bool:
        """Whether so many calls are too many even for a run that begins with them.

        What it takes to list the playlists, and a call of each worker that is under way, comes first.
        """
        with self._lock:
            first = self._count["listing"] + self._count["me"] + self._workers
        return bool(self.budget) and calls + first > self.budget

    def _has_room_for(self, calls: int) -> bool:
        return not self.budget or self._count.total() + self._reserved + calls <= self.budget

    def by_kind(self) -> dict[str, int]:
        """The calls so far, by kind."""
        with self._lock:
            return dict(sorted(self._count.items()))


class _Reservation(threading.local):
    """The calls that are reserved for a thread."""

    calls = 0


class _ThreadToken(threading.local):
    """Each worker's own token, so that nobody's renewed token is overwritten by another's old one."""

    value = ""

    def get_access_token(self, as_dict: bool = False) -> str:  # noqa: ARG002 - spotipy's interface
        return self.value


class SpotifyClient:
    """Reads the Web API for all workers.

    Args:
        transport: sends, retries, waits.
        tokens: the run's token.
        calls: the count and the budget.
        config: for the API's address and the time-out.
    """

    def __init__(self, transport: HttpTransport, tokens: Tokens, calls: Calls, config: Config) -> None:
        self.api_url = config.spotify_api_url
        self.tokens = tokens
        self.calls = calls
        self._transport = transport
        self._token = _ThreadToken()
        self._spotify = spotipy.Spotify(
            auth_manager=self._token,
            requests_session=transport.session,
            requests_timeout=(CONNECT_TIMEOUT_SECONDS, config.request_timeout_seconds),
        )
        self._spotify.prefix = config.spotify_api_url

    def get(self, path: str, check: Callable[[JsonObject], T], *, kind: str, **params: str | int) -> T:
        """GET a path below the API's address and return what `check` makes of the body.

        Args:
            path: such as `playlists/<id>`; never a whole URL, so the token goes to no other host.
            check: parses the body; raises `BrokenAnswer` when it lacks what the call promises, and the call
                is made again. Any other exception of it ends the fetch.
            kind: the name under which the call is counted.
            params: the query.

        Raises:
            ApiRefused: 4xx other than 401 and 429.
            SpotifyCredentialsInvalid: a fresh token is refused as well.
            CallBudgetSpent: the run may make no more calls.
            FetchError: whatever `HttpTransport.send` raises.
        """
        token = self.tokens.get()
        try:
            return self._send(token, path, check, kind, params)
        except ApiRefused as error:
            if any(words in error.message.lower() for words in _WHOLE_APP_REFUSED):
                raise SpotifyAccessRefused(error.message) from error
            if error.status != _UNAUTHORIZED:
                raise
        try:
            return self._send(self.tokens.renew(token), path, check, kind, params)
        except ApiRefused as error:
            if error.status != _UNAUTHORIZED:
                raise
            raise SpotifyCredentialsInvalid(
                f"Spotify does not accept the access token that it has just given ({error.message})."
            ) from error

    def _send(
        self, token: str, path: str, check: Callable[[JsonObject], T], kind: str, params: dict[str, str | int]
    ) -> T:
        def call() -> Any:
            self._token.value = token
            # `_get`, because no method of spotipy's reads the old /playlists/{id}/tracks any more.
            return self._spotify._get(path, **params)

        def check_object(body: Any) -> T:
            if not isinstance(body, dict):
                raise BrokenAnswer("an answer of 200 without a JSON object")
            return check(body)

        return self._transport.send(call, check_object, before=lambda: self.calls.spend(kind))
