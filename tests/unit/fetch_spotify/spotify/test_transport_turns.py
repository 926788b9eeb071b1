"""Workers share a transport: how many calls are under way, and who still makes one when the run ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests
from spotipy.exceptions import SpotifyException

from fetch_spotify.clock import Clock
from fetch_spotify.errors import Halted, RateLimited
from fetch_spotify.spotify.rate_limit import RateLimitGate
from fetch_spotify.spotify.transport import HttpTransport, build_session


class Meeting:
    """Calls that are answered only when all workers have come to make theirs."""

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
        self._come = self._under_way = self.made = self.most_at_once = 0

    def errors(self) -> list[type[BaseException]]:
        """Let each worker make one call; what those who failed have met."""
        with ThreadPoolExecutor(self._workers) as pool:
            calls = [pool.submit(self._work) for _ in range(self._workers)]
        return [type(error) for call in calls if (error := call.exception())]

    def _work(self) -> None:
        with self._changed:
            self._come += 1
            self._changed.notify_all()
        self._transport.send(self._call, lambda body: body)

    def _call(self) -> None:
        with self._changed:
            self._under_way += 1
            self.made += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            self._changed.wait_for(lambda: self._come == self._workers)
            self._changed.wait(0.05)  # time for one call too many
            self._under_way -= 1
        self._answer(self._transport)


def test_however_many_workers_there_are_no_more_calls_are_under_way_than_allowed() -> None:
    meeting = Meeting(workers=5, max_concurrent_calls=2)
    assert meeting.errors() == []
    assert (meeting.made, meeting.most_at_once) == (5, 2)


def test_a_worker_that_waits_for_its_turn_makes_no_call_once_spotify_wants_silence() -> None:
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
