"""The marts of genres, release years and recordings in plain Python, from the rows of the tables of a day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from spotify_lake.contract.marts.collections import NO_GENRE
from tests.spark.marts.curated_lake import Row, Tables
from tests.spark.marts.reference_entities import CHANGE_DAYS, change, rows_of

Placement = tuple[str, int]


def collections_of(day: str, tables: Tables, genres: Mapping[str, dict[str, Row]]) -> dict[str, list[Row]]:
    """The rows of the marts of a day.

    Args:
        day: the day.
        tables: its tables.
        genres: the rows of genre_daily of earlier days, by genre.
    """
    return {
        "genre_daily": list(genre_rows(day, tables, genres).values()),
        "release_profile_daily": release_rows(tables),
        "recordings": recording_rows(tables),
        "duplicates": duplicate_rows(tables),
    }


def placed_tracks(tables: Tables) -> list[Row]:
    return [row for row in tables["playlist_items"] if row["track_id"]]


def by_id(tables: Tables, name: str) -> dict[str, Row]:
    return {row[f"{name[:-1]}_id"]: row for row in tables[name]}


def main_artist(tables: Tables, track: str) -> str:
    (artist,) = (
        row["artist_id"]
        for row in tables["track_artists"]
        if row["track_id"] == track and row["artist_position"] == 0
    )
    return str(by_id(tables, "artists")[artist]["name"])


def genre_rows(day: str, tables: Tables, earlier: Mapping[str, dict[str, Row]]) -> dict[str, Row]:
    artists = by_id(tables, "artists")
    credits_ = [
        (item["playlist_id"], item["position"], item["track_id"], row["artist_id"])
        for item in placed_tracks(tables)
        for row in tables["track_artists"]
        if row["track_id"] == item["track_id"]
    ]
    found: dict[str, list[tuple[str, int, str, str]]] = defaultdict(list)
    for each in credits_:
        for genre in artists[each[3]]["genres"] or [NO_GENRE]:
            found[genre].append(each)
    rows = {}
    for genre, of_genre in found.items():
        row: Row = {"genre": genre, "appearances": len(of_genre)}
        for name, part in (("placement", slice(0, 2)), ("track", slice(2, 3)), ("artist", slice(3, 4))):
            row[f"{name}s"] = len({each[part] for each in of_genre})
            row[f"{name}_share"] = row[f"{name}s"] / len({each[part] for each in credits_})
        for name in ("placements", "placement_share"):
            for days in CHANGE_DAYS:
                then = rows_of(earlier, day, days).get(genre, {})
                row[f"{name}_change_{days}d"] = change(row, then, name, None)
        rows[genre] = row
    return rows


def release_rows(tables: Tables) -> list[Row]:
    tracks, albums = by_id(tables, "tracks"), by_id(tables, "albums")
    found: dict[int, list[Row]] = defaultdict(list)
    for item in placed_tracks(tables):
        album = albums.get(tracks[item["track_id"]]["album_id"])
        released = album and album["release_date"]
        found[released.year if released else 0].append(item)
    return [
        {
            "release_year": year,
            "decade": year // 10 * 10 or None,
            "placements": len(items),
            "tracks": len({item["track_id"] for item in items}),
            "playlists": len({item["playlist_id"] for item in items}),
        }
        for year, items in found.items()
    ]


def recording_rows(tables: Tables) -> list[Row]:
    tracks, albums = by_id(tables, "tracks"), by_id(tables, "albums")
    playlists: dict[str, set[str]] = defaultdict(set)
    versions: dict[str, set[str]] = defaultdict(set)
    for item in placed_tracks(tables):
        playlists[item["track_id"]].add(item["playlist_id"])
        if tracks[item["track_id"]]["isrc"]:
            versions[tracks[item["track_id"]]["isrc"]].add(item["track_id"])

    def first(track: str) -> Any:
        album = albums.get(tracks[track]["album_id"]) or {"release_date": None}
        return -len(playlists[track]), album["release_date"] or dt.date.max, track

    rows = []
    for isrc, ids in versions.items():
        in_order = sorted(ids, key=first)
        rows.append(
            {
                "isrc": isrc,
                "canonical_track_id": in_order[0],
                "name": tracks[in_order[0]]["name"],
                "artist_name": main_artist(tables, in_order[0]),
                "tracks": len(ids),
                "track_ids": in_order,
                "album_ids": list(
                    dict.fromkeys(tracks[each]["album_id"] for each in in_order if tracks[each]["album_id"])
                ),
                "playlists": len(set().union(*(playlists[each] for each in ids))),
                "placements": sum(item["track_id"] in ids for item in placed_tracks(tables)),
            }
        )
    return rows


def duplicate_rows(tables: Tables) -> list[Row]:
    tracks, playlists = by_id(tables, "tracks"), by_id(tables, "playlists")
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for item in sorted(placed_tracks(tables), key=lambda item: int(item["position"])):
        recording = tracks[item["track_id"]]["isrc"] or item["track_id"]
        found[item["playlist_id"], recording].append(item)
    return [
        {
            "playlist_id": playlist,
            "playlist_name": playlists[playlist]["name"],
            "recording_id": recording,
            "isrc": tracks[items[0]["track_id"]]["isrc"],
            "track_name": tracks[items[0]["track_id"]]["name"],
            "artist_name": main_artist(tables, items[0]["track_id"]),
            "copies": len(items),
            "positions": [item["position"] for item in items],
            "track_ids": [item["track_id"] for item in items],
        }
        for (playlist, recording), items in found.items()
        if len(items) > 1
    ]
