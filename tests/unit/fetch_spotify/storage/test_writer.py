"""Records are written to the raw zone."""

from __future__ import annotations

import gzip
import json
from typing import Any

from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.drift import Drift
from fetch_spotify.storage.privacy import Privacy
from fetch_spotify.storage.writer import RawWriter, read_object
from spotify_lake.contract.raw_zone import RunManifest, SkippedPlaylist
from tests.integration.fetch_support import MemoryS3

CUT = json.loads('"half a note \\ud83c"')


def stored(name: Any) -> tuple[bytes, Any]:
    """The text of an artist's line in the bucket, and the name that is read back from it."""
    bucket = RawBucket(MemoryS3(), "raw")  # type: ignore[arg-type]  # a dict in S3's clothes
    writer = RawWriter(bucket, "r", Privacy("keep", "keep"), Drift())
    writer.full_records("k", "artists", [{"id": "ar1", "name": name}], "2026-11-22T05:00:00.000Z")
    body, found = bucket.get("k"), read_object(bucket, "k", "artists")
    assert body is not None
    assert found is not None
    return gzip.decompress(body), found[1][0]["record"]["name"]


def test_a_name_that_was_truncated_within_a_character_is_kept_as_spotify_sent_it() -> None:
    text, name = stored(CUT)
    assert name == CUT
    assert rb"half a note \ud83c" in text


def test_any_other_name_is_stored_as_readable_text() -> None:
    text, name = stored("Sigur Rós 🎧")
    assert name == "Sigur Rós 🎧"
    assert "Sigur Rós 🎧".encode() in text


def test_a_manifest_can_contain_a_truncated_name() -> None:
    skipped = (SkippedPlaylist("p", "not_found", CUT),)
    manifest = RunManifest("r", "2026-11-22", "", "", "extended", (), (), (), skipped)
    assert RunManifest.from_json(manifest.to_json().encode()) == manifest
