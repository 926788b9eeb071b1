"""HTTP to Spotify: one `requests.Session` without retries of its own, and one retry loop.

urllib3 would sleep a 429's Retry-After (up to six hours, three times in a row) and then hide the status and
the headers. So the adapter retries nothing and `HttpTransport.send` does, for API and token calls alike: a
bounded number of times, with jitter, counted against the budget, and within the function's remaining time. It
also retries what urllib3 cannot: truncated bodies and 200 responses without content.
"""

from __future__ import annotations

import dataclasses
import http.cookiejar
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from spotipy.exceptions import SpotifyBaseException
from urllib3.util.retry import Retry

from common.observability import logger
from fetch_spotify.errors import (
    ApiRefused,
    BrokenAnswer,
    OutOfTime,
    QuotaExceeded,
    RateLimited,
    RedirectRefused,
    SpotifyUnavailable,
)
from fetch_spotify.spotify.rate_limit import RateLimitGate, retry_after_seconds
from fetch_spotify.spotify.shapes import parse_json

JsonObject: TypeAlias = dict[str, Any]
T = TypeVar("T")

MAX_FAILURES: Final = 6  # attempts of one call that may fail with 5xx, a lost connection or a broken body
MAX_WAITS: Final = 10  # times one call may be rate-limited and wait
MAX_CHECKS: Final = 3  # bodies of one call that are checked; the last one is not requested again
CONNECT_TIMEOUT_SECONDS: Final = 5
_FIRST_PAUSE: Final = 0.5
_MAX_PAUSE: Final = 15.0
_WAIT_WITHOUT_RETRY_AFTER: Final = 30  # Spotify counts calls over a rolling window of 30 s
_QUOTA_WAIT_WITHOUT_RETRY_AFTER: Final = 3_600  # the quota's window is about a day
_MIN_BLOCK: Final = 30  # seconds; an invocation that gives up is not restarted any sooner
_TOO_MANY_REQUESTS: Final = 429
_REQUEST_TIMEOUT: Final = 408
_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500


