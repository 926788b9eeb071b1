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
        # A run sees few different sets of keys: they are counted as they come and compared once, at the end.
        self._seen: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._lock = threading.Lock()

    def see(self, kind: str, record: Any) -> None:
        """Note one record's keys."""
        if isinstance(record, dict):
            with self._lock:
                self._seen[kind, tuple(record)] += 1

    def see_item(self, item: Any) -> None:
        """Note the keys of a playlist item, its track and its album; local files have their own ways."""
        track = payload_of(item)
        if track is None or track.get("type") == "episode" or track.get("is_local"):
            return
        if "added_by" in item:  # a saved track has only added_at and track
            self.see("item", item)
        self.see("track", track)
        self.see("album", track.get("album"))

    def report(self) -> dict[str, dict[str, int]]:
        """The counts; both empty when the API is as it was known in 2026 to an app with extended quota."""
        missing: Counter[str] = Counter()
        new: Counter[str] = Counter()
        with self._lock:
            seen = dict(self._seen)
        for (kind, keys), count in seen.items():
            missing.update({f"{kind}.{name}": count for name in EXPECTED[kind].difference(keys)})
            new.update({f"{kind}.{name}": count for name in set(keys) - KNOWN[kind]})
        return {"missing": dict(sorted(missing.items())), "new": dict(sorted(new.items()))}
