"""The registry of entities. A new table has a module in this folder and a line here: see docs/develop.md."""

from __future__ import annotations

from typing import Final

from spotify_lake.transforms import albums, artists, episodes, playlist_items, playlists, tracks

ENTITIES: Final = (
    playlists.ENTITY,
    playlist_items.ENTITY,
    tracks.ENTITY,
    albums.ENTITY,
    episodes.ENTITY,
)
FULL_RECORDS: Final = (artists.FULL_RECORDS, albums.FULL_RECORDS)