def build_session(connections: int, url: str) -> requests.Session:
    """Return a session for this many connections: no retries, redirects, cookies or netrc file.

    A redirect would send the token, or the refresh token in a body, to an unknown address.

    Proxy and CA settings are read from the environment once, for `url`. requests would look them up for each
    call, which takes longer than the rest of the call.
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


@dataclasses.dataclass(frozen=True)
class Failure:
    """A failed call; `status` is None when no complete response arrived."""

    status: int | None
    message: str
    code: str = ""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


class HttpTransport:
    """Sends the calls that spotipy makes, retries them, and keeps the response behind each.

    Args:
        session: from `build_session`.
        gate: shared by all workers.
        max_concurrent_calls: the number of calls in flight at a time; the others wait.
        max_inline_wait_seconds: a longer Retry-After ends the invocation.
        excluded_key: a key to drop from every object of every body, at any depth.
    """

    def __init__(
        self,
        session: requests.Session,
        gate: RateLimitGate,
        *,
        max_concurrent_calls: int,
        max_inline_wait_seconds: int,
        excluded_key: str | None = None,
    ) -> None:
        self.session = session
        self.gate = gate
        self._max_inline_wait = max_inline_wait_seconds
        self._excluded_key = excluded_key
        self._slots = threading.Semaphore(max_concurrent_calls)
        self._responses = threading.local()
        # spotipy drops the response and fails on undocumented error bodies; the hook sees every response.
        session.hooks["response"].append(self._remember)

    def send(
        self,
        call: Callable[[], Any],
        check: Callable[[JsonObject, bool], T],
        *,
        before: Callable[[], object] = lambda: None,
    ) -> T:
        """Make a call until it succeeds, is refused for good, or the retries are used up.

        Args:
            call: makes the call with spotipy and returns the body.
            check: parses the body. The second argument is whether this is the last one, after `MAX_CHECKS`
                bodies. It raises `BrokenAnswer` to have the call retried. Any other exception is not caught.
            before: runs before every attempt; may raise to forbid it.

        Raises:
            ApiRefused: 4xx other than 429.
            RateLimited, QuotaExceeded: 429 that is not worth waiting for here.
            RedirectRefused: the response redirects to another address.
            SpotifyUnavailable: it failed again and again.
            Halted, OutOfTime: see `RateLimitGate.enter`.
        """
        failures = waits = checks = 0
        while True:
            with self._slots:
                # The gate is entered, and closed after a 429, before another worker can use this slot.
                self.gate.enter()
                before()
                answer = self._answer(call)
                if not isinstance(answer, Failure):
                    checks += 1
                    try:
                        return check(answer, checks >= MAX_CHECKS)
                    except BrokenAnswer as error:
                        answer = Failure(None, str(error))
                if answer.status == _TOO_MANY_REQUESTS:
                    waits += 1
                    self._handle_rate_limit(answer, give_up=waits > MAX_WAITS)
                    continue
            if not _is_retryable(answer.status):
                raise ApiRefused(answer.status or 0, answer.message, self._path(), answer.code)
            failures += 1
            self._back_off(answer, failures)

    def last_response(self) -> requests.Response | None:
        """The last response in this thread."""
        return getattr(self._responses, "last", None)

    def _remember(self, response: requests.Response, **_: Any) -> None:
        self._responses.last = response
        # spotipy formats each body into a debug message, whatever the log level: `_Body` makes that cheap.
        response.json = lambda **_: _parsed(response.content, self._excluded_key)  # type: ignore[method-assign]  # see above

    def _answer(self, call: Callable[[], Any]) -> JsonObject | Failure:
        """Make a call once."""
        self._responses.last = None
        try:
            body = call()
        except requests.TooManyRedirects as error:
            raise RedirectRefused(self._path(), _redirect_host(error.response)) from None
        except requests.RequestException as error:
            return Failure(None, f"no complete answer ({type(error).__name__})")
        # spotipy raises the last four for an error body of an undocumented form.
        except (SpotifyBaseException, ValueError, AttributeError, KeyError, TypeError) as error:
            return _failure_from(self.last_response(), error)
        return body if isinstance(body, dict) else Failure(None, "an answer of 200 without a JSON object")

    def _handle_rate_limit(self, failure: Failure, *, give_up: bool) -> None:
        is_quota = failure.code == "QUOTA_EXCEEDED"
        default = _QUOTA_WAIT_WITHOUT_RETRY_AFTER if is_quota else _WAIT_WITHOUT_RETRY_AFTER
        seconds = retry_after_seconds(failure.headers, self.gate.clock.now()) or default
        is_short = seconds <= self._max_inline_wait and self.gate.has_time_for(seconds)
        if is_short and not is_quota and not give_up:
            logger.info("waiting for Spotify's rate limit", extra={"seconds": seconds})
            self.gate.hold(seconds)
            return
        self.gate.halt()
        seconds = max(seconds, _MIN_BLOCK)
        error = QuotaExceeded if is_quota else RateLimited
        raise error(seconds, int(self.gate.clock.now() + seconds) + 1)

    def _back_off(self, failure: Failure, failures: int) -> None:
        if failures >= MAX_FAILURES:
            raise SpotifyUnavailable(
                f"Spotify failed {failures} times in a row at {self._path()}; the last time: "
                f"{failure.status or ''} {failure.message}".strip()
                + ". See https://status.spotify.dev. The next run resumes where this one stopped."
            )
        pause = min(_MAX_PAUSE, _FIRST_PAUSE * 2 ** (failures - 1))
        pause *= random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        requested = retry_after_seconds(failure.headers, self.gate.clock.now()) or 0
        pause = max(pause, min(requested, self._max_inline_wait))
        if not self.gate.has_time_for(pause):
            raise OutOfTime("no time is left to wait for Spotify to recover")
        self.gate.clock.sleep(pause)

    def _path(self) -> str:
        response = self.last_response()
        return response.url.split("?", 1)[0] if response is not None else "Spotify"


class _Body(dict[str, Any]):
    """A body with a short `repr`."""

    def __repr__(self) -> str:
        return f"<{len(self)} keys>"


def _parsed(content: bytes, excluded_key: str | None) -> Any:
    body = parse_json(content, excluded_key)
    return _Body(body) if isinstance(body, dict) else body


def _is_retryable(status: int | None) -> bool:
    """Whether a failure may be temporary; None stands for an incomplete response."""
    return status is None or status == _REQUEST_TIMEOUT or status >= _FIRST_SERVER_ERROR


def _failure_from(response: requests.Response | None, error: Exception) -> Failure:
    if response is None:
        return Failure(None, f"no answer ({type(error).__name__})")
    if response.status_code < _FIRST_ERROR:
        return Failure(None, f"an answer of {response.status_code} that cannot be read")
    code, message = _error_body(response)
    return Failure(response.status_code, message, code, response.headers)


def _error_body(response: requests.Response) -> tuple[str, str]:
    """The error's code and message, from any of the forms that Spotify's hosts use."""
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


def _redirect_host(redirect: requests.Response | None) -> str:
    location = redirect.headers.get("Location", "") if redirect is not None else ""
    return urlsplit(location).hostname or "another address"
