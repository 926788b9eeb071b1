"""A thin typed layer over `spotipy.Spotify`, and the budget of calls."""

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
    CallBudgetSpent,
    SpotifyAccessRefused,
    SpotifyCredentialsInvalid,
)
from fetch_spotify.spotify.auth import Tokens
from fetch_spotify.spotify.transport import CONNECT_TIMEOUT_SECONDS, HttpTransport

JsonObject: TypeAlias = dict[str, Any]
T = TypeVar("T")

_UNAUTHORIZED: Final = 401
# 403s that concern the app or its user, whatever was requested.
_APP_REFUSALS: Final = ("not registered", "premium subscription required")


class Calls:
    """Counts calls by kind, retries included, and enforces the run's budget.

    Args:
        budget: the maximum number of calls of the run; 0 for no limit.
        spent: calls by kind of the run's earlier invocations.
        checkpoint: called with the counts at every hundredth of the budget, so that a killed function loses
            no more than that.
        workers: the number of threads that make calls.
    """

    def __init__(
        self,
        budget: int,
        spent: dict[str, int],
        checkpoint: Callable[[dict[str, int]], object] = lambda _: None,
        *,
        workers: int = 1,
    ) -> None:
        self.budget = budget
        self._workers = workers
        self._reserved = 0
        self._thread = _Reservation()
        self._checkpoint = checkpoint
        self._checkpoint_interval = max(1, budget // 100)
        self._count: Counter[str] = Counter(spent)
        self._lock = threading.Lock()

    def spend(self, kind: str) -> None:
        """Count one call; raise `CallBudgetSpent` when there is none left."""
        with self._lock:
            if self._thread.calls:
                self._thread.calls -= 1
                self._reserved -= 1
            elif not self._has_room_for(1):
                raise CallBudgetSpent(self.budget)
            self._count[kind] += 1
            if self.budget and self._count.total() % self._checkpoint_interval == 0:
                self._checkpoint(dict(self._count))

    @contextlib.contextmanager
    def reserve(self, calls: int) -> Iterator[None]:
        """Reserve calls of the budget for this thread, so that it can finish the playlist it begins.

        Without a reservation, workers that share the rest of a budget could all begin a playlist and none
        finish one.

        Raises:
            CallBudgetSpent: fewer calls are left.
        """
        with self._lock:
            if not self._has_room_for(calls):
                raise CallBudgetSpent(self.budget)
            self._reserved += calls
            self._thread.calls = calls
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= self._thread.calls
                self._thread.calls = 0

    def can_never_make(self, calls: int) -> bool:
        """Whether even a new run cannot make this many calls for one playlist.

        Its first calls list the playlists, and each worker may have a call in flight.
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
    """The calls reserved for one thread."""

    calls = 0


class _ThreadToken(threading.local):
    """One token per worker, so that an old token never overwrites a renewed one."""

    token = ""

    def get_access_token(self, as_dict: bool = False) -> str:  # noqa: ARG002 - spotipy's interface
        return self.token


class SpotifyClient:
    """Reads the Web API for all workers.

    Args:
        transport: sends and retries the calls.
        tokens: the run's access token.
        calls: the budget.
        config: the API's address and the time-out.
    """

    def __init__(self, transport: HttpTransport, tokens: Tokens, calls: Calls, config: Config) -> None:
        self.api_url = config.spotify_api_url
        self.tokens = tokens
        self.calls = calls
        self._transport = transport
        self._thread = _ThreadToken()
        self._spotify = spotipy.Spotify(
            auth_manager=self._thread,
            requests_session=transport.session,
            requests_timeout=(CONNECT_TIMEOUT_SECONDS, config.request_timeout_seconds),
        )
        self._spotify.prefix = config.spotify_api_url

    def get(self, path: str, check: Callable[[JsonObject, bool], T], *, kind: str, **params: str | int) -> T:
        """GET a path below the API's address and return what `check` makes of the body.

        Args:
            path: such as `playlists/<id>`; never a full URL, so that no other host receives the token.
            check: parses the body; see `HttpTransport.send`.
            kind: the name under which the call is counted.
            params: the query.

        Raises:
            ApiRefused: 4xx other than 401 and 429.
            SpotifyCredentialsInvalid: a renewed token is refused as well.
            CallBudgetSpent: the run may make no more calls.
            FetchError: whatever `HttpTransport.send` raises.
        """
        token, is_renewed = self.tokens.get(), False
        while True:
            self._thread.token = token
            try:
                return self._transport.send(
                    # `_get`, because spotipy has no method left that reads the old /playlists/{id}/tracks.
                    lambda: self._spotify._get(path, **params),
                    check,
                    before=lambda: self.calls.spend(kind),
                )
            except ApiRefused as error:
                if any(words in error.message.lower() for words in _APP_REFUSALS):
                    raise SpotifyAccessRefused(error.message) from error
                if error.status != _UNAUTHORIZED:
                    raise
                if is_renewed:
                    raise SpotifyCredentialsInvalid(
                        f"Spotify does not accept the access token that it has just issued ({error.message})."
                    ) from error
            token, is_renewed = self.tokens.renew(token), True
