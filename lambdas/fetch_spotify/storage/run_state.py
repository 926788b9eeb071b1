"""What must outlive an invocation besides the records: the run's figures, the listing, the block."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from typing import Any, Final

from fetch_spotify.clock import Clock
from fetch_spotify.errors import LimitReached, QuotaExceeded, RateLimited
from fetch_spotify.storage.bucket import RawBucket
from spotify_lake.contract.raw_zone import ROOT

PREFIX: Final = f"{ROOT}/fetch_state/"
BLOCKED_KEY: Final = f"{PREFIX}blocked.json"
APP_KEY: Final = f"{PREFIX}app.json"


@dataclasses.dataclass
class RunState:
    """The figures of a run over all its invocations.

    Attributes:
        started_at: when the first invocation began.
        calls: API calls by kind, tries included.
        token_calls: calls of the token endpoint.
        rounds: invocations so far.
        listing: what a source noted for itself, by its name.
        refused: playlists that Spotify refused, by the operator's name: `{reason, message}`.
        drift: see `Drift.counts`.
    """

    started_at: str
    calls: dict[str, int] = dataclasses.field(default_factory=dict)
    token_calls: int = 0
    rounds: int = 0
    listing: dict[str, Any] = dataclasses.field(default_factory=dict)
    refused: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    drift: list[list[Any]] = dataclasses.field(default_factory=list)


class StateStore:
    """Keeps the state of one run, and what the app as a whole must remember."""

    def __init__(self, bucket: RawBucket, run_id: str, client_id: str) -> None:
        self._bucket = bucket
        self._run_key = f"{PREFIX}run_id={run_id}/state.json"
        # Another app is not bound by this one's block; its id itself is nobody's business here.
        self._app = hashlib.sha256(client_id.encode()).hexdigest()[:16]

    def load(self, now: str) -> RunState:
        """The run's state; a new one when this is its first invocation."""
        body = self._read(self._run_key)
        return RunState(**body) if body else RunState(started_at=now)

    def save(self, state: RunState) -> None:
        """Store the run's state."""
        self._write(self._run_key, vars(state))

    def app_memory(self) -> dict[str, Any]:
        """What earlier runs found out about this app; empty for another app."""
        body = self._read(APP_KEY)
        return body if body.get("app") == self._app else {}

    def remember_app(self, memory: dict[str, Any]) -> None:
        """Store what this run found out about the app."""
        self._write(APP_KEY, {"app": self._app, **memory})

    def block(self, error: LimitReached) -> None:
        """Remember until when Spotify wants silence, so that no run knocks before."""
        self._write(
            BLOCKED_KEY,
            {"app": self._app, "error": type(error).__name__, "blocked_until": error.blocked_until},
        )

    def check_block(self, clock: Clock, *, max_inline_wait_seconds: int) -> None:
        """Pass when Spotify may be called; wait when it may be soon.

        Raises:
            RateLimited, QuotaExceeded: as the run that met the limit did, with the seconds that are left.
        """
        body = self._read(BLOCKED_KEY)
        if body.get("app") != self._app:
            return
        left = math.ceil(body["blocked_until"] - clock.now())
        if left <= 0:
            return
        if left <= max_inline_wait_seconds and left < clock.remaining() / 2:
            clock.sleep(left)
            return
        error = QuotaExceeded if body["error"] == QuotaExceeded.__name__ else RateLimited
        raise error(left, body["blocked_until"])

    def _read(self, key: str) -> dict[str, Any]:
        try:
            body = json.loads(self._bucket.get(key) or b"{}")
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def _write(self, key: str, body: dict[str, Any]) -> None:
        self._bucket.put(key, json.dumps(body).encode())
