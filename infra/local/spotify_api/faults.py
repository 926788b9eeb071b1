"""Fault injection: a plan of which calls fail and how, and the injector that runs it.

```python
FaultPlan(
    faults=(
        Fault("rate_limited", path="playlists/*/items", nth=3, seconds=2),   # the third page of all
        Fault("cut_off", path="playlists/*/items", offset=50, times=2),      # the first two second pages
        Fault("status", path="api/token", status=503),                       # the first token call
        Fault("quota_exceeded", nth=40, seconds=48_925, lasting=True),       # and all calls after it
        Fault("total_shrinks", path="me/tracks", offset=50, times=None),     # a list that contradicts itself
    ),
    quota=1_000,
)
```
The same as JSON: `FaultPlan.from_json('{"faults": [{"kind": "rate_limited", "nth": 3}], "quota": 1000}')`.
"""

from __future__ import annotations

import collections
import json
import math
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec
from werkzeug.wrappers import Request, Response

from infra.local.spotify_api.call_log import endpoint_path, path_pattern
from infra.local.spotify_api.responses import DroppedConnection, json_response, truncated
from infra.local.spotify_api.wrong_answers import WRONG_ANSWERS, WrongAnswer, falsify

TransportFault: TypeAlias = Literal[
    "rate_limited",  # 429 "API rate limit exceeded" with Retry-After: `seconds`
    "quota_exceeded",  # 429 "Too many requests", reason QUOTA_EXCEEDED, Retry-After: `seconds`
    "status",  # the HTTP `status` with an error body in the host's form
    "string_error",  # the HTTP `status` with a body whose `error` is a string
    "slow",  # the true answer after `seconds`
    "dropped",  # the connection is closed without an answer
    "cut_off",  # Content-Length of the true answer, half of its bytes, then the connection is closed
    "empty",  # 200 and no body
    "invalid_json",  # 200 and truncated JSON under a matching Content-Length
    "html",  # 200 and a page of HTML, as a proxy answers
    "snapshot_moves",  # the playlist changes just before this page is served; see `Fault`
]
FaultKind: TypeAlias = TransportFault | WrongAnswer
KINDS: Final[tuple[FaultKind, ...]] = (*get_args(TransportFault), *WRONG_ANSWERS)
RATE_LIMIT_WINDOW: Final = 30.0
QUOTA_WINDOW: Final = 86_400.0
_PLAYLIST_CONTENTS: Final = path_pattern("playlists/*/*")


