"""The raw zone: the keys of its objects, and the manifest of a run.

```
spotify/<source>/snapshot_date=YYYY-MM-DD/run_id=<run>/...ndjson.gz    one envelope per line
spotify/manifests/snapshot_date=YYYY-MM-DD/run_id=<run>/manifest.json  written last
```

A line is an envelope `{"source", "playlist_id" | "artist_id" | "album_id", "snapshot_id", "position",
"fetched_at", "run_id", "record"}` around the API's own record. Readers ignore a run without a manifest.

The fetch writes the raw zone and the Glue job reads it. Both import this module, so it uses dataclasses and
`json` instead of msgspec. Glue would have to install msgspec, a compiled package, at each start of the job.
That takes seconds, and reading the manifest of a million items takes 0.05 s.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any, Final, Literal

ROOT: Final = "spotify"
MANIFEST_NAME: Final = "manifest.json"
MANIFEST_VERSION: Final = 1

PLAYLISTS: Final = "playlists"
PLAYLIST_ITEMS: Final = "playlist_items"
SAVED_TRACKS: Final = "saved_tracks"
ARTISTS: Final = "artists"
ALBUMS: Final = "albums"
ITEM_SOURCES: Final = (PLAYLIST_ITEMS, SAVED_TRACKS)
SOURCES: Final = (PLAYLISTS, PLAYLIST_ITEMS, SAVED_TRACKS, ARTISTS, ALBUMS)
ID_NAMES: Final = {ARTISTS: "artist_id", ALBUMS: "album_id"}
"""The key of the envelope that holds the id, by source: the sources of full records, which are read by id."""


class ManifestUnreadableError(ValueError):
    """A manifest that is not JSON, lacks a field, or has an unknown version."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the run's manifest cannot be read: {reason}")


@dataclasses.dataclass(frozen=True)
class RawObject:
    """One object of the raw zone.

    Attributes:
        source: one of `SOURCES`.
        key: its key in the raw bucket; it may belong to an earlier run.
        rows: the number of lines.
        bytes: the stored (compressed) size.
        sha256: hex digest of the stored bytes.
    """

    source: str
    key: str
    rows: int
    bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class PlaylistEntry:
    """A playlist (or a playlist-like source) whose contents are complete in this run.

    Attributes:
        source: `playlist_items` or `saved_tracks`.
        playlist_id: Spotify's id; a playlist-like source has a fixed name here.
        snapshot_id: Spotify's opaque version of the contents.
        status: `unchanged` when the objects are those of an earlier run.
        fetched_at: when the contents were read (UTC, ISO 8601 with milliseconds and Z).
        rows: the number of items, equal to the sum over `objects`.
        objects: in the order of the positions; empty for an empty playlist.
    """

    source: str
    playlist_id: str
    snapshot_id: str
    status: Literal["fetched", "unchanged"]
    fetched_at: str
    rows: int
    objects: tuple[RawObject, ...]


@dataclasses.dataclass(frozen=True)
class SkippedPlaylist:
    """A playlist that was requested and could not be read."""

    playlist: str
    reason: str
    message: str


@dataclasses.dataclass(frozen=True)
class FetchDetails:
    """Figures of a fetch. Manifests of early releases lack some.

    Attributes:
        grant: the OAuth grant: `refresh_token` or `client_credentials`.
        calls: calls to Spotify by kind, retries included.
        artists, albums: full records by outcome: fetched, known, postponed.
        heads: records of unchanged playlists by outcome: read, left_out.
        rounds: the number of invocations.
        drift: fields that the records lack (`missing`) or that are unknown (`new`), with their counts.
        privacy: identifies how user ids were treated.
        authorization: `days_left` until the user's consent ends; null if unknown.
    """

    grant: str = ""
    calls: dict[str, int] = dataclasses.field(default_factory=dict)
    artists: dict[str, int] = dataclasses.field(default_factory=dict)
    albums: dict[str, int] = dataclasses.field(default_factory=dict)
    heads: dict[str, int] = dataclasses.field(default_factory=lambda: {"read": 0, "left_out": 0})
    rounds: int = 0
    drift: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    privacy: str = ""
    authorization: dict[str, int | None] = dataclasses.field(default_factory=lambda: {"days_left": None})


