"""A plain Python count of what the local Spotify serves on a day, to compare the lake with."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from typing import Any

from infra.local.spotify_api import Catalog


@dataclasses.dataclass(frozen=True)
class Count:
    """The expected ids and counts of a day."""

    items: int
    item_types: Counter[str]
    tracks: set[str]
    albums: set[str]
    artists: set[str]
    uris: dict[str, set[str]]


def count(catalog: Catalog, day: dt.date) -> Count:
    """Count the contents of the account's playlists on a day."""
    types: Counter[str] = Counter()
    tracks: set[str] = set()
    albums: set[str] = set()
    artists: set[str] = set()
    uris: dict[str, set[str]] = {}
    for playlist_id in dict.fromkeys(filter(None, catalog.my_playlists(day))):
        playlist = catalog.playlist(playlist_id, day)
        if playlist is None:
            continue
        uris[playlist_id] = set()
        for item in catalog.playlist_items(playlist_id, day, 0, playlist.total):
            slot = item or {}
            played = slot.get("track") or slot.get("item")
            kind = _kind(slot, played)
            types[kind] += 1
            if played and played.get("uri"):
                uris[playlist_id].add(played["uri"])
            if played and kind == "track":
                tracks.add(played["id"])
                artists |= {artist["id"] for artist in played["artists"] if artist and artist.get("id")}
                album = played.get("album") or {}
                if album.get("id"):
                    albums.add(album["id"])
                    artists |= {artist["id"] for artist in album.get("artists", []) if artist.get("id")}
    return Count(sum(types.values()), types, tracks, albums, artists, uris)


def _kind(item: dict[str, Any], played: dict[str, Any] | None) -> str:
    if not played:
        return "unavailable"
    if item.get("is_local") or played.get("is_local"):
        return "local"
    kind = str(played.get("type"))
    return kind if kind in {"track", "episode", "chapter"} else "other"
