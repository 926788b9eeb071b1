"""Fields that vanished from the API or are new in it, counted over a run and reported once."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any, Final

from fetch_spotify.api_shapes import payload_of

_LINKED: Final = frozenset({"external_urls", "href", "id", "name", "type", "uri"})
EXPECTED: Final = {
    "item": frozenset({"added_at", "added_by", "is_local"}),
    "track": _LINKED
    | {"album", "artists", "disc_number", "duration_ms", "explicit", "external_ids", "is_local"}
    | {"popularity", "preview_url", "track_number"},
    "album": _LINKED
    | {"album_type", "artists", "images", "release_date", "release_date_precision", "total_tracks"},
    "artist": _LINKED | {"followers", "genres", "images", "popularity"},
    "playlist": _LINKED
    | {"collaborative", "description", "images", "owner", "primary_color", "public", "snapshot_id"},
}
KNOWN: Final = {
    "item": EXPECTED["item"] | {"primary_color", "track", "item", "video_thumbnail"},
    "track": EXPECTED["track"]
    | {"available_markets", "episode", "track", "is_playable", "linked_from", "restrictions"},
    "album": EXPECTED["album"] | {"available_markets", "album_group", "is_playable", "restrictions"},
    "artist": EXPECTED["artist"],
    "playlist": EXPECTED["playlist"] | {"followers", "items", "tracks"},
}


class Drift:
    """Counts, for each kind of record, the expected fields that are missing and the ones never heard of."""

    def __init__(self) -> None:
        self._missing: Counter[str] = Counter()
        self._new: Counter[str] = Counter()
        self._lock = threading.Lock()

    def see(self, kind: str, record: Any) -> None:
        """Compare one record's keys."""
        if not isinstance(record, dict):
            return
        keys = record.keys()
        missing, new = EXPECTED[kind] - keys, keys - KNOWN[kind]
        if missing or new:
            with self._lock:
                self._missing.update(f"{kind}.{name}" for name in missing)
                self._new.update(f"{kind}.{name}" for name in new)

    def see_item(self, item: Any) -> None:
        """Compare the keys of a playlist item, its track and its album; local files have their own ways."""
        track = payload_of(item)
        if track is None or track.get("type") == "episode" or track.get("is_local"):
            return
        if "added_by" in item:  # a saved track has only added_at and track
            self.see("item", item)
        self.see("track", track)
        self.see("album", track.get("album"))

    def report(self) -> dict[str, dict[str, int]]:
        """The counts; both empty when the API is as it was known in 2026 to an app with extended quota."""
        with self._lock:
            return {"missing": dict(sorted(self._missing.items())), "new": dict(sorted(self._new.items()))}
