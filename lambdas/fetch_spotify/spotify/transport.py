"""The way to Spotify: one `requests.Session` that never sleeps by itself, and one loop that retries.

urllib3 sleeps a 429's Retry-After (up to six hours, three times over), and with it true status and headers
are lost. So the adapter retries nothing; `HttpTransport.send` does, for API and token calls alike: bounded,
with jitter, counted against the budget, and never beyond the function's remaining time. It also sees what
urllib3 cannot retry: bodies cut off in the middle and answers of 200 that hold nothing.
"""

from __future__ import annotations

import dataclasses
import http.cookiejar
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from spotipy.exceptions import SpotifyBaseException
from urllib3.util.retry import Retry

from common.observability import logger
from fetch_spotify.clock import Clock
from fetch_spotify.errors import (
    ApiRefused,
    BrokenAnswer,
    Halted,
    OutOfTime,
    QuotaExceeded,
    RateLimited,
    RedirectRefused,
    SpotifyUnavailable,
)
from fetch_spotify.spotify.json_text import parse
from fetch_spotify.spotify.rate_limit import asked_seconds

S = TypeVar("S")
T = TypeVar("T")

MAX_FAILURES: Final = 6  # tries of one call that may fail with 5xx, a lost connection or a broken body
MAX_WAITS: Final = 10  # times one call may be sent back by the rate limit and wait
CONNECT_TIMEOUT_SECONDS: Final = 5
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 15.0
_WAIT_WITHOUT_RETRY_AFTER: Final = 30  # Spotify counts calls over a rolling window of 30 s
_QUOTA_WAIT_WITHOUT_RETRY_AFTER: Final = 3_600  # the quota's window is about a day
_SHORTEST_BLOCK: Final = 30  # an invocation that gives up is not worth starting again any sooner
_NAP: Final = 1.0  # a waiting worker looks up this often, so that it stops when the run does
_TOO_MANY_REQUESTS: Final = 429
_REQUEST_TIMEOUT: Final = 408
_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500


def build_session(connections: int, url: str) -> requests.Session:
    """Return a session for so many threads: no retries, redirects or cookies, nothing from a netrc file.

    A redirect would carry the token, or the refresh token in a body, to an address that nobody chose.

    Proxy and CA settings of the environment count, as they are for `url`; looking them up anew for each call,
    as requests does, takes longer than the rest of it.
    """
    session = requests.Session()
    settings = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify = settings["proxies"], settings["verify"]
    session.trust_env = False
    session.max_redirects = 0
    retry = Retry(total=0, respect_retry_after_header=False, raise_on_status=False, status_forcelist=())
    adapter = HTTPAdapter(max_retries=retry, pool_maxsize=connections, pool_block=True)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return session


