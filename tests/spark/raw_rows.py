"""Raw lines as the fetch writes them, with defaults for everything."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import PlaylistEntry, RawObject, RunManifest

DAY = "2026-11-22"
FETCHED_AT = "2026-11-22T05:00:00.123Z"
RUN = "run-1"

Json = dict[str, Any]


def credit(identifier: str | None = "ar1", name: str = "Ada") -> Json:
    """A simplified artist."""
    return {"id": identifier, "name": name, "type": "artist", "uri": f"spotify:artist:{identifier}"}


def album(**changes: Any) -> Json:
    """A simplified album."""
    return {
        "id": "al1",
        "name": "First Light",
        "album_type": "album",
        "release_date": "2019-05-17",
        "release_date_precision": "day",
        "total_tracks": 11,
        "images": [{"url": "https://img/640", "height": 640, "width": 640}, {"url": "https://img/64"}],
        "artists": [credit()],
        "type": "album",
        "uri": "spotify:album:al1",
    } | changes


def track(**changes: Any) -> Json:
    """A full track of a playlist item, with its booleans `track` and `episode`."""
    identifier = changes.get("id", "t1")
    return {
        "id": identifier,
        "name": "Northern Line",
        "type": "track",
        "track": True,
        "episode": False,
        "uri": f"spotify:track:{identifier}",
        "album": album(),
        "artists": [credit()],
        "disc_number": 1,
        "track_number": 3,
        "duration_ms": 215_000,
        "explicit": False,
        "external_ids": {"isrc": "GBAYE0601477"},
        "is_local": False,
        "popularity": 41,
        "preview_url": None,
    } | changes


def episode(**changes: Any) -> Json:
    """An episode of a playlist item: without artists, album or external ids."""
    return {
        "id": "e1",
        "name": "On Echoes",
        "type": "episode",
        "track": False,
        "episode": True,
        "uri": "spotify:episode:e1",
        "show": {"id": "sh1", "name": "Room Tone", "publisher": "Field Audio"},
        "release_date": "2026-01-31",
        "release_date_precision": "day",
        "duration_ms": 2_071_013,
        "explicit": True,
    } | changes


def chapter(**changes: Any) -> Json:
    """A chapter of an audiobook: Spotify gives it the URI of an episode, and its audiobook that of a show."""
    return {
        "id": "c1",
        "name": "Opening Credits",
        "type": "chapter",
        "uri": "spotify:episode:c1",
        "chapter_number": 0,
        "audiobook": {"id": "b1", "name": "Salt Roads", "publisher": "Harbour", "uri": "spotify:show:b1"},
        "release_date": "0000-01-01",
        "release_date_precision": "day",
        "duration_ms": 13_000,
        "explicit": False,
    } | changes


def video(**changes: Any) -> Json:
    """An item that is neither a track nor an episode or chapter."""
    return {"id": "v1", "name": "Northern Line (video)", "type": "video", "uri": "spotify:video:v1"} | changes


def item(content: Json | None, *, under: str = "track", **changes: Any) -> Json:
    """The envelope of a playlist item; `changes` apply to the envelope or to the record, by their keys."""
    record: Json = {
        "added_at": "2024-05-16T20:46:24Z",
        "added_by": {"id": "user1", "type": "user", "uri": "spotify:user:user1"},
        "is_local": False,
        "primary_color": None,
        under: content,
        "video_thumbnail": {"url": None},
    }
    envelope: Json = {
        "source": "playlist_items",
        "playlist_id": "p1",
        "snapshot_id": "s1",
        "position": 0,
        "fetched_at": FETCHED_AT,
        "run_id": RUN,
    }
    for name, value in changes.items():
        (envelope if name in envelope else record)[name] = value
    return envelope | {"record": record}


def playlist(
    identifier: str = "p1",
    *,
    item_count: int = 3,
    fetched_at: str = FETCHED_AT,
    run_id: str = RUN,
    **changes: Any,
) -> Json:
    """The envelope of a playlist's own record, with its number of items."""
    record = {
        "id": identifier,
        "name": "Slow Mornings",
        "description": "",
        "owner": {"id": "user1", "display_name": "Owner One"},
        "public": True,
        "collaborative": False,
        "snapshot_id": "s1",
        "followers": {"href": None, "total": 7},
        "images": [{"url": "https://img/p", "height": None, "width": None}],
        "external_urls": {"spotify": f"https://open.spotify.com/playlist/{identifier}"},
        "tracks": {"href": "h", "limit": 100, "offset": 0, "total": item_count},
        "type": "playlist",
        "uri": f"spotify:playlist:{identifier}",
    } | changes
    return {
        "source": "playlists",
        "playlist_id": identifier,
        "snapshot_id": "s1",
        "fetched_at": fetched_at,
        "run_id": run_id,
        "record": record,
    }