@dataclasses.dataclass(frozen=True)
class RunManifest:
    """The record of one complete fetch.

    Attributes:
        run_id: the execution's name.
        snapshot_date: the day of the run (YYYY-MM-DD).
        started_at, completed_at: UTC, ISO 8601 with milliseconds and Z.
        api_mode: `extended`, `legacy_development`, `development`, or `extended_or_legacy` if probing
            could not distinguish the two.
        playlists: the complete contents, one entry per playlist.
        playlist_records: the objects with the playlists' own records (names, owners, followers).
        artist_records: the objects with full artist records that this day's rows may need.
        skipped: what was requested and could not be read, and why. A playlist whose last complete snapshot is
            used instead is in `playlists` as well.
        album_records: like `artist_records`, of albums; none in manifests of early releases.
        details: figures of the fetch.
    """

    run_id: str
    snapshot_date: str
    started_at: str
    completed_at: str
    api_mode: str
    playlists: tuple[PlaylistEntry, ...]
    playlist_records: tuple[RawObject, ...]
    artist_records: tuple[RawObject, ...]
    skipped: tuple[SkippedPlaylist, ...] = ()
    details: FetchDetails = dataclasses.field(default_factory=FetchDetails)
    album_records: tuple[RawObject, ...] = ()

    def objects(self) -> Iterator[RawObject]:
        """Yield every object that the run names; some may be of earlier runs."""
        for entry in self.playlists:
            yield from entry.objects
        yield from self.playlist_records
        yield from self.full_records()

    def full_records(self) -> Iterator[RawObject]:
        """Yield the objects with full records, of the sources in `ID_NAMES`."""
        yield from self.artist_records
        yield from self.album_records

    def to_json(self) -> str:
        """Return the manifest as it is stored: in ASCII, because a name may contain a lone surrogate."""
        return json.dumps({"manifest_version": MANIFEST_VERSION, **dataclasses.asdict(self)}, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> RunManifest:
        """Read a stored manifest; raise `ManifestUnreadableError` when it is not one."""
        try:
            body = json.loads(text)
            version = body.pop("manifest_version")
        except (ValueError, AttributeError, TypeError, KeyError) as error:
            raise ManifestUnreadableError(f"not a manifest ({error!r})") from error
        if version != MANIFEST_VERSION:
            raise ManifestUnreadableError(f"its version is {version}, supported is {MANIFEST_VERSION}")
        try:
            return cls(
                **{
                    **body,
                    "playlists": tuple(_entry(entry) for entry in body["playlists"]),
                    "playlist_records": _objects(body["playlist_records"]),
                    "artist_records": _objects(body["artist_records"]),
                    "album_records": _objects(body.get("album_records", [])),
                    "skipped": tuple(SkippedPlaylist(**skip) for skip in body["skipped"]),
                    "details": _details(body.get("details", {})),
                }
            )
        except (TypeError, KeyError) as error:
            raise ManifestUnreadableError(f"a field is missing or unknown ({error})") from error


def run_prefix(source: str, snapshot_date: str, run_id: str) -> str:
    """Return the prefix of a run's objects of one source, with the closing slash."""
    return f"{ROOT}/{source}/snapshot_date={snapshot_date}/run_id={run_id}/"


def source_of(key: str) -> str:
    """Return the source whose folder contains an object; raise `KeyError` for any other key."""
    root, _, rest = key.partition("/")
    source = rest.partition("/")[0]
    if root != ROOT or source not in SOURCES:
        raise KeyError(f"{key} is not an object of a source")
    return source


def snapshot_date_of(key: str) -> str:
    """Return the snapshot_date of the run that an object belongs to."""
    return key.split("/")[2].removeprefix("snapshot_date=")


def run_folder(key: str) -> str:
    """Return the folder of the run that an object belongs to, as `run_prefix` gives it."""
    return "/".join(key.split("/")[:4]) + "/"


def manifest_of(folder: str) -> str:
    """Return the key of the manifest of the run that a folder from `run_folder` belongs to."""
    _, _, day, run = folder.rstrip("/").split("/")
    return f"{ROOT}/manifests/{day}/{run}/{MANIFEST_NAME}"


def key_in(path: str) -> str:
    """Return the key of a raw object from its path or URI, with any prefix."""
    start = max(path.rfind(f"/{ROOT}/{source}/snapshot_date=") for source in SOURCES)
    return path[start + 1 :]


def manifests_prefix(snapshot_date: str | None = None) -> str:
    """Return the prefix of the manifests of one day, or of all."""
    prefix = f"{ROOT}/manifests/"
    return prefix if snapshot_date is None else f"{prefix}snapshot_date={snapshot_date}/"


def manifest_key(snapshot_date: str, run_id: str) -> str:
    """Return the key of a run's manifest."""
    return f"{manifests_prefix(snapshot_date)}run_id={run_id}/{MANIFEST_NAME}"


def _objects(rows: list[dict[str, Any]]) -> tuple[RawObject, ...]:
    return tuple(RawObject(**row) for row in rows)


def _details(stored: dict[str, Any]) -> FetchDetails:
    names = {field.name for field in dataclasses.fields(FetchDetails)}
    return FetchDetails(**{name: value for name, value in stored.items() if name in names})


def _entry(row: dict[str, Any]) -> PlaylistEntry:
    return PlaylistEntry(**{**row, "objects": _objects(row["objects"])})
