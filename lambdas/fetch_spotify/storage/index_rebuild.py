"""Makes the indexes again from the raw zone itself, when they are lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from common.observability import logger
from fetch_spotify.spotify.shapes import record_ids_of
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.playlist_index import KnownPlaylist, PlaylistIndex
from fetch_spotify.storage.record_index import RecordIndex
from fetch_spotify.storage.writer import read_object
from spotify_lake.contract.raw_zone import (
    ID_NAMES,
    MANIFEST_NAME,
    PlaylistEntry,
    RunManifest,
    manifests_prefix,
)


def record_index(bucket: RawBucket, source: str, day: str) -> RecordIndex:
    """Rebuild the index of full records of a source from every object that a manifest names.

    Empty for an empty raw zone.
    """
    index = RecordIndex(source, day)
    keys = {
        obj.key for manifest in _manifests(bucket) for obj in manifest.full_records() if obj.source == source
    }
    for key in sorted(keys):
        stored = read_object(bucket, key, source)
        if stored is not None:
            obj, lines = stored
            index.add(obj, {line[ID_NAMES[source]]: line["fetched_at"] for line in lines})
    if keys:
        logger.info("an index was rebuilt", extra={"source": source, "records": len(index.latest)})
    return index


def playlist_index(bucket: RawBucket, privacy: str) -> PlaylistIndex:
    """Write the playlist index from the manifests of runs that treated user ids so (`Privacy.fingerprint`).

    Empty for an empty raw zone. Of several readings of a playlist the latest counts; one whose objects are
    gone is left out.
    """
    latest: dict[tuple[str, str], tuple[str, PlaylistEntry]] = {}
    api_modes: dict[tuple[str, str, str], str] = {}
    for manifest in _manifests(bucket):
        if manifest.details.get("privacy") != privacy:
            continue
        for entry in manifest.playlists:
            name = (entry.source, entry.playlist_id)
            if entry.status == "fetched":
                api_modes[*name, entry.fetched_at] = manifest.api_mode
            if name not in latest or latest[name][1].fetched_at <= entry.fetched_at:
                latest[name] = (manifest.run_id, entry)
    index = PlaylistIndex(bucket, privacy)
    for name, (run_id, entry) in latest.items():
        record_ids = _record_ids(bucket, entry)
        if record_ids is not None:
            api_mode = api_modes.get((*name, entry.fetched_at), "")
            index.put(KnownPlaylist(run_id, entry, record_ids, api_mode=api_mode))
    if latest:
        logger.info("the playlist index was made anew", extra={"playlists": len(latest)})
    return PlaylistIndex(bucket, privacy)  # with what was just put


def _record_ids(bucket: RawBucket, entry: PlaylistEntry) -> dict[str, tuple[str, ...]] | None:
    lines: list[dict[str, Any]] = []
    for obj in entry.objects:
        stored = read_object(bucket, obj.key, obj.source)
        if stored is None:
            return None
        lines += stored[1]
    found = record_ids_of(line["record"] for line in lines)
    return {source: tuple(sorted(ids)) for source, ids in found.items()}


def _manifests(bucket: RawBucket) -> Iterator[RunManifest]:
    for key in bucket.keys(manifests_prefix()):
        body = bucket.get(key) if key.endswith(f"/{MANIFEST_NAME}") else None
        if body is not None:
            yield RunManifest.from_json(body)
