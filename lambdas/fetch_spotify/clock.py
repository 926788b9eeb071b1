"""Time as the fetch sees it: the clock, the wait, and how long the function may still run."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Callable


def _forever() -> float:
    return float("inf")


@dataclasses.dataclass(frozen=True)
class Clock:
    """The three doors to time; tests put their own behind them.

    Attributes:
        now: epoch seconds, UTC.
        sleep: waits so many seconds.
        remaining: seconds until the function is killed.
    """

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    remaining: Callable[[], float] = _forever

    def timestamp(self) -> str:
        """Now as ISO 8601 with milliseconds and Z (UTC)."""
        return timestamp(self.now())


def timestamp(epoch_seconds: float) -> str:
    """A moment as ISO 8601 with milliseconds and Z (UTC)."""
    moment = dt.datetime.fromtimestamp(epoch_seconds, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """Epoch seconds of an ISO 8601 text; one without a zone is UTC."""
    moment = dt.datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
