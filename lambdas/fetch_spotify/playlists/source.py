"""The interface between a run and its sources, and what they share."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Final, Protocol

from fetch_spotify.clock import Clock
from fetch_spotify.config import REREAD_CONTENTS, Config, FetchRequest
from fetch_spotify.errors import PlaylistSkipped
from fetch_spotify.playlists.snapshot import Head, ListedVersion, Readable
from fetch_spotify.playlists.snapshot_reader import (
    KEEPS_CHANGING,
    NO_SNAPSHOT_ID,
    TOO_LARGE,
    SnapshotReader,
)
from fetch_spotify.spotify.api_mode import DEVELOPMENT, ApiMode
from fetch_spotify.spotify.client import SpotifyClient
from fetch_spotify.spotify.list_pages import CUT_SHORT, NEVER_ENDS, WRONG_PAGE
from fetch_spotify.spotify.rate_limit import RateLimitGate
from fetch_spotify.storage.playlist_index import KnownPlaylist, PlaylistIndex, Retention
from fetch_spotify.storage.run_state import AppMemory, RunState, StateStore
from fetch_spotify.storage.writer import RawWriter
from spotify_lake.contract.raw_zone import RawObject

# The playlist exists and is readable, and another day its contents can be read completely.
_TEMPORARY: Final = frozenset({KEEPS_CHANGING, NO_SNAPSHOT_ID, TOO_LARGE, CUT_SHORT, NEVER_ENDS, WRONG_PAGE})


@dataclasses.dataclass(frozen=True)
class PlaylistRead:
    """The result of reading one playlist.

    Attributes:
        contents: for the manifest.
        problem: why they are those of an earlier day; None when they are current.
    """

    contents: KnownPlaylist
    problem: PlaylistSkipped | None = None


@dataclasses.dataclass
class FetchContext:
    """The run's settings, its clients of Spotify and S3, and its state.

    Attributes:
        memory: what earlier runs found out about the app and the account.
    """

    config: Config
    request: FetchRequest
    clock: Clock
    gate: RateLimitGate
    client: SpotifyClient
    mode: ApiMode
    writer: RawWriter
    snapshots: SnapshotReader
    index: PlaylistIndex
    retention: Retention
    store: StateStore
    state: RunState
    memory: AppMemory

    def may_refer_to(self, known: KnownPlaylist, snapshot_id: str, total: int | None) -> bool:
        """Whether the stored contents of a playlist are this version of it, of `total` items."""
        if self.config.reread_unchanged == REREAD_CONTENTS and self.mode.may_be_extended:
            return False
        if None not in {total, known.total} and total != known.total:
            return False
        if known.api_mode == DEVELOPMENT and not self.mode.is_new_development:
            return False  # this app sees fields that are missing there, such as popularity
        is_kept = self.retention.covers(known.entry.fetched_at, self.clock.now())
        return known.entry.snapshot_id == snapshot_id and is_kept

    def read_playlist(
        self, playlist: Readable, known: KnownPlaylist | None, *, listed: ListedVersion | None = None
    ) -> PlaylistRead:
        """Read the complete contents of a playlist, or use those of an earlier day when that fails.

        Args:
            playlist: the playlist.
            known: its entry in the index.
            listed: the version that a listing stated.

        Raises:
            PlaylistSkipped: it cannot be read, and there are no earlier contents to use.
        """
        try:
            contents = self.snapshots.read(
                playlist, listed=listed, reuse=functools.partial(self._reusable, known)
            )
        except PlaylistSkipped as skipped:
            is_stored = known and self.retention.still_holds(known.entry.fetched_at, self.clock.now())
            if known is None or not is_stored or skipped.reason not in _TEMPORARY:
                raise
            day = known.entry.fetched_at[:10]
            message = f"{skipped.message} Its contents of {day} are used instead."
            earlier = known.as_unchanged(self.request.run_id, known.records)
            return PlaylistRead(earlier, PlaylistSkipped(skipped.reason, message))
        if contents.entry.status == "fetched":
            contents = dataclasses.replace(contents, api_mode=self.mode.name)
        self.index.put(contents)
        return PlaylistRead(contents)

    def _reusable(self, known: KnownPlaylist | None, head: Head) -> KnownPlaylist | None:
        return known if known and self.may_refer_to(known, head.snapshot_id, head.page.total) else None


@dataclasses.dataclass(frozen=True)
class Task:
    """One playlist for a worker to read.

    Attributes:
        playlist: the id or link that the operator knows.
        read: reads it; raises `PlaylistSkipped` when it cannot be read.
    """

    playlist: str
    read: Callable[[], PlaylistRead]


class Source(Protocol):
    """A source of playlists, or of lists that are read like playlists."""

    def tasks(self) -> list[Task]:
        """Return the playlists to read."""

    def record_objects(self) -> list[RawObject]:
        """Return the objects with playlists' own records that `tasks` has stored."""


@dataclasses.dataclass(frozen=True)
class SourceSpec:
    """What the pipeline must know of a source; everything else follows from it.

    Attributes:
        name: its name in the parameter Sources and in `make run SOURCES=`: lower case, with underscores.
        purpose: what it reads, for messages.
        scopes: the scopes of the user's consent that it needs; `make authorize SOURCES=` requests them.
        build: creates the source for one run.
        needs_account: whether it always needs a user's consent; named playlists need none.
    """

    name: str
    purpose: str
    scopes: tuple[str, ...]
    build: Callable[[FetchContext], Source]
    needs_account: bool = True
