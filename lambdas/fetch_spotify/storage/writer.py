"""Writes records to the raw zone as compressed NDJSON, one envelope per line, and reads them back."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from fetch_spotify.spotify.shapes import Page, without_contents
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.drift import Drift
from fetch_spotify.storage.privacy import Privacy
from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import RawObject

JsonObject: TypeAlias = dict[str, Any]

_ENCODER: Final = msgspec.json.Encoder()
_DRIFT_KINDS: Final = {raw_zone.ARTISTS: "artist", raw_zone.ALBUMS: "full_album"}
"""The drift report's name for the full records of each source."""


class RawWriter:
    """Writes the records of one run.

    Args:
        bucket: the raw bucket.
        run_id: for the envelopes.
        privacy: how user ids are treated.
        drift: counts the fields of every record as received.
    """

    def __init__(self, bucket: RawBucket, run_id: str, privacy: Privacy, drift: Drift) -> None:
        self.bucket = bucket
        self._run_id = run_id
        self.privacy = privacy
        self.drift = drift

    def items(
        self, key: str, *, source: str, playlist_id: str, snapshot_id: str, page: Page, at: str
    ) -> RawObject:
        """Store a page of items of a playlist (or playlist-like list); `at` is when it was read."""
        lines = []
        for position, item in enumerate(page.items, page.offset):
            self.drift.see_item(item)
            record = self.privacy.item(item) if isinstance(item, dict) else item
            envelope = {"source": source, "playlist_id": playlist_id, "snapshot_id": snapshot_id}
            lines.append(self._line({**envelope, "position": position}, record, at))
        return self.write(key, source, lines)

    def playlists(self, key: str, playlists: Iterable[JsonObject], at: str) -> RawObject:
        """Store playlists' own records, without embedded items."""
        lines = []
        for playlist in playlists:
            self.drift.see("playlist", playlist)
            record = self.privacy.playlist(without_contents(playlist))
            envelope = {
                "source": raw_zone.PLAYLISTS,
                "playlist_id": playlist.get("id"),
                "snapshot_id": playlist.get("snapshot_id"),
            }
            lines.append(self._line(envelope, record, at))
        return self.write(key, raw_zone.PLAYLISTS, lines)

    def full_records(self, key: str, source: str, records: Iterable[JsonObject], at: str) -> RawObject:
        """Store full records of one of the sources in `raw_zone.ID_NAMES`."""
        lines = []
        for record in records:
            self.drift.see(_DRIFT_KINDS[source], record)
            lines.append(self.full_record(source, record, at))
        return self.write(key, source, lines)

    def full_record(self, source: str, record: JsonObject, at: str) -> JsonObject:
        """The line of a full record, without the items of an embedded page (an album's tracks)."""
        envelope = {"source": source, raw_zone.ID_NAMES[source]: record["id"]}
        return self._line(envelope, without_contents(record), at)

    def _line(self, envelope: JsonObject, record: Any, at: str) -> JsonObject:
        return {**envelope, "fetched_at": at, "run_id": self._run_id, "record": record}

    def write(self, key: str, source: str, lines: Sequence[JsonObject]) -> RawObject:
        """Store lines of one object."""
        # No time stamp in the gzip header, so that equal records give equal bytes.
        body = gzip.compress(ndjson(lines), compresslevel=6, mtime=0)
        self.bucket.put(key, body)
        return _raw_object(key, source, len(lines), body)


def ndjson(lines: Sequence[JsonObject]) -> bytes:
    """Encode one object per line."""
    try:
        return _ENCODER.encode_lines(lines)
    except UnicodeEncodeError:  # half of a surrogate pair, which json escapes
        return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def read_object(bucket: RawBucket, key: str, source: str) -> tuple[RawObject, list[JsonObject]] | None:
    """Read a stored object: its entry for a manifest, and its lines. None when it does not exist."""
    body = bucket.get(key)
    if body is None:
        return None
    lines = [json.loads(line) for line in gzip.decompress(body).splitlines()]
    return _raw_object(key, source, len(lines), body), lines


def _raw_object(key: str, source: str, rows: int, body: bytes) -> RawObject:
    return RawObject(source, key, rows, len(body), hashlib.sha256(body).hexdigest())
