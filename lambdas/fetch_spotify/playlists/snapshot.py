"""One version of a playlist as far as its pages are stored; the keys alone tell how far that is."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from fetch_spotify.spotify.list_pages import ListPages
from spotify_lake.contract.raw_zone import RawObject

END: Final = "end"
# prefix, number of the reading, token of the version, start, start of the next page, total of the list
PAGE_KEY: Final = re.compile(r"(.*/read=(\d+)-([0-9a-f]+)/)(\d+)-(\d+|end)(?:-of-(\d+))?\.ndjson\.gz")


@dataclasses.dataclass
class Reading:
    """The pages of one version that are stored.

    Attributes:
        prefix: where they lie.
        number: readings count from 1.
        checker: checks its pages.
        pages: start -> (start of the next page or None, key).
        objects: the stored pages as far as they are described, by key.
        record_ids: see `record_ids_of`.
        snapshot_id: the version; "" while only its token is known.
    """

    prefix: str
    number: int
    snapshot_id: str
    checker: ListPages
    pages: dict[int, tuple[int | None, str]] = dataclasses.field(default_factory=dict)
    objects: dict[str, RawObject] = dataclasses.field(default_factory=dict)
    record_ids: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    fetched_at: list[str] = dataclasses.field(default_factory=list)

    def refer_to(self, record_ids: Mapping[str, Iterable[str]]) -> None:
        """Add the ids of full records that a page refers to."""
        for source, ids in record_ids.items():
            self.record_ids.setdefault(source, set()).update(ids)

    def page_key(self, offset: int, next_offset: int | None) -> str:
        """The key of a page that starts at `offset`."""
        following = END if next_offset is None else f"{next_offset:06d}"
        total = "" if self.checker.total is None else f"-of-{self.checker.total:06d}"
        return f"{self.prefix}{offset:06d}-{following}{total}.ndjson.gz"

    def gap(self, start: int) -> int | None:
        """From `start` on, the first offset that is not stored; None when all is, to the end."""
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
    """A name for a version that is fit for a key; snapshot_ids are opaque and may hold slashes."""
    return hashlib.sha256(snapshot_id.encode()).hexdigest()[:12]
