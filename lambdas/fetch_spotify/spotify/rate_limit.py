"""Rate limiting across all workers: `Retry-After`, the gate before each call, and the thread pool."""

from __future__ import annotations

import email.utils
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from fetch_spotify.clock import Clock
from fetch_spotify.errors import CallBudgetSpent, FetchError, Halted, LimitReached, OutOfTime

T = TypeVar("T")

MAX_RETRY_AFTER_SECONDS: Final = 7 * 86_400  # Spotify has asked for a day at most: more is a mistake
_POLL_SECONDS: Final = 1.0  # a waiting worker checks this often whether the run has ended
# Errors that say the least about the cause come last.
_LEAST_SPECIFIC: Final = (Halted, OutOfTime, CallBudgetSpent)


class RateLimitGate:
    """The gate before each call: closed during backoff, and for good when the run ends.

    Attributes:
        clock: the time, and how much of it is left.
        safety_seconds: no call starts when less than this is left.
    """

    def __init__(self, clock: Clock, safety_seconds: float) -> None:
        self.clock = clock
        self.safety_seconds = safety_seconds
        self._opens_at = 0.0
        self._halted = threading.Event()
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Wait until the gate is open.

        Raises:
            Halted: the run ends.
            OutOfTime: the function has no time left for a call.
        """
        while True:
            if self._halted.is_set():
                raise Halted("the run ends")
            wait = self._opens_at - self.clock.now()
            if not self.has_time_for(max(wait, 0.0)):
                raise OutOfTime("the function's time is nearly over")
            if wait <= 0:
                return
            self.clock.sleep(min(wait, _POLL_SECONDS))

    def hold(self, seconds: float) -> None:
        """Close the gate for every worker for this many seconds from now."""
        with self._lock:
            self._opens_at = max(self._opens_at, self.clock.now() + seconds)

    def halt(self) -> None:
        """Close the gate for good."""
        self._halted.set()

    def has_time_for(self, seconds: float) -> bool:
        """Whether a call can still be made after a wait of this many seconds."""
        return self.clock.remaining() - seconds > self.safety_seconds


def run_all(read: Callable[[T], None], parts: Sequence[T], gate: RateLimitGate, workers: int) -> None:
    """Read parts of a run on a thread pool and raise the most specific error.

    After the first error no worker begins another call. A page that is already in flight when another worker
    fails is still stored.
    """

    def halt_after_error(part: Future[None]) -> None:
        if part.exception():
            gate.halt()

    futures: list[Future[None]] = []
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for part in parts:
            futures.append(pool.submit(read, part))
            futures[-1].add_done_callback(halt_after_error)
    errors = [error for future in futures if (error := future.exception())]
    if errors:
        raise min(errors, key=_rank)


def _rank(error: BaseException) -> tuple[int, int]:
    """Sort key: bugs, errors that need a person, limits (longest wait first), retryable errors, the rest."""
    if not isinstance(error, FetchError):
        return 0, 0
    if isinstance(error, _LEAST_SPECIFIC):
        return 9 - _LEAST_SPECIFIC.index(type(error)), 0
    if isinstance(error, LimitReached):
        return 2, -error.retry_after_seconds
    return (3 if error.is_retryable else 1), 0


def retry_after_seconds(headers: Mapping[str, str], now: float) -> int | None:
    """Return the whole seconds in the header Retry-After, 1 to `MAX_RETRY_AFTER_SECONDS`.

    Args:
        headers: the response's.
        now: epoch seconds (UTC); a date in the header is relative to this.

    Returns:
        None when the header is missing or neither a number nor a date.
    """
    text = headers.get("Retry-After", "").strip()
    seconds = _number(text)
    if seconds is None:
        seconds = _seconds_until(text, now)
    return None if seconds is None else math.ceil(min(max(seconds, 1), MAX_RETRY_AFTER_SECONDS))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _seconds_until(text: str, now: float) -> float | None:
    parts = email.utils.parsedate_tz(text)
    try:
        return email.utils.mktime_tz(parts) - now if parts else None
    except (ValueError, OverflowError):
        return None
