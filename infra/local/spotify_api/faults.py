"""Fault injection: a frozen plan of which calls fail, and how.

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

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias, get_args

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


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault. It affects the `nth` matching call (from 1) and the next `times - 1` matching calls.

    `snapshot_moves` counts each playlist's own page calls (`/items`, `/tracks`). A playlist that it names is
    served in an earlier state until the fault was injected `times` times, then in the state of the day. So a
    fetch that reads an inconsistent playlist again ends with the same result as an undisturbed one. Its `nth`
    (and `offset`) must be a page that the playlist has; a playlist whose page is never read keeps its earlier
    state. With `times=None` the playlist changes at every matching call and never settles.

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


@dataclasses.dataclass(frozen=True)
class FaultPlan:
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
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> FaultPlan:
        """Read a plan; raises FaultPlanError naming the key that is not known."""
        try:
            plan = json.loads(text)
        except ValueError as error:
            raise FaultPlanError(f"the fault plan is not JSON: {error}") from error
        fields = _known_keys(cls, plan)
        faults = tuple(_fault(fault) for fault in fields.pop("faults", ()))
        return cls(faults=faults, **fields)


def _fault(value: Any) -> Fault:
    fields = _known_keys(Fault, value)
    if "kind" not in fields:
        raise FaultPlanError(f"a fault needs a kind; the kinds are {', '.join(KINDS)}")
    return Fault(**fields)


def _known_keys(kind: type, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise FaultPlanError(f"{kind.__name__} is a JSON object, not {value!r}")
    names = [field.name for field in dataclasses.fields(kind)]
    unknown = sorted(set(value) - set(names))
    if unknown:
        raise FaultPlanError(
            f"{kind.__name__} has no {', '.join(map(str, unknown))}; it has {', '.join(names)}"
        )
    return dict(value)
