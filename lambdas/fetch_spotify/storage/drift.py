"""Schema drift of the API: missing and new fields, counted over a run."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from fetch_spotify.spotify.shapes import payload_of

_LINKED: Final = frozenset({"external_urls", "href", "id", "name", "type", "uri"})
EXPECTED: Final = {
    "item": frozenset({"added_at", "added_by", "is_local"}),
    "track": _LINKED
    | {"album", "artists", "disc_number", "duration_ms", "explicit", "external_ids", "is_local"}
    | {"popularity", "preview_url", "track_number"},
    "episode": _LINKED
    | {"description", "duration_ms", "explicit", "images", "is_externally_hosted", "languages"}
    | {"release_date", "release_date_precision", "show"},
    "show": _LINKED | {"description", "explicit", "images", "languages", "media_type", "publisher"},
    "chapter": _LINKED
    | {"audiobook", "chapter_number", "description", "duration_ms", "explicit", "images", "languages"}
    | {"release_date", "release_date_precision"},
    "audiobook": _LINKED
    | {"authors", "description", "explicit", "images", "languages", "media_type", "narrators", "publisher"},
    "album": _LINKED
    | {"album_type", "artists", "images", "release_date", "release_date_precision", "total_tracks"},
    "full_album": _LINKED
    | {"album_type", "artists", "images", "release_date", "release_date_precision", "total_tracks"}
    | {"copyrights", "external_ids", "label", "popularity", "tracks"},
    "artist": _LINKED | {"followers", "genres", "images", "popularity"},
    "playlist": _LINKED
    | {"collaborative", "description", "images", "owner", "primary_color", "public", "snapshot_id"},
}
KNOWN: Final = {
    "item": EXPECTED["item"] | {"primary_color", "track", "item", "video_thumbnail"},
    "track": EXPECTED["track"]
    | {"available_markets", "episode", "track", "is_playable", "linked_from", "restrictions"},
    "episode": EXPECTED["episode"]
    | {"audio_preview_url", "available_markets", "episode", "html_description", "is_playable", "language"}
    | {"restrictions", "resume_point", "track"},
    "show": EXPECTED["show"]
    | {"available_markets", "copyrights", "html_description", "is_externally_hosted", "total_episodes"},
    "chapter": EXPECTED["chapter"]
    | {"audio_preview_url", "available_markets", "episode", "html_description", "is_playable"}
    | {"restrictions", "resume_point", "track"},
    "audiobook": EXPECTED["audiobook"]
    | {"available_markets", "copyrights", "edition", "html_description", "is_externally_hosted"}
    | {"total_chapters", "total_episodes"},
    "album": EXPECTED["album"] | {"available_markets", "album_group", "is_playable", "restrictions"},
    "full_album": EXPECTED["full_album"] | {"available_markets", "genres", "is_playable", "restrictions"},
    "artist": EXPECTED["artist"],
    "playlist": EXPECTED["playlist"] | {"followers", "items", "tracks"},
}
_HOLDERS: Final = {"track": "album", "episode": "show", "chapter": "audiobook"}


class Drift:
    """Counts the missing and the unknown fields of each kind of record.

    Args:
        counts: the result of `counts` in the run's earlier invocation.
    """

    def __init__(self, counts: Iterable[tuple[str, tuple[str, ...], int]] = ()) -> None:
        # A run has few different sets of keys, so they are counted first and compared once at the end.
        self._seen = Counter({(kind, keys): count for kind, keys, count in counts})
        self._lock = threading.Lock()

    def see(self, kind: str, record: Any) -> None:
        """Count one record's keys."""
        if isinstance(record, dict):
            with self._lock:
                self._seen[kind, tuple(record)] += 1

    def see_item(self, item: Any) -> None:
        """Count the keys of an item and its track or episode, except local files and unknown types."""
        payload = payload_of(item)
        if payload is None or payload.get("is_local"):
            return
        if "added_by" in item:  # a saved track has only added_at and track
            self.see("item", item)
        kind = payload.get("type") or "track"
        if holder := _HOLDERS.get(kind):
            self.see(kind, payload)
            self.see(holder, payload.get(holder))

    def counts(self) -> list[tuple[str, tuple[str, ...], int]]:
        """The kind, keys and count of each set of keys, for the run's state."""
        with self._lock:
            return [(kind, keys, count) for (kind, keys), count in self._seen.items()]

    def report(self) -> dict[str, dict[str, int]]:
        """The missing and new fields; empty for the API of 2026 as seen by an app with extended quota."""
        missing: Counter[str] = Counter()
        new: Counter[str] = Counter()
        with self._lock:
            seen = dict(self._seen)
        for (kind, keys), count in seen.items():
            missing.update({f"{kind}.{name}": count for name in EXPECTED[kind].difference(keys)})
            new.update({f"{kind}.{name}": count for name in set(keys) - KNOWN[kind]})
        return {"missing": dict(sorted(missing.items())), "new": dict(sorted(new.items()))}
