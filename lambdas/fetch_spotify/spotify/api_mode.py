"""The kind of app (extended quota, development mode), inferred from Spotify's answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final

from fetch_spotify.clock import Clock
from fetch_spotify.spotify.shapes import NEW_NAME, OLD_NAME
from fetch_spotify.storage.run_state import Evidence
from spotify_lake.contract.raw_zone import ID_NAMES

EXTENDED: Final = "extended"
LEGACY_DEVELOPMENT: Final = "legacy_development"
EXTENDED_OR_LEGACY: Final = "extended_or_legacy"
DEVELOPMENT: Final = "development"

NEW_PATH: Final = NEW_NAME
OLD_PATH: Final = OLD_NAME
PAGE_LIMITS: Final = {NEW_PATH: 50, OLD_PATH: 100}

# Apps are upgraded and endpoints withdrawn, so evidence older than this is dropped. One call renews it.
EVIDENCE_DAYS: Final = 7
_SECONDS_A_DAY: Final = 86_400
# One 404 may be temporary: the path changes when the other one has answered instead twice.
_REFUSALS_TO_CHANGE_PATH: Final = 2

_PATH: Final = "contents_path"
_HIDES: Final = "hides_spotify_made"


class ApiMode:
    """The evidence so far, shared by the workers.

    | evidence | kind of app |
    |---|---|
    | only the new names | `development`: created since 11 Feb 2026 |
    | old names; batch reads or the new path are refused, or a listed playlist made by Spotify is "not found"
      (since Nov 2024) | `legacy_development`: an older app without extended quota |
    | old names, and the contents of a playlist made by Spotify | `extended` |
    | old names and nothing else | `extended_or_legacy`: both answer alike |

    Args:
        last_mode: the name that an earlier run found; None when there was none.
        evidence: what an earlier run found; entries older than `EVIDENCE_DAYS` are dropped.
        clock: dates the evidence.
    """

    def __init__(self, last_mode: str | None, evidence: Mapping[str, Evidence], clock: Clock) -> None:
        self._clock = clock
        oldest = clock.now() - EVIDENCE_DAYS * _SECONDS_A_DAY
        self._evidence = {name: found for name, found in evidence.items() if found.at > oldest}
        self._last_mode = last_mode
        self._names: set[str] = set()
        # After an earlier change of the path one refusal is enough to change it again.
        self._path_refusals = 1 if _PATH in evidence else 0
        self._lock = threading.Lock()

    def saw_names(self, names: set[str]) -> None:
        """Note the names under which playlists showed their contents."""
        with self._lock:
            self._names |= names

    def saw_batch(self, source: str, *, allowed: bool) -> None:
        """Note whether a batch read, such as `/artists?ids=`, was answered or refused."""
        self._note(_batches(source), allowed)

    def saw_path_refused(self, path: str) -> None:
        """Note that this path refused a page and the other one returned it."""
        with self._lock:
            self._path_refusals += 1
            is_settled = self._path_refusals >= _REFUSALS_TO_CHANGE_PATH
        if is_settled:
            self._note(_PATH, other_path(path))

    def saw_spotify_made(self, *, hidden: bool) -> None:
        """Note a playlist made by Spotify: its contents were read, or it is listed but not found."""
        # One that was read outweighs one that is not found, which may have been deleted.
        if not hidden or self._known(_HIDES) is None:
            self._note(_HIDES, hidden)

    def batch_allowed(self, source: str) -> bool | None:
        """Whether batch reads of a source (`artists`, `albums`) work; None while untried."""
        allowed: bool | None = self._known(_batches(source))
        return allowed

    @property
    def contents_path(self) -> str:
        """`items` or `tracks`: the last path segment of a contents page."""
        return self._known(_PATH) or NEW_PATH

    @property
    def is_new_development(self) -> bool:
        """Whether only the new names occur."""
        if not self._names:
            return self._last_mode == DEVELOPMENT
        return OLD_NAME not in self._names

    @property
    def may_be_extended(self) -> bool:
        """Whether no evidence rules out extended quota."""
        return self.name in {EXTENDED, EXTENDED_OR_LEGACY}

    def may_read_batches(self, source: str) -> bool:
        """Whether to try a batch read of a source."""
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

    @property
    def evidence(self) -> dict[str, Evidence]:
        """The evidence for the next run."""
        return self._evidence

    def _note(self, name: str, value: bool | str) -> None:
        with self._lock:
            self._evidence[name] = Evidence(value, self._clock.now())

    def _known(self, name: str) -> Any:
        evidence = self._evidence.get(name)
        return evidence.value if evidence else None


def _batches(source: str) -> str:
    return f"{source}_batch_allowed"


def other_path(path: str) -> str:
    """The other one of the two paths."""
    return OLD_PATH if path == NEW_PATH else NEW_PATH
