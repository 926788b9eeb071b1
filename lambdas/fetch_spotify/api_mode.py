"""Which kind of app this is, found from what Spotify answers and never asked of the operator."""

from __future__ import annotations

import threading
from typing import Any, Final

from fetch_spotify.api_shapes import NEW_NAME, OLD_NAME

EXTENDED: Final = "extended"
LEGACY_DEVELOPMENT: Final = "legacy_development"
DEVELOPMENT: Final = "development"

NEW_PATH: Final = NEW_NAME
OLD_PATH: Final = OLD_NAME
PAGE_LIMITS: Final = {NEW_PATH: 50, OLD_PATH: 100}


class ApiMode:
    """The evidence so far, shared by the workers.

    New names only: an app made since 11 Feb 2026. Old names, but batch reads or the new path refused, or a
    playlist that is listed and yet "not found" (Spotify's own, since Nov 2024): an older app without extended
    quota. Old names and nothing refused: extended quota.

    Attributes:
        batch_allowed: whether `/artists?ids=` works; None while untried.
        contents_path: `items` or `tracks`, the last segment of a contents page's address.
    """

    def __init__(self, memory: dict[str, Any]) -> None:
        self.batch_allowed: bool | None = memory.get("batch_allowed")
        self.contents_path: str = memory.get("contents_path", NEW_PATH)
        self._names: set[str] = set()
        self._hides_listed: bool = memory.get("hides_listed", False)
        self._last_mode: str | None = memory.get("mode")
        self._lock = threading.Lock()

    def saw_names(self, names: set[str]) -> None:
        """Note the names under which playlists showed their contents."""
        with self._lock:
            self._names |= names

    def saw_listed_but_hidden(self) -> None:
        """Note a playlist that the account lists and the API does not find."""
        self._hides_listed = True

    @property
    def is_new_development(self) -> bool:
        """Whether only the new names were seen."""
        if not self._names:
            return self._last_mode == DEVELOPMENT
        return OLD_NAME not in self._names

    @property
    def is_extended(self) -> bool:
        """Whether nothing speaks against extended quota."""
        return self.name == EXTENDED

    @property
    def may_read_batches(self) -> bool:
        """Whether a batch read is worth a call."""
        return not self.is_new_development and self.batch_allowed is not False

    @property
    def name(self) -> str:
        """`extended`, `legacy_development` or `development`."""
        if self.is_new_development:
            return DEVELOPMENT
        is_legacy = self.batch_allowed is False or self.contents_path == OLD_PATH or self._hides_listed
        return LEGACY_DEVELOPMENT if is_legacy else EXTENDED

    def memory(self) -> dict[str, Any]:
        """What the next run should start from."""
        return {
            "mode": self.name,
            "batch_allowed": self.batch_allowed,
            "contents_path": self.contents_path,
            "hides_listed": self._hides_listed,
        }