class FaultPlanError(ValueError):
    """An invalid plan: an unknown kind or key, or a number out of range."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault. It affects the `nth` matching call (from 1) and the next `times - 1` matching calls.

    `snapshot_moves` counts the page calls of each playlist (`/items`, `/tracks`). Its playlists are served in
    an earlier state until the fault was injected `times` times, then in the state of the day. So a fetch that
    reads an inconsistent playlist again gets the result of an undisturbed one. `nth` and `offset` must name a
    page that the playlist has. With `times=None` the playlist changes at every matching call.

    Attributes:
        kind: see `TransportFault` and `wrong_answers.WrongAnswer`.
        path: which calls, e.g. `playlists/*/items`, `api/token`, `me`; `*` is one segment, `**` any.
        offset: only the page that begins there (0: also a call without `offset`); None for any.
        nth: the first matching call that is affected.
        times: how many; None for every one from `nth` on.
        seconds: Retry-After of a 429 (None leaves the header out), or how long `slow` takes.
        status: of `status` and `string_error`.
        message: the error message; None for the default.
        text: a body to send instead of the JSON, as plain text.
        lasting: after the 429, every Web API call gets the same 429 until `seconds` have passed.
    """

    kind: FaultKind
    path: str = "**"
    offset: int | None = None
    nth: int = 1
    times: int | None = 1
    seconds: float | None = 1
    status: int = 503
    message: str | None = None
    text: str | None = None
    lasting: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise FaultPlanError(f"{self.kind!r} is not a kind of fault; the kinds are {', '.join(KINDS)}")
        if self.nth < 1 or (self.times is not None and self.times < 1):
            raise FaultPlanError(f"nth and times count from 1: {self}")
        if self.seconds is None and (self.kind == "slow" or self.lasting):
            raise FaultPlanError(f"{self.kind} needs seconds: {self}")

    def fits(self, request: Request) -> bool:
        """Whether this fault counts a call."""
        path = endpoint_path(request.path)
        if self.kind == "snapshot_moves" and not _PLAYLIST_CONTENTS.match(path):
            return False
        if self.offset is not None and request.args.get("offset", "0") != str(self.offset):
            return False
        return bool(path_pattern(self.path).match(path))

    def applies_to(self, count: int) -> bool:
        """Whether the fault is injected into the `count`-th matching call (from 1)."""
        return count >= self.nth and (self.times is None or count < self.nth + self.times)

    def response(self, request: Request) -> Response | None:
        """The response instead of the true one; None for the kinds that change the true one."""
        if self.kind == "rate_limited":
            return self._too_many("API rate limit exceeded", None)
        if self.kind == "quota_exceeded":
            return self._too_many("Too many requests", "QUOTA_EXCEEDED")
        if self.kind in {"status", "string_error"}:
            return self._error(is_accounts=not request.path.startswith("/v1"))
        page = self.text or "<!doctype html><title>Gateway</title><p>Please wait ..."
        return {
            "dropped": DroppedConnection(),
            "empty": Response(b"", 200, {"Content-Type": "application/json"}),
            "html": Response(page.encode(), 200, {"Content-Type": "text/html"}),
        }.get(self.kind)

    def changed(self, response: Response, page_at: Callable[[int], Response]) -> Response:
        """The true response as this fault changes it; `page_at` gives that of another offset."""
        if self.kind == "cut_off":
            return truncated(response)
        body = response.get_data()
        if self.kind == "invalid_json":
            return Response(body[: len(body) // 2] or b"{", 200, response.headers)
        if self.kind in WRONG_ANSWERS and response.status_code == HTTPStatus.OK:
            changed = falsify(self.kind, json.loads(body), lambda at: json.loads(page_at(at).get_data()))
            return json_response(HTTPStatus.OK, changed)
        return response

    def _too_many(self, message: str, reason: str | None) -> Response:
        error: dict[str, Any] = {"status": 429, "message": self.message or message}
        if reason:
            error["reason"] = reason
        headers = {} if self.seconds is None else {"Retry-After": str(max(1, math.ceil(self.seconds)))}
        headers["Cache-Control"] = "private, max-age=0"
        if self.text is not None:
            return Response(self.text, 429, {"Content-Type": "text/plain", **headers})
        return json_response(429, {"error": error}, headers)

    def _error(self, *, is_accounts: bool) -> Response:
        message = self.message or {500: "Server error", 502: "Bad gateway", 503: "Service unavailable"}.get(
            self.status, "Error"
        )
        if self.text is not None:
            return Response(self.text, self.status, {"Content-Type": "text/plain"})
        if self.kind == "string_error":
            return json_response(self.status, {"error": message})
        if is_accounts:
            return json_response(self.status, {"error": "server_error", "error_description": message})
        return json_response(self.status, {"error": {"status": self.status, "message": message}})


class FaultPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All faults of a run. Can be pickled, and converted to and from JSON.

    Attributes:
        faults: each counts its matching calls; the first one that applies to a call is injected.
        quota: Web API calls that may pass in `quota_window`; then 429 with reason QUOTA_EXCEEDED.
        quota_window: seconds; Spotify's is about a day.
        rate_limit: Web API calls that may pass in `rate_limit_window`; then a plain 429.
        rate_limit_window: seconds; Spotify's is 30.
    """

    faults: tuple[Fault, ...] = ()
    quota: int | None = None
    quota_window: float = QUOTA_WINDOW
    rate_limit: int | None = None
    rate_limit_window: float = RATE_LIMIT_WINDOW

    def to_json(self) -> str:
        """The plan as one JSON object."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> FaultPlan:
        """Read a plan; raises FaultPlanError, which names the place of what is wrong."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError as error:
            keys = ", ".join(Fault.__struct_fields__)
            raise FaultPlanError(
                f"the fault plan cannot be read: {error}. The keys of a plan are "
                f"{', '.join(cls.__struct_fields__)}; of a fault, {keys}; the kinds are {', '.join(KINDS)}"
            ) from error


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
                is_move = fault.kind == "snapshot_moves"
                key = (index, endpoint_path(request.path).split("/")[1] if is_move else "")
                self._matching[key] += 1
                if not fault.applies_to(self._matching[key]):
                    continue
                # `snapshot_moves` is injected in addition to at most one other fault.
                is_free = injected is None or injected.kind == "snapshot_moves"
                if is_free or is_move:
                    self._injected[index] += 1
                injected = fault if is_free else injected
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


def _refused(is_quota: bool, wait: float, request: Request) -> tuple[str, Response]:
    fault = Fault("quota_exceeded" if is_quota else "rate_limited", seconds=wait)
    response = fault.response(request)
    assert response is not None  # noqa: S101 - of these two kinds there always is one
    return fault.kind, response
