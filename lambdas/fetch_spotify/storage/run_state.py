"""State between invocations, besides the records: the run's figures, the app's memory, and the block."""

from __future__ import annotations

import hashlib
import math
from typing import Any, Final, TypeVar

import msgspec

from common.observability import logger
from fetch_spotify.clock import Clock
from fetch_spotify.errors import LimitReached, QuotaExceeded, RateLimited
from fetch_spotify.storage.bucket import RawBucket
from spotify_lake.contract.raw_zone import ROOT

PREFIX: Final = f"{ROOT}/fetch_state/"
BLOCKED_KEY: Final = f"{PREFIX}blocked.json"
APP_KEY: Final = f"{PREFIX}app.json"

S = TypeVar("S", bound=msgspec.Struct)


class Refusal(msgspec.Struct):
    """A playlist that Spotify refused, and when (ISO 8601; "" within a run)."""

    reason: str
    message: str
    at: str = ""


class Evidence(msgspec.Struct):
    """What an answer of Spotify showed about the kind of app, and when (epoch seconds)."""

    value: bool | str
    at: float


class RunState(msgspec.Struct):
    """The figures of a run over all its invocations.

    Attributes:
        started_at: when the first invocation began.
        calls: API calls by kind, retries included.
        token_calls: calls of the token endpoint.
        rounds: invocations so far.
        listing: a source's own state, by the source's name.
        refused: playlists that Spotify refused, by the id or link that the operator gave.
        drift: see `Drift.counts`.
        alerts: names of the alerts that were sent.
    """

    started_at: str
    calls: dict[str, int] = {}
    token_calls: int = 0
    rounds: int = 0
    listing: dict[str, Any] = {}
    refused: dict[str, Refusal] = {}
    drift: list[tuple[str, tuple[str, ...], int]] = []
    alerts: list[str] = []


class AppMemory(msgspec.Struct):
    """What earlier runs found out about the app and the account.

    Attributes:
        app: a hash of the client id.
        mode: `ApiMode.name`.
        evidence: `ApiMode.evidence`.
        consent: a hash that identifies the user's consent.
        refusals: playlists that Spotify refused, by id; valid for the same consent.
        listed: ids of the account's playlists in the last complete list; valid for the same consent.
        over_budget: playlists that the budget of calls left to the next run, in order.
    """

    app: str = ""
    mode: str | None = None
    evidence: dict[str, Evidence] = {}
    consent: str = ""
    refusals: dict[str, Refusal] = msgspec.field(default_factory=dict, name="unreadable")
    listed: list[str] = []
    over_budget: list[str] = msgspec.field(default_factory=list, name="left")


class _Block(msgspec.Struct):
    """Until when (epoch seconds) Spotify blocks an app, and with which error."""

    app: str
    error: str
    blocked_until: int


class StateStore:
    """Stores the state of one run, and what the app as a whole must remember."""

    def __init__(self, bucket: RawBucket, run_id: str, client_id: str) -> None:
        self._bucket = bucket
        self._run_key = f"{PREFIX}run_id={run_id}/state.json"
        # Another app has limits and access of its own. The hash keeps the client id out of the bucket.
        self._app = hashlib.sha256(client_id.encode()).hexdigest()[:16]

    def load(self, now: str) -> RunState:
        """The run's state; a new one for its first invocation."""
        return self._read(self._run_key, RunState) or RunState(started_at=now)

    def save(self, state: RunState) -> None:
        """Store the run's state."""
        self._bucket.put(self._run_key, msgspec.json.encode(state))

    def load_memory(self) -> AppMemory:
        """What earlier runs found out about this app; empty for another app."""
        memory = self._read(APP_KEY, AppMemory)
        return memory if memory and memory.app == self._app else AppMemory(self._app)

    def save_memory(self, memory: AppMemory) -> None:
        """Store what this run found out about the app."""
        self._bucket.put(APP_KEY, msgspec.json.encode(memory))

    def block(self, error: LimitReached) -> None:
        """Store how long Spotify's limit lasts, so that later runs back off."""
        block = _Block(self._app, type(error).__name__, error.blocked_until)
        self._bucket.put(BLOCKED_KEY, msgspec.json.encode(block))

    def check_block(self, clock: Clock, *, max_inline_wait_seconds: int) -> None:
        """Return when Spotify may be called, after a wait if a short one is enough.

        Raises:
            RateLimited, QuotaExceeded: the error that set the block, with the remaining seconds.
        """
        block = self._read(BLOCKED_KEY, _Block)
        if block is None or block.app != self._app:
            return
        left = math.ceil(block.blocked_until - clock.now())
        if left <= 0:
            return
        if left <= max_inline_wait_seconds and left < clock.remaining() / 2:
            clock.sleep(left)
            return
        error = QuotaExceeded if block.error == QuotaExceeded.__name__ else RateLimited
        raise error(left, block.blocked_until)

    def _read(self, key: str, kind: type[S]) -> S | None:
        """Read an object; None when it does not exist or cannot be decoded."""
        body = self._bucket.get(key)
        if body is None:
            return None
        try:
            return msgspec.json.decode(body, type=kind)
        except ValueError as error:
            logger.warning(
                "a state object cannot be read and is ignored", extra={"key": key, "cause": str(error)}
            )
            return None
