"""Budgets of calls over a rolling window: the rate limit (30 s) and the quota (about 24 h)."""

from __future__ import annotations

import collections
import math
import threading


class RollingBudget:
    """At most `calls` calls in any `window` seconds. A refused call does not count. Thread safe."""

    def __init__(self, calls: int, window: float) -> None:
        self._calls = calls
        self._window = window
        self._taken: collections.deque[float] = collections.deque()
        self._lock = threading.Lock()

    def take(self, now: float) -> int | None:
        """Count a call; None when it may pass, else the whole seconds until one may (at least 1)."""
        with self._lock:
            while self._taken and self._taken[0] <= now - self._window:
                self._taken.popleft()
            if len(self._taken) < self._calls:
                self._taken.append(now)
                return None
            oldest = self._taken[0] if self._taken else now
            return max(1, math.ceil(oldest + self._window - now))