class RateLimitGate:
    """What every worker passes before a call: shut while Spotify wants silence, for good when the run ends.

    Attributes:
        clock: time, and how much of it is left.
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
            if not self.fits(max(wait, 0.0)):
                raise OutOfTime("the function's time is nearly over")
            if wait <= 0:
                return
            self.clock.sleep(min(wait, _NAP))

    def hold(self, seconds: float) -> None:
        """Shut the gate for every worker, for so many seconds from now."""
        with self._lock:
            self._opens_at = max(self._opens_at, self.clock.now() + seconds)

    def halt(self) -> None:
        """Shut the gate for good."""
        self._halted.set()

    def fits(self, seconds: float) -> bool:
        """Whether so many seconds can be spent and a call still be made."""
        return self.clock.remaining() - seconds > self.safety_seconds


@dataclasses.dataclass(frozen=True)
class Failure:
    """What is known of a call that failed; `status` is None when no answer came whole."""

    status: int | None
    message: str
    code: str = ""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


class HttpTransport:
    """Sends calls made by spotipy, and knows the true answer behind each.

    Args:
        session: from `build_session`.
        gate: shared by all workers.
        calls_at_once: how many of them may be on the wire at a time; the others wait for their turn.
        max_inline_wait_seconds: a longer Retry-After ends the invocation.
        leave_out: a key that is dropped from every object of every body, at whatever depth, as it is parsed.
    """

    def __init__(
        self,
        session: requests.Session,
        gate: RateLimitGate,
        *,
        calls_at_once: int,
        max_inline_wait_seconds: int,
        leave_out: str | None = None,
    ) -> None:
        self.session = session
        self.gate = gate
        self._max_inline_wait = max_inline_wait_seconds
        self._leave_out = leave_out
        self._turns = threading.Semaphore(calls_at_once)
        self._answers = threading.local()
        # spotipy keeps no response and trips over error bodies that are not as documented; the hook sees all.
        session.hooks["response"].append(self._remember)

    def send(
        self, call: Callable[[], S], check: Callable[[S], T], *, before: Callable[[], None] = lambda: None
    ) -> T:
        """Make a call until it succeeds, is refused for good, or the retries are used up.

        Args:
            call: makes the call with spotipy and returns the body.
            check: parses the body. `BrokenAnswer` is the one way to have the call made again; any other
                exception is a bug in the parser and is raised as it is.
            before: runs before every try; may raise to forbid it.

        Raises:
            ApiRefused: 4xx other than 429.
            RateLimited, QuotaExceeded: 429 that is not worth waiting for here.
            RedirectRefused: the answer sends the call to another address.
            SpotifyUnavailable: it failed again and again.
            Halted, OutOfTime: see `RateLimitGate.enter`.
        """
        failures = waits = 0
        while True:
            with self._turns:
                # The gate is passed, and shut where the answer says so, while nobody else can take the turn.
                self.gate.enter()
                before()
                failure = self._failure_of(call, check)
                if not isinstance(failure, Failure):
                    return failure.value
                if failure.status == _TOO_MANY_REQUESTS:
                    waits += 1
                    self._heed_limit(failure, give_up=waits > MAX_WAITS)
                    continue
            if not _is_passing(failure.status):
                raise ApiRefused(failure.status or 0, failure.message, self._path(), failure.code)
            failures += 1
            self._pause(failure, failures)

    def last_answer(self) -> requests.Response | None:
        """The last response that this thread received."""
        return getattr(self._answers, "last", None)

    def _remember(self, response: requests.Response, **_: Any) -> None:
        self._answers.last = response
        # spotipy writes each body into a debug message, read or not: `_Body` makes that cost nothing.
        response.json = lambda **_: _parsed(response.content, self._leave_out)  # type: ignore[method-assign]  # so

    def _failure_of(self, call: Callable[[], S], check: Callable[[S], T]) -> Failure | _Success[T]:
        self._answers.last = None
        try:
            body = call()
        except requests.TooManyRedirects as error:
            raise RedirectRefused(self._path(), _host_in(error.response)) from None
        except requests.RequestException as error:
            return Failure(None, f"no whole answer ({type(error).__name__})")
        # spotipy raises the last four when an error's body has not the form that is documented.
        except (SpotifyBaseException, ValueError, AttributeError, KeyError, TypeError) as error:
            return _failure_in(self.last_answer(), error)
        try:
            return _Success(check(body))
        except BrokenAnswer as error:
            return Failure(None, str(error))

    def _heed_limit(self, failure: Failure, *, give_up: bool) -> None:
        is_quota = failure.code == "QUOTA_EXCEEDED"
        unknown = _QUOTA_WAIT_WITHOUT_RETRY_AFTER if is_quota else _WAIT_WITHOUT_RETRY_AFTER
        seconds = asked_seconds(failure.headers, self.gate.clock.now()) or unknown
        is_short = seconds <= self._max_inline_wait and self.gate.fits(seconds)
        if is_short and not is_quota and not give_up:
            logger.info("waiting for Spotify's rate limit", extra={"seconds": seconds})
            self.gate.hold(seconds)
            return
        self.gate.halt()
        seconds = max(seconds, _SHORTEST_BLOCK)
        error = QuotaExceeded if is_quota else RateLimited
        raise error(seconds, int(self.gate.clock.now() + seconds) + 1)

    def _pause(self, failure: Failure, failures: int) -> None:
        if failures >= MAX_FAILURES:
            raise SpotifyUnavailable(
                f"Spotify failed {failures} times in a row at {self._path()}; the last time: "
                f"{failure.status or ''} {failure.message}".strip()
                + ". See https://status.spotify.dev; the next try goes on where this one stopped."
            )
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (failures - 1))
        pause *= random.uniform(0.5, 1.0)  # noqa: S311 - spreads the workers' tries
        asked = asked_seconds(failure.headers, self.gate.clock.now()) or 0
        pause = max(pause, min(asked, self._max_inline_wait))
        if not self.gate.fits(pause):
            raise OutOfTime("no time is left to wait for Spotify to recover")
        self.gate.clock.sleep(pause)

    def _path(self) -> str:
        answer = self.last_answer()
        return answer.url.split("?", 1)[0] if answer is not None else "Spotify"


class _Body(dict[str, Any]):
    """A body that does not write itself out."""

    def __repr__(self) -> str:
        return f"<{len(self)} keys>"


def _parsed(content: bytes, leave_out: str | None) -> Any:
    body = parse(content, leave_out)
    return _Body(body) if isinstance(body, dict) else body


@dataclasses.dataclass(frozen=True)
class _Success(Generic[T]):
    value: T


def _is_passing(status: int | None) -> bool:
    """Whether the failure may pass by itself; an answer without a whole body may."""
    return status is None or status == _REQUEST_TIMEOUT or status >= _FIRST_SERVER_ERROR


def _failure_in(response: requests.Response | None, error: Exception) -> Failure:
    if response is None:
        return Failure(None, f"no answer ({type(error).__name__})")
    if response.status_code < _FIRST_ERROR:
        return Failure(None, f"an answer of {response.status_code} that cannot be read")
    code, message = _error_body(response)
    return Failure(response.status_code, message, code, response.headers)


def _error_body(response: requests.Response) -> tuple[str, str]:
    """The error's short code and message, from any of the forms in which Spotify's hosts write them."""
    try:
        body = response.json()
    except ValueError:
        return "", response.text.strip()[:200] or str(response.reason)
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        reason = error.get("reason") or (body.get("reason") if isinstance(body, dict) else None)
        return str(reason or ""), str(error.get("message") or response.reason)
    description = body.get("error_description") if isinstance(body, dict) else None
    return str(error), str(description or error)


def _host_in(redirect: requests.Response | None) -> str:
    location = redirect.headers.get("Location", "") if redirect is not None else ""
    return urlsplit(location).hostname or "another address"
