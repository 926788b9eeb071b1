"""Runs a fault plan: counts calls and decides which fault to inject."""

from __future__ import annotations

import collections
import math
import threading
import time
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from infra.local.spotify_api.call_log import endpoint_path, path_pattern
from infra.local.spotify_api.faults import Fault, FaultPlan


class RollingBudget:
    """At most `calls` calls in any `window` seconds; for the rate limit (30 s) and the quota (about 24 h).

    A refused call does not count. Thread safe.
    """

    def __init__(self, calls: int, window: float) -> None:
        self._calls = calls
        self._window = window
        self._passed: collections.deque[float] = collections.deque()
        self._lock = threading.Lock()

    def take(self, now: float) -> int | None:
        """Count a call; None when it may pass, else the whole seconds until one may (at least 1)."""
        with self._lock:
            while self._passed and self._passed[0] <= now - self._window:
                self._passed.popleft()
            if len(self._passed) < self._calls:
                self._passed.append(now)
                return None
            oldest = self._passed[0] if self._passed else now
            return max(1, math.ceil(oldest + self._window - now))


class FaultInjector:
    """Runs one plan from its beginning. Thread safe."""

    def __init__(self, plan: FaultPlan, clock: Callable[[], float] = time.time) -> None:
        self._plan = plan
        self._clock = clock
        self._lock = threading.Lock()
        self._matching: collections.Counter[tuple[int, str]] = collections.Counter()
        self._injected: collections.Counter[int] = collections.Counter()
        self._blocked: tuple[float, Fault] | None = None
        self._quota = RollingBudget(plan.quota, plan.quota_window) if plan.quota is not None else None
        self._rate = (
            RollingBudget(plan.rate_limit, plan.rate_limit_window) if plan.rate_limit is not None else None
        )

    @property
    def injected(self) -> tuple[int, ...]:
        """How often each fault of the plan was injected, in the plan's order."""
        with self._lock:
            return tuple(self._injected[index] for index in range(len(self._plan.faults)))

    def fault_for(self, request: Request) -> Fault | None:
        """Count the call; return the fault to inject, if any."""
        injected: Fault | None = None
        with self._lock:
            for index, fault in enumerate(self._plan.faults):
                if not fault.fits(request):
                    continue
                key = (index, _playlist_id(request) if fault.kind == "snapshot_moves" else "")
                self._matching[key] += 1
                if not fault.applies_to(self._matching[key]):
                    continue
                # `snapshot_moves` is injected in addition to at most one other fault.
                if injected is None or injected.kind == "snapshot_moves":
                    injected = fault
                    self._injected[index] += 1
                elif fault.kind == "snapshot_moves":
                    self._injected[index] += 1
            if injected is not None and injected.lasting:
                self._blocked = (self._clock() + (injected.seconds or 0), injected)
        return injected

    def refusal(self, request: Request) -> tuple[str, Response] | None:
        """A 429 while an earlier 429 lasts, when the quota is spent, or above the rate limit."""
        if not request.path.startswith("/v1/"):
            return None
        now = self._clock()
        with self._lock:
            blocked = self._blocked
        if blocked is not None and now < blocked[0]:
            return _refused(blocked[1].kind == "quota_exceeded", blocked[0] - now, request)
        if self._rate is not None and (wait := self._rate.take(now)):
            return _refused(False, wait, request)
        if self._quota is not None and (wait := self._quota.take(now)):
            return _refused(True, wait, request)
        return None

    def lag(self, playlist_id: str) -> int:
        """How many changes a playlist is behind its state of the day."""
        lag = 0
        with self._lock:
            for index, fault in enumerate(self._plan.faults):
                if fault.kind != "snapshot_moves" or not _names(fault, playlist_id):
                    continue
                moved = max(0, self._matching[index, playlist_id] - fault.nth + 1)
                lag += moved if fault.times is None else max(0, fault.times - moved)
        return lag


def _names(fault: Fault, playlist_id: str) -> bool:
    pattern = path_pattern(fault.path)
    return any(pattern.match(f"playlists/{playlist_id}/{page}") for page in ("items", "tracks"))


def _playlist_id(request: Request) -> str:
    return endpoint_path(request.path).split("/")[1]


def _refused(is_quota: bool, wait: float, request: Request) -> tuple[str, Response]:
    fault = Fault("quota_exceeded" if is_quota else "rate_limited", seconds=wait)
    response = fault.response(request)
    assert response is not None  # noqa: S101 - of these two kinds there always is one
    return fault.kind, response
