"""The interface between a run and its sources."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

from fetch_spotify.context import FetchContext
from fetch_spotify.playlists.reader import PlaylistRead
from spotify_lake.contract.raw_zone import RawObject, SkippedPlaylist


@dataclasses.dataclass(frozen=True)
class SourceListing:
    """The playlists of a source.

    Attributes:
        playlists: the ids or links that the operator knows.
        records: the stored objects with the playlists' own records, if the list contains them.
        skipped: problems of the list itself.
    """

    playlists: tuple[str, ...]
    records: tuple[RawObject, ...] = ()
    skipped: tuple[SkippedPlaylist, ...] = ()


class Source(Protocol):
    """A source of playlists, or of lists that are read like playlists."""

    def list_playlists(self) -> SourceListing:
        """Return the playlists to read. Called once, before `read`."""

    def read(self, playlist: str) -> PlaylistRead:
        """Read one of the playlists on a worker thread; raise `PlaylistSkipped` when it cannot be read."""


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
