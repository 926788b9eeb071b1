"""The tables of a day from a short description of its playlists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from tests.spark.marts.curated_lake import Row

Contents = Mapping[str, Sequence[str | None] | None]
"""The items of each playlist: a track `t...`, an episode `e...`, a local file `l...`, None for an empty slot.

None instead of a list is a playlist whose contents cannot be read."""

KINDS = {"t": "track", "e": "episode", "l": "local"}


def at(day: str) -> dt.datetime:
    """Five o'clock on a day, when a run of that day reads."""
    return dt.datetime.fromisoformat(f"{day}T05:00:00+00:00")


def day_tables(day: str, contents: Contents, **more: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the tables of a day. Every track is by an artist of its own, on an album of its own.

    Args:
        day: the day.
        contents: the playlists.
        more: rows of tables that replace those made here.
    """
    tracks = sorted({item for items in contents.values() for item in items or () if item and item[0] == "t"})
    made: dict[str, list[Row]] = {
        "playlists": [
            {
                "playlist_id": playlist,
                "name": playlist.upper(),
                "item_count": None if items is None else len(items),
                "fetched_at": at(day),
            }
            for playlist, items in contents.items()
        ],
        "playlist_items": [
            placement(playlist, position, item)
            for playlist, items in contents.items()
            for position, item in enumerate(items or ())
        ],
        "tracks": [{"track_id": each, "name": each.upper(), "fetched_at": at(day)} for each in tracks],
        "track_artists": [
            {"track_id": each, "artist_id": f"ar-{each}", "artist_position": 0} for each in tracks
        ],
        "artists": [
            {"artist_id": f"ar-{each}", "name": f"By {each}", "is_full": False, "fetched_at": at(day)}
            for each in tracks
        ],
    }
    return {**made, **{name: list(rows) for name, rows in more.items()}}


def placement(playlist: str, position: int, item: str | None, **more: Any) -> Row:
    """Return a row of playlist_items."""
    kind = KINDS[item[0]] if item else "unavailable"
    return {
        "playlist_id": playlist,
        "position": position,
        "item_type": kind,
        "track_id": item if kind == "track" else None,
        "episode_id": item if kind == "episode" else None,
        "item_uri": item and f"spotify:{kind}:{item}",
        "item_name": item and item.upper(),
        "is_local": kind == "local",
        **more,
    }
