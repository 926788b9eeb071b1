"""The function's answers: for a finished run, from its manifest; for an unfinished one, with a cursor."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from fetch_spotify.config import FetchRequest
from fetch_spotify.storage.bucket import RawBucket
from spotify_lake.contract.raw_zone import RunManifest, manifest_key

JsonObject: TypeAlias = dict[str, Any]

COMPLETE: Final = "COMPLETE"
CONTINUE: Final = "CONTINUE"
_MAX_LISTED: Final = 20


def finish(bucket: RawBucket, request: FetchRequest, manifest: RunManifest) -> JsonObject:
    """Store the manifest, which makes the run visible, and return the answer."""
    bucket.put(manifest_key(request.snapshot_date, request.run_id), manifest.to_json().encode())
    return _answer(bucket, manifest)


def of_finished_run(bucket: RawBucket, request: FetchRequest) -> JsonObject | None:
    """Return the answer for a run that is already complete (a retry of its last invocation), else None."""
    body = bucket.get(manifest_key(request.snapshot_date, request.run_id))
    return None if body is None else _answer(bucket, RunManifest.from_json(body))


def to_be_continued(request: FetchRequest, figures: JsonObject) -> JsonObject:
    """Return the answer for an invocation that ran out of time.

    The cursor is for information: the run resumes from the raw zone.
    """
    return {
        "status": CONTINUE,
        "cursor": figures,
        "run_id": request.run_id,
        "snapshot_date": request.snapshot_date,
        "manifest": None,
    }


def _answer(bucket: RawBucket, manifest: RunManifest) -> JsonObject:
    details = manifest.details
    fetched = sum(entry.status == "fetched" for entry in manifest.playlists)
    calls: dict[str, int] = details["calls"]
    return {
        "status": COMPLETE,
        "cursor": None,
        "run_id": manifest.run_id,
        "snapshot_date": manifest.snapshot_date,
        "manifest": bucket.uri(manifest_key(manifest.snapshot_date, manifest.run_id)),
        "api_mode": manifest.api_mode,
        "grant": details["grant"],
        "playlists": {
            "fetched": fetched,
            "unchanged": len(manifest.playlists) - fetched,
            "heads": details.get("heads", {"read": 0, "left_out": 0}),
            "skipped": [
                {"playlist": skip.playlist, "reason": skip.reason, "message": skip.message}
                for skip in manifest.skipped[:_MAX_LISTED]
            ],
            "skipped_total": len(manifest.skipped),
        },
        "items": sum(entry.rows for entry in manifest.playlists),
        "artists": details["artists"],
        "albums": details["albums"],
        "calls": {"total": sum(calls.values()), **calls},
        "authorization": details["authorization"],
        "drift": details["drift"],
    }
