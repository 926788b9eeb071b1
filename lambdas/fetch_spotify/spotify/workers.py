"""A few threads that work a list off, and stop together when one meets what ends the invocation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from fetch_spotify.errors import CallBudgetSpent, FetchError, Halted, LimitReached, OutOfTime
from fetch_spotify.spotify.transport import RateLimitGate

# Which of several errors the operator hears of: the one that nothing but a person can mend comes first.
_LEAST_TELLING: Final = (Halted, OutOfTime, CallBudgetSpent)


def run_all(jobs: Sequence[Callable[[], None]], gate: RateLimitGate, workers: int) -> None:
    """Run the jobs; when one raises, let no other begin a call, and raise the most telling error.

    A page that is on its way when another worker stops the run is still stored.
    """
    if not jobs:
        return

    def work(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException:
            gate.halt()
            raise

    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures: list[Future[None]] = [pool.submit(work, job) for job in jobs]
    errors = [error for future in futures if (error := future.exception())]
    if errors:
        raise min(errors, key=_rank)


def _rank(error: BaseException) -> tuple[int, int]:
    if not isinstance(error, FetchError):
        return 0, 0
    if isinstance(error, _LEAST_TELLING):
        return 9 - _LEAST_TELLING.index(type(error)), 0
    if isinstance(error, LimitReached):
        return 2, -error.retry_after_seconds  # the longest silence is the one that counts
    return (3 if error.is_retryable else 1), 0
