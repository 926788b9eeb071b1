"""What the parts of one run share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

from fetch_spotify.api_mode import ApiMode
from fetch_spotify.client import SpotifyClient
from fetch_spotify.clock import Clock
from fetch_spotify.config import Config, FetchRequest
from fetch_spotify.contents import ContentsReader
from fetch_spotify.playlist_index import KnownPlaylist, PlaylistIndex, Retention
from fetch_spotify.raw_writer import RawWriter
from fetch_spotify.run_state import RunState, StateStore
from spotify_lake.raw_zone import RawObject


@dataclasses.dataclass
class FetchContext:
    """The run's settings, its doors to Spotify and S3, and what it knows so far.

    Attributes:
        unreadable: playlists that refused an earlier run, by id: `{reason, message, at}`.
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

    def may_refer_to(self, known: KnownPlaylist, snapshot_id: str) -> bool:
        """Whether what the raw zone holds of a playlist stands for this version as well."""
        if self.config.reread_unchanged and self.mode.is_extended:
            return False
        is_same = known.entry.snapshot_id == snapshot_id
        return is_same and self.retention.covers(known.entry.fetched_at, self.clock.now())


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
