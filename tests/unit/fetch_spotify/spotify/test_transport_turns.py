"""Workers share a transport: how many calls are in flight, and that none starts after the run has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from spotipy.exceptions import SpotifyException

from fetch_spotify.clock import Clock
from fetch_spotify.errors import Halted, RateLimited
from fetch_spotify.spotify.rate_limit import RateLimitGate
from fetch_spotify.spotify.transport import HttpTransport, build_session


class Meeting:
    """Calls that are answered only after all workers have begun theirs."""

    def __init__(
        self,
        workers: int,
        max_concurrent_calls: int,
        answer: Callable[[HttpTransport], None] = lambda _: None,
    ) -> None:
        self._transport = HttpTransport(
            build_session(max_concurrent_calls, "http://spotify.test/"),
            RateLimitGate(Clock(), 0),
            max_concurrent_calls=max_concurrent_calls,
            max_inline_wait_seconds=60,
        )
        self._workers, self._answer = workers, answer
        self._changed = threading.Condition()
        self._begun = self._in_flight = self.made = self.most_at_once = 0

    def errors(self) -> list[type[BaseException]]:
        """Let each worker make one call; return the types of their errors."""
        with ThreadPoolExecutor(self._workers) as pool:
            calls = [pool.submit(self._work) for _ in range(self._workers)]
        return [type(error) for call in calls if (error := call.exception())]

    def _work(self) -> None:
        with self._changed:
            self._begun += 1
            self._changed.notify_all()
        self._transport.send(self._call, lambda body, _is_last: body)

    def _call(self) -> dict[str, Any]:
        with self._changed:
            self._in_flight += 1
            self.made += 1
            self.most_at_once = max(self.most_at_once, self._in_flight)
            self._changed.wait_for(lambda: self._begun == self._workers)
            self._changed.wait(0.05)  # time for a call that must not happen
            self._in_flight -= 1
        self._answer(self._transport)
        return {}


def test_no_more_calls_are_in_flight_than_allowed_whatever_the_number_of_workers() -> None:
    meeting = Meeting(workers=5, max_concurrent_calls=2)
    assert meeting.errors() == []
    assert (meeting.made, meeting.most_at_once) == (5, 2)


def test_a_waiting_worker_makes_no_call_after_a_rate_limit() -> None:
    def refuse(transport: HttpTransport) -> None:
        response = requests.Response()
        response.status_code, response._content = 429, b""
        response.headers["Retry-After"] = "3600"
        for hook in transport.session.hooks["response"]:
            hook(response)
        raise SpotifyException(429, -1, "slow down")

    meeting = Meeting(workers=3, max_concurrent_calls=1, answer=refuse)
    assert sorted(meeting.errors(), key=str) == [Halted, Halted, RateLimited]
    assert meeting.made == 1
