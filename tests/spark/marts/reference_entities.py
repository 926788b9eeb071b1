"""The marts of tracks and artists in plain Python, day by day over the rows of the tables."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tests.spark.marts.curated_lake import Row, Tables

CHANGE_DAYS = (1, 7, 28)
Rows = dict[str, Row]


@dataclasses.dataclass
class Entities:
    """The rows of track_daily and artist_daily by day and entity."""

    tracks: dict[str, Rows] = dataclasses.field(default_factory=dict)
    artists: dict[str, Rows] = dataclasses.field(default_factory=dict)

    def add(self, day: str, tables: Tables) -> dict[str, Rows]:
        """Add a day and return the rows of its marts by entity."""
        self.tracks[day] = track_rows(day, tables, self.tracks)
        self.artists[day] = artist_rows(day, tables, self.artists)
        return {"track_daily": self.tracks[day], "artist_daily": self.artists[day]}


def track_rows(day: str, tables: Tables, earlier: Mapping[str, Rows]) -> Rows:
    names = {row["artist_id"]: row["name"] for row in tables["artists"]}
    main = {
        row["track_id"]: row["artist_id"] for row in tables["track_artists"] if not row["artist_position"]
    }
    placed = [(row["track_id"], row) for row in tables["playlist_items"] if row["track_id"]]
    rows = standings(placed, tables)
    for row in tables["tracks"]:
        track = row["track_id"]
        read_at = None if row["popularity"] is None else row["fetched_at"]
        rows[track] |= {
            "track_id": track,
            "name": row["name"],
            "artist_id": main[track],
            "artist_name": names[main[track]],
            "popularity": row["popularity"],
            "popularity_observed_at": read_at,
            "is_popularity_observed": is_new(day, track, read_at, earlier, "popularity_observed_at"),
        }
        for name in ("playlists", "appearances", "best_position", "reach", "popularity"):
            observed = "popularity_observed_at" if name == "popularity" else None
            add_changes(
                rows[track], name, [rows_of(earlier, day, n).get(track) for n in CHANGE_DAYS], observed
            )
    return rows


def artist_rows(day: str, tables: Tables, earlier: Mapping[str, Rows]) -> Rows:
    by_track = defaultdict(list)
    for row in tables["track_artists"]:
        by_track[row["track_id"]].append(row["artist_id"])
    placed = [(artist, row) for row in tables["playlist_items"] for artist in by_track[row["track_id"]]]
    rows = standings(placed, tables)
    for artist, row in ((row["artist_id"], row) for row in tables["artists"]):
        read_at = row["fetched_at"] if row["is_full"] else None
        rows[artist] |= {
            "artist_id": artist,
            "name": row["name"],
            "tracks": len({item["track_id"] for each, item in placed if each == artist}),
            "followers": row["followers"],
            "popularity": row["popularity"],
            "observed_at": read_at,
            "is_observed": is_new(day, artist, read_at, earlier, "observed_at"),
        }
        for name in (
            "tracks",
            "playlists",
            "appearances",
            "best_position",
            "reach",
            "followers",
            "popularity",
        ):
            observed = "observed_at" if name in ("followers", "popularity") else None
            add_changes(
                rows[artist], name, [rows_of(earlier, day, n).get(artist) for n in CHANGE_DAYS], observed
            )
    return rows


def standings(placed: Iterable[tuple[str, Row]], tables: Tables) -> Rows:
    """The entities of placements: where they are, reach and ranks."""
    followers = {row["playlist_id"]: row["followers"] for row in tables["playlists"]}
    positions: dict[str, list[int]] = defaultdict(list)
    playlists: dict[str, set[str]] = defaultdict(set)
    for entity, item in placed:
        positions[entity].append(item["position"])
        playlists[entity].add(item["playlist_id"])
    rows: Rows = {}
    for entity, listed in playlists.items():
        known = [followers[each] for each in listed if followers[each] is not None]
        rows[entity] = {
            "playlists": len(listed),
            "appearances": len(positions[entity]),
            "best_position": min(positions[entity]),
            "reach": sum(known) if known else None,
            "playlists_without_followers": len(listed) - len(known),
        }
    for row in rows.values():
        for name in ("reach", "playlists"):
            row[f"rank_by_{name}"] = rank(row[name], [each[name] for each in rows.values()])
    return rows


def rank(value: int | None, values: Iterable[int | None]) -> int | None:
    if value is None:
        return None
    return 1 + sum(1 for each in values if each is not None and each > value)


def rows_of(earlier: Mapping[str, Rows], day: str, days: int) -> Rows:
    return earlier.get((dt.date.fromisoformat(day) - dt.timedelta(days)).isoformat(), {})


def is_new(
    day: str, entity: str, read_at: dt.datetime | None, earlier: Mapping[str, Rows], observed_at: str
) -> bool:
    """Whether a value was read for the day: since the day before, and not at the time of the previous row."""
    previous = earlier[max(earlier)].get(entity, {}) if earlier else {}
    since = dt.date.fromisoformat(day) - dt.timedelta(1)
    return read_at is not None and read_at.date() >= since and read_at != previous.get(observed_at)


def add_changes(row: Row, name: str, before: Iterable[Row | None], observed_at: str | None) -> None:
    for days, then in zip(CHANGE_DAYS, before, strict=True):
        row[f"{name}_change_{days}d"] = change(row, then or {}, name, observed_at)


def change(row: Row, then: Row, name: str, observed_at: str | None) -> Any:
    if row[name] is None or then.get(name) is None:
        return None
    was_read_again = observed_at is None or row[observed_at] != then[observed_at]
    same_playlists_are_known = (
        name != "reach" or row["playlists_without_followers"] == then["playlists_without_followers"]
    )
    return row[name] - then[name] if was_read_again and same_playlists_are_known else None
