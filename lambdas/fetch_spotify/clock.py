"""The clock, the sleep and the remaining time of the function, injectable for tests."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Callable


def _forever() -> float:
    return float("inf")


@dataclasses.dataclass(frozen=True)
class Clock:
    """Injectable clock.

    Attributes:
        now: epoch seconds, UTC.
        sleep: waits this many seconds.
        remaining: seconds until the function is killed.
    """

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    remaining: Callable[[], float] = _forever

    def timestamp(self) -> str:
        """The current time as ISO 8601 with milliseconds and Z (UTC)."""
        return timestamp(self.now())


def timestamp(epoch_seconds: float) -> str:
    """A time as ISO 8601 with milliseconds and Z (UTC)."""
    moment = dt.datetime.fromtimestamp(epoch_seconds, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """Epoch seconds of an ISO 8601 text; one without a zone is UTC."""
    moment = dt.datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
