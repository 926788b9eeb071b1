"""The stored pages of one version of a playlist, and the interface through which playlists are read.

The pages of a snapshot have a key prefix of their own. Each key states the offset of the page, the offset of
the next one and the length of the list, so that the keys alone show which pages are missing:

    .../playlist_id=<id>/read=<attempt>-<token of snapshot_id>/000000-000100-of-000180.ndjson.gz
    .../playlist_id=<id>/read=<attempt>-<token of snapshot_id>/000150-end-of-000180.ndjson.gz
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol, TypeAlias

from fetch_spotify.spotify.list_pages import ListPages
from fetch_spotify.spotify.shapes import Page
from spotify_lake.contract.raw_zone import RawObject

JsonObject: TypeAlias = dict[str, Any]

END: Final = "end"
# prefix, attempt, token of the version, offset, offset of the next page, total of the list
PAGE_KEY: Final = re.compile(r"(.*/read=(\d+)-([0-9a-f]+)/)(\d+)-(\d+|end)(?:-of-(\d+))?\.ndjson\.gz")


@dataclasses.dataclass(frozen=True)
class Head:
    """The result of the first call for a playlist.

    Attributes:
        snapshot_id: the version.
        page: the first items.
        record: the playlist's own record; None where the source has none.
    """

    snapshot_id: str
    page: Page
    record: JsonObject | None = None


class Readable(Protocol):
    """A playlist, or a list that is read like one."""

    source: str
    playlist_id: str

    @property
    def page_limit(self) -> int:
        """The maximum number of items on a page after the head."""

    def checker(self, total: int | None) -> ListPages:
        """Return a checker for the pages of one snapshot; `total` is the length, if it is known."""

    def head(self) -> Head:
        """Read the first items and the version; raise `PlaylistSkipped` when they are refused."""

    def tail(self, offset: int, limit: int | None, checker: ListPages) -> Page:
        """Read a page of at most `limit` items; raise what `ListPages.check` raises."""

    def snapshot_id(self) -> str:
        """Read only the version."""


@dataclasses.dataclass(frozen=True)
class ListedVersion:
    """The version and length of a playlist as a listing states them."""

    snapshot_id: str
    total: int | None


@dataclasses.dataclass
class Snapshot:
    """The stored pages of one version.

    Attributes:
        prefix: of the keys.
        attempt: counts the snapshots of this playlist in the run, from 1.
        snapshot_id: the version; "" while only its token is known.
        checker: checks its pages.
        pages: offset -> (offset of the next page or None, key).
        objects: the stored pages by key.
        record_ids: see `record_ids_of`.
        fetched_at: when each page was read.
    """

    prefix: str
    attempt: int
    snapshot_id: str
    checker: ListPages
    pages: dict[int, tuple[int | None, str]] = dataclasses.field(default_factory=dict)
    objects: dict[str, RawObject] = dataclasses.field(default_factory=dict)
    record_ids: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    fetched_at: list[str] = dataclasses.field(default_factory=list)

    def add_record_ids(self, record_ids: Mapping[str, Iterable[str]]) -> None:
        """Add the ids of full records that a page refers to."""
        for source, ids in record_ids.items():
            self.record_ids.setdefault(source, set()).update(ids)

    def page_key(self, offset: int, next_offset: int | None) -> str:
        """The key of a page that starts at `offset`."""
        following = END if next_offset is None else f"{next_offset:06d}"
        total = "" if self.checker.total is None else f"-of-{self.checker.total:06d}"
        return f"{self.prefix}{offset:06d}-{following}{total}.ndjson.gz"

    def first_gap(self, start: int) -> int | None:
        """The first offset from `start` on that is not stored; None when all pages to the end are."""
        offset: int | None = start
        while offset is not None and offset in self.pages:
            offset = self.pages[offset][0]
        return offset

    def chain(self) -> list[str]:
        """The keys from the first page to the last, in order."""
        keys, offset = [], 0
        while offset is not None and offset in self.pages:
            following, key = self.pages[offset]
            keys.append(key)
            if following is None:
                break
            offset = following
        return keys


def version_token(snapshot_id: str) -> str:
    """A key-safe name for a version; snapshot_ids are opaque and may hold slashes."""
    return hashlib.sha256(snapshot_id.encode()).hexdigest()[:12]