def artist(
    identifier: str = "ar1", *, fetched_at: str = FETCHED_AT, run_id: str = RUN, **changes: Any
) -> Json:
    """The envelope of a full artist record."""
    record = credit(identifier) | {
        "genres": ["dream pop"],
        "followers": {"href": None, "total": 1200},
        "popularity": 55,
        "images": [{"url": "https://img/a", "height": 640, "width": 640}],
    }
    return {
        "source": "artists",
        "artist_id": identifier,
        "fetched_at": fetched_at,
        "run_id": run_id,
        "record": record | changes,
    }


def full_album(
    identifier: str = "al1", *, fetched_at: str = FETCHED_AT, run_id: str = RUN, **changes: Any
) -> Json:
    """The envelope of a full album record."""
    record = album(id=identifier, uri=f"spotify:album:{identifier}") | {
        "external_ids": {"upc": "5099749534728"},
        "label": "Quiet Harbour",
        "popularity": 37,
        "genres": [],
    }
    return {
        "source": "albums",
        "album_id": identifier,
        "fetched_at": fetched_at,
        "run_id": run_id,
        "record": record | changes,
    }


def without(content: Json, *names: str) -> Json:
    """The record without these keys, as apps in development mode get it."""
    return {name: value for name, value in content.items() if name not in names}


def write_object(
    root: Path,
    source: str,
    lines: Iterable[Json | str],
    *,
    run_id: str = RUN,
    name: str = "0",
    day: str = DAY,
) -> RawObject:
    """Write one raw object; a string is written unchanged, for broken lines."""
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    body = gzip.compress("".join(f"{text}\n" for text in texts).encode(), mtime=0)
    key = f"{raw_zone.run_prefix(source, day, run_id)}{name}.ndjson.gz"
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return RawObject(source, key, len(texts), len(body), hashlib.sha256(body).hexdigest())


def write_run(
    root: Path,
    lines: Iterable[Json],
    *,
    run_id: str = RUN,
    completed_at: str = FETCHED_AT,
    day: str = DAY,
) -> RunManifest:
    """Write lines as a run of the day: one object per playlist and source, and the manifest."""
    groups: dict[tuple[str, str], list[Json]] = {}
    for line in lines:
        is_item = line["source"] in raw_zone.ITEM_SOURCES
        groups.setdefault((line["source"], line["playlist_id"] if is_item else "all"), []).append(line)
    objects: Mapping[tuple[str, str], RawObject] = {
        (source, name): write_object(root, source, group, run_id=run_id, name=name, day=day)
        for (source, name), group in groups.items()
    }
    manifest = RunManifest(
        run_id=run_id,
        snapshot_date=day,
        started_at=FETCHED_AT,
        completed_at=completed_at,
        api_mode="extended",
        playlists=tuple(
            PlaylistEntry(source, name, "s1", "fetched", FETCHED_AT, each.rows, (each,))
            for (source, name), each in objects.items()
            if source in raw_zone.ITEM_SOURCES
        ),
        playlist_records=tuple(each for (source, _), each in objects.items() if source == "playlists"),
        artist_records=tuple(each for (source, _), each in objects.items() if source == "artists"),
        album_records=tuple(each for (source, _), each in objects.items() if source == "albums"),
    )
    write_manifest(root, manifest)
    return manifest


def write_manifest(root: Path, manifest: RunManifest) -> None:
    """Write a manifest to its place in the raw zone."""
    path = root / raw_zone.manifest_key(manifest.snapshot_date, manifest.run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(manifest.to_json(), "utf-8")
