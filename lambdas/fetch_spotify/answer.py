"""The function's answers, which the state machine reads and passes to the execution's output."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from common.events import FetchRequest, Progress
from spotify_lake.contract.raw_zone import FetchDetails, RunManifest, SkippedPlaylist

_MAX_LISTED: Final = 20


class Unfinished(msgspec.Struct, frozen=True):
    """The answer of an invocation that ran out of time: the state machine calls the function again."""

    run_id: str
    snapshot_date: str
    cursor: Progress
    status: Literal["CONTINUE"] = "CONTINUE"
    manifest: None = None


class Playlists(msgspec.Struct, frozen=True):
    """The counts of playlists, and the first skipped ones."""

    fetched: int
    unchanged: int
    heads: dict[str, int]
    skipped: list[SkippedPlaylist]
    skipped_total: int


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a complete run.

    Attributes:
        manifest: the manifest's s3:// URI.
        calls: calls to Spotify by kind, and their `total`.
    """

    run_id: str
    snapshot_date: str
    manifest: str
    api_mode: str
    grant: str
    playlists: Playlists
    items: int
    artists: dict[str, int]
    albums: dict[str, int]
    calls: dict[str, int]
    authorization: dict[str, int | None]
    drift: dict[str, dict[str, int]]
    status: Literal["COMPLETE"] = "COMPLETE"
    cursor: None = None


def unfinished(request: FetchRequest, *, playlists: int, calls: int) -> Unfinished:
    """Return the answer of an unfinished run with its progress."""
    earlier = request.cursor.round if request.cursor else 0
    progress = Progress(round=earlier + 1, playlists=playlists, calls=calls)
    return Unfinished(request.run_id, request.snapshot_date, progress)


def finished(manifest: RunManifest, uri: str) -> Finished:
    """Return the answer of a complete run from its manifest."""
    details: FetchDetails = manifest.details
    fetched = sum(entry.status == "fetched" for entry in manifest.playlists)
    return Finished(
        run_id=manifest.run_id,
        snapshot_date=manifest.snapshot_date,
        manifest=uri,
        api_mode=manifest.api_mode,
        grant=details.grant,
        playlists=Playlists(
            fetched=fetched,
            unchanged=len(manifest.playlists) - fetched,
            heads=details.heads,
            skipped=list(manifest.skipped[:_MAX_LISTED]),
            skipped_total=len(manifest.skipped),
        ),
        items=sum(entry.rows for entry in manifest.playlists),
        artists=details.artists,
        albums=details.albums,
        calls={"total": sum(details.calls.values()), **details.calls},
        authorization=details.authorization,
        drift=details.drift,
    )
