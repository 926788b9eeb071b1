"""The log of every call that reached the local Spotify, for tests that count them."""

from __future__ import annotations

import collections
import dataclasses
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, overload

from werkzeug.datastructures import Headers

DROPPED: Final = 0
_LOGGED_HEADERS: Final = ("authorization", "user-agent", "if-none-match", "accept-language")
_ID: Final = re.compile(r"(?<=/)[0-9A-Za-z]{22}(?=/|$)")


def path_pattern(glob: str) -> re.Pattern[str]:
    """A pattern over paths such as `playlists/*/items`: `*` is one segment, `**` any number of them.

    A leading `/` or `/v1/` may be left out on both sides.
    """
    parts = re.split(r"(\*\*|\*)", endpoint_path(glob))
    wild = {"**": ".*", "*": "[^/]+"}
    return re.compile("".join(wild.get(part, re.escape(part)) for part in parts) + r"\Z")


def endpoint_path(path: str) -> str:
    """A path as patterns and counts name it: `/v1/me/` is `me`, `/api/token` is `api/token`."""
    return path.strip("/").removeprefix("v1/")


@dataclasses.dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        method: GET or POST.
        path: with its leading `/v1/`, without the query.
        query: the query's parameters.
        status: the HTTP status answered; 0 when the connection was dropped instead.
        fault: the kind of the fault that was injected, if any.
        headers: a few request headers in lower case; of Authorization only the scheme.
        at: seconds since the epoch when the call arrived.
    """

    method: str
    path: str
    query: Mapping[str, str]
    status: int
    fault: str | None
    headers: Mapping[str, str]
    at: float

    @property
    def endpoint(self) -> str:
        """The path with ids replaced: `playlists/{id}/items`, `artists?ids=` for a batch read."""
        path = _ID.sub("{id}", endpoint_path(self.path))
        return f"{path}?ids=" if "ids" in self.query else path


def logged_headers(headers: Headers) -> dict[str, str]:
    """The headers to log; tokens and secrets are never logged."""
    kept = {name: headers[name] for name in _LOGGED_HEADERS if headers.get(name)}
    if "authorization" in kept:
        kept["authorization"] = kept["authorization"].split(" ")[0]
    return kept


class CallLog(Sequence[Call]):
    """The calls in the order in which they were answered. Thread safe."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Append a call."""
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Delete every call."""
        with self._lock:
            self._calls.clear()

    def matching(self, path: str = "**", *, status: int | None = None) -> list[Call]:
        """The calls whose path fits the pattern (see `path_pattern`), only those answered with `status`."""
        pattern = path_pattern(path)
        return [
            call
            for call in self._snapshot()
            if pattern.match(endpoint_path(call.path)) and status in {None, call.status}
        ]

    def number(self, path: str = "**", *, status: int | None = None) -> int:
        """How many calls fit (see `matching`)."""
        return len(self.matching(path, status=status))

    def by_endpoint(self) -> dict[str, int]:
        """Counts by endpoint, most first."""
        return dict(collections.Counter(call.endpoint for call in self._snapshot()).most_common())

    def _snapshot(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def __len__(self) -> int:
        return len(self._snapshot())

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return self._snapshot()[index]

    def __iter__(self) -> Iterator[Call]:
        return iter(self._snapshot())
