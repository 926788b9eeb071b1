"""Which kind of app this is, found from what Spotify answers and never asked of the operator."""

from __future__ import annotations

import threading
from typing import Any, Final

from fetch_spotify.clock import Clock
from fetch_spotify.spotify.shapes import NEW_NAME, OLD_NAME
from spotify_lake.contract.raw_zone import ID_NAMES

EXTENDED: Final = "extended"
LEGACY_DEVELOPMENT: Final = "legacy_development"
EXTENDED_OR_LEGACY: Final = "extended_or_legacy"
DEVELOPMENT: Final = "development"

NEW_PATH: Final = NEW_NAME
OLD_PATH: Final = OLD_NAME
PAGE_LIMITS: Final = {NEW_PATH: 50, OLD_PATH: 100}

# Apps are upgraded and endpoints withdrawn: what is older than this is found out again, by one call.
EVIDENCE_DAYS: Final = 7
_SECONDS_A_DAY: Final = 86_400
# One 404 may be a passing fault; a path is given up when the other one has served in its place twice.
_REFUSALS_TO_CHANGE_PATH: Final = 2

_PATH: Final = "contents_path"
_HIDES: Final = "hides_spotify_made"


class ApiMode:
    """The evidence so far, shared by the workers.

    New names only: an app made since 11 Feb 2026. Old names, but batch reads or the new path refused, or a
    playlist that is listed and yet "not found" (Spotify's own, since Nov 2024): an older app without extended
    quota. Old names and the contents of a playlist made by Spotify: extended quota. Old names and none of
    this: either of the two, which then answer alike.

    Args:
        memory: what `memory` returned to an earlier run; evidence older than `EVIDENCE_DAYS` is dropped.
        clock: dates the evidence.
    """

    def __init__(self, memory: dict[str, Any], clock: Clock) -> None:
        self._clock = clock
        oldest = clock.now() - EVIDENCE_DAYS * _SECONDS_A_DAY
        self._evidence: dict[str, dict[str, Any]] = {
            name: found for name, found in memory.get("evidence", {}).items() if found["at"] > oldest
        }
        self._last_mode: str | None = memory.get("mode")
        self._names: set[str] = set()
        # What was so before needs no second refusal.
        self._path_refusals = 1 if _PATH in memory.get("evidence", {}) else 0
        self._lock = threading.Lock()

    def saw_names(self, names: set[str]) -> None:
        """Note the names under which playlists showed their contents."""
        with self._lock:
            self._names |= names

    def saw_batch(self, source: str, *, allowed: bool) -> None:
        """Note whether a batch read, such as `/artists?ids=`, was answered or refused."""
        self._note(_batches(source), allowed)

    def saw_path_refused(self, path: str) -> None:
        """Note that a page was refused by this path and served by the other one."""
        with self._lock:
            self._path_refusals += 1
            is_settled = self._path_refusals >= _REFUSALS_TO_CHANGE_PATH
        if is_settled:
            self._note(_PATH, other_path(path))

    def saw_spotify_made(self, *, hidden: bool) -> None:
        """Note a playlist made by Spotify: its contents were read, or it is listed and yet not found."""
        # One that was read outweighs one that is not found: that may have been deleted meanwhile.
        if not hidden or self._known(_HIDES) is None:
            self._note(_HIDES, hidden)

    def batch_allowed(self, source: str) -> bool | None:
        """Whether batch reads of a source (`artists`, `albums`) work; None while untried."""
        allowed: bool | None = self._known(_batches(source))
        return allowed

    @property
    def contents_path(self) -> str:
        """`items` or `tracks`, the last segment of a contents page's address."""
        return self._known(_PATH) or NEW_PATH

    @property
    def is_new_development(self) -> bool:
        """Whether only the new names were seen."""
        if not self._names:
            return self._last_mode == DEVELOPMENT
        return OLD_NAME not in self._names

    @property
    def may_be_extended(self) -> bool:
        """Whether nothing speaks against extended quota."""
        return self.name in {EXTENDED, EXTENDED_OR_LEGACY}

    def may_read_batches(self, source: str) -> bool:
        """Whether a batch read of a source is worth a call."""
        return not self.is_new_development and self.batch_allowed(source) is not False

    @property
    def name(self) -> str:
        """`extended`, `legacy_development`, `extended_or_legacy` or `development`."""
        if self.is_new_development:
            return DEVELOPMENT
        hides = self._known(_HIDES)
        is_batch_refused = any(self.batch_allowed(source) is False for source in ID_NAMES)
        if hides or is_batch_refused or self.contents_path == OLD_PATH:
            return LEGACY_DEVELOPMENT
        return EXTENDED_OR_LEGACY if hides is None else EXTENDED

    def memory(self) -> dict[str, Any]:
        """What the next run should start from."""
        return {"mode": self.name, "evidence": self._evidence}

    def _note(self, name: str, value: object) -> None:
        with self._lock:
            self._evidence[name] = {"value": value, "at": self._clock.now()}

    def _known(self, name: str) -> Any:
        return self._evidence.get(name, {}).get("value")


def _batches(source: str) -> str:
    return f"{source}_batch_allowed"


def other_path(path: str) -> str:
    """The one of the two paths that `path` is not."""
    return OLD_PATH if path == NEW_PATH else NEW_PATH
