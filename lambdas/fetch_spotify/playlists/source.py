"""What the parts of one run share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final, Protocol

from fetch_spotify.clock import Clock
from fetch_spotify.config import REREAD_CONTENTS, Config, FetchRequest
from fetch_spotify.errors import PlaylistSkipped
from fetch_spotify.playlists.snapshot_reader import (
    KEEPS_CHANGING,
    NO_SNAPSHOT_ID,
    TOO_LARGE,
    ContentsReader,
    Head,
    Readable,
    Seen,
)
from fetch_spotify.spotify.api_mode import DEVELOPMENT, ApiMode
from fetch_spotify.spotify.client import SpotifyClient
from fetch_spotify.spotify.list_pages import CUT_SHORT, NEVER_ENDS, WRONG_PAGE
from fetch_spotify.storage.playlist_index import KnownPlaylist, PlaylistIndex, Retention
from fetch_spotify.storage.run_state import RunState, StateStore
from fetch_spotify.storage.writer import RawWriter
from spotify_lake.contract.raw_zone import RawObject

# Nothing was withdrawn: the playlist is there, and another day it can be read whole again.
_PASSING: Final = frozenset({KEEPS_CHANGING, NO_SNAPSHOT_ID, TOO_LARGE, CUT_SHORT, NEVER_ENDS, WRONG_PAGE})


class EarlierReadingStandsIn(PlaylistSkipped):
    """A playlist that could not be read whole today, but was on an earlier day.

    Attributes:
        known: the last whole reading, as this run refers to it.
    """

    def __init__(self, skipped: PlaylistSkipped, known: KnownPlaylist) -> None:
        self.known = known
        day = known.entry.fetched_at[:10]
        super().__init__(skipped.reason, f"{skipped.message} Its contents of {day} are used instead.")


@dataclasses.dataclass
class FetchContext:
    """The run's settings, its doors to Spotify and S3, and what it knows so far.

    Attributes:
        unreadable: playlists that refused an earlier run, by id: `{reason, message, at}`.
        listed: the ids of the account's playlists when they were last listed completely.
    """

    config: Config
    request: FetchRequest
    clock: Clock
    client: SpotifyClient
    mode: ApiMode
    writer: RawWriter
    contents: ContentsReader
    index: PlaylistIndex
    retention: Retention
    store: StateStore
    state: RunState
    unreadable: dict[str, dict[str, Any]]
    listed: list[str]

    def may_refer_to(self, known: KnownPlaylist, snapshot_id: str, total: int | None) -> bool:
        """Whether what the raw zone holds of a playlist is this version of it, of `total` items."""
        if self.config.reread_unchanged == REREAD_CONTENTS and self.mode.may_be_extended:
            return False
        if None not in {total, known.total} and total != known.total:
            return False
        if known.api_mode == DEVELOPMENT and not self.mode.is_new_development:
            return False  # this app sees fields that are missing there, such as popularity
        is_kept = self.retention.covers(known.entry.fetched_at, self.clock.now())
        return known.entry.snapshot_id == snapshot_id and is_kept

    def read_contents(
        self, what: Readable, known: KnownPlaylist | None, *, seen: Seen | None = None
    ) -> KnownPlaylist:
        """Read a playlist whole and remember it.

        Args:
            what: the playlist.
            known: what the raw zone holds of it.
            seen: what a listing has told of it.

        Raises:
            EarlierReadingStandsIn: it cannot be read whole today, and `known` is referred to instead.
            PlaylistSkipped: it cannot be read.
        """

        def reuse(head: Head) -> KnownPlaylist | None:
            return known if known and self.may_refer_to(known, head.snapshot_id, head.page.total) else None

        try:
            found = self.contents.read(what, seen=seen, reuse=reuse)
        except PlaylistSkipped as skipped:
            if known is None or skipped.reason not in _PASSING or not self._still_exists(known):
                raise
            earlier = known.as_unchanged(self.request.run_id, known.records)
            raise EarlierReadingStandsIn(skipped, earlier) from skipped
        if found.entry.status == "fetched":
            found = dataclasses.replace(found, api_mode=self.mode.name)
        self.index.put(found)
        return found

    def _still_exists(self, known: KnownPlaylist) -> bool:
        """Whether the objects of an earlier reading can be referred to, because it cannot be read again."""
        return self.retention.still_holds(known.entry.fetched_at, self.clock.now())


@dataclasses.dataclass(frozen=True)
class Task:
    """One playlist to be read by a worker.

    Attributes:
        playlist: how the operator knows it.
        work: reads it; raises `PlaylistSkipped` when it cannot be.
    """

    playlist: str
    work: Callable[[], KnownPlaylist]


class Source(Protocol):
    """Where playlists, or what is read like them, come from."""

    def tasks(self) -> list[Task]:
        """Find out what there is to read."""

    def record_objects(self) -> list[RawObject]:
        """The objects with playlists' own records that finding out has stored."""


@dataclasses.dataclass(frozen=True)
class SourceSpec:
    """What the pipeline must know of a source; everything else follows from it.

    Attributes:
        name: how the parameter Sources and `make run SOURCES=` name it: lower case, with underscores.
        purpose: what it reads, for people.
        scopes: what the user's consent must cover, and `make authorize SOURCES=` asks for.
        build: makes the source for one run.
        needs_account: whether it always needs a user's consent; playlists that are named need none.
    """

    name: str
    purpose: str
    scopes: tuple[str, ...]
    build: Callable[[FetchContext], Source]
    needs_account: bool = True
