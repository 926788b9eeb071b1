"""The job's work in pandas, as tutorials do it; arguments: raw bucket, curated bucket.

Records are read with `json` and flattened into dicts per table. pandas sorts, drops duplicates and writes.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_plus

import pandas as pd
import pyarrow as pa

from spotify_lake.contract import tables
from tests.benchmarks.job_world import DAY

Json = dict[str, Any]

_ARROW: Final = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "array<string>": pa.list_(pa.string()),
}


def main(raw: Path, curated: Path) -> None:
    """Read, flatten, keep the latest observation of each key, write."""
    lines: dict[str, list[Json]] = {name: [] for name in ("playlist_items", "tracks", "albums", "episodes")}
    for line in _lines(raw, "playlist_items"):
        _flatten(line, lines)
    newest = ["fetched_at", "playlist_id", "position"]
    frames = {name: pd.DataFrame(rows) for name, rows in lines.items()}
    for name in ("tracks", "albums", "episodes"):
        key = tables.table(name).key[0]
        ordered = frames[name].sort_values(newest, ascending=[False, True, True])
        frames[name] = ordered.drop_duplicates(key)
    frames["playlists"] = pd.DataFrame(map(_playlist, _lines(raw, "playlists")))
    tracks = _credits(frames["tracks"], "track_id")
    albums = _credits(frames["albums"], "album_id")
    frames["track_artists"], frames["album_artists"] = tracks, albums
    full = pd.DataFrame(map(_artist, _lines(raw, "artists"))).drop_duplicates("artist_id")
    sightings = pd.concat(
        [
            albums.assign(kind="album").rename(columns={"album_id": "owner_id"}),
            tracks.assign(kind="track").rename(columns={"track_id": "owner_id"}),
        ]
    ).sort_values(["fetched_at", "kind", "owner_id", "artist_position"], ascending=[False, True, True, True])
    credited = sightings.drop_duplicates("artist_id").assign(is_full=False)
    known = full[full["artist_id"].isin(credited["artist_id"])]
    only_credited = credited[~credited["artist_id"].isin(known["artist_id"])]
    frames["artists"] = pd.concat([known, only_credited])
    for name, frame in frames.items():
        _write(frame, name, curated)


def _lines(raw: Path, source: str) -> Iterator[Json]:
    for path in sorted(raw.glob(f"spotify/{source}/**/*.ndjson.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def _flatten(line: Json, lines: dict[str, list[Json]]) -> None:
    record = line["record"]
    item = record["track"]
    place = {name: line[name] for name in ("playlist_id", "snapshot_id", "position", "fetched_at")}
    content = item or {}
    uri = content.get("uri") or None
    is_local = bool(record["is_local"])
    is_episode = content.get("type") == "episode"
    identifier = _id(content, "episode" if is_episode else "track")
    kind = "local" if is_local else "unavailable" if not identifier else "episode" if is_episode else "track"
    parts = [unquote_plus(part) for part in (uri or "").split(":")] if is_local else [""] * 6
    artist = ((content.get("artists") or [{}])[0]).get("name")
    album = content.get("album") or {}
    added_at = record["added_at"]
    lines["playlist_items"].append(
        {
            **place,
            "item_type": kind,
            "track_id": identifier if kind == "track" else None,
            "episode_id": identifier if kind == "episode" else None,
            "item_uri": uri,
            "item_name": content.get("name") or parts[4] or None,
            "local_artist_name": (artist or parts[2] or None) if is_local else None,
            "local_album_name": (album.get("name") or parts[3] or None) if is_local else None,
            "added_at": None if added_at == "1970-01-01T00:00:00Z" else added_at,
            "added_by_id": (record["added_by"] or {}).get("id") or None,
            "is_local": is_local,
            "duration_ms": content.get("duration_ms") or None,
        }
    )
    if kind == "track":
        lines["tracks"].append({**place, **_track(content, identifier, uri)})
        if album_id := _id(album, "album"):
            lines["albums"].append({**place, **_album(album, album_id)})
    elif kind == "episode":
        lines["episodes"].append({**place, **_episode(content, identifier, uri)})


def _track(track: Json, track_id: str | None, uri: str | None) -> Json:
    return {
        "track_id": track_id,
        "name": track["name"] or None,
        "album_id": _id(track["album"], "album"),
        "duration_ms": track["duration_ms"] or None,
        "explicit": track["explicit"],
        "isrc": re.sub("[^0-9A-Za-z]", "", track["external_ids"].get("isrc", "")).upper() or None,
        "popularity": track["popularity"],
        "disc_number": track["disc_number"],
        "track_number": track["track_number"],
        "is_playable": track.get("is_playable"),
        "restriction_reason": track.get("restrictions", {}).get("reason"),
        "linked_from_id": _id(track.get("linked_from") or {}, "track"),
        "preview_url": track["preview_url"],
        "uri": uri,
        "artists": track["artists"],
    }


def _album(album: Json, album_id: str) -> Json:
    return {
        "album_id": album_id,
        "name": album["name"] or None,
        "album_type": (album.get("album_type") or "").lower() or None,
        **_released(album),
        "total_tracks": album.get("total_tracks"),
        "upc": None,
        "label": None,
        "popularity": None,
        "image_url": _image(album),
        "uri": album["uri"],
        "full_record_observed_at": None,
        "artists": album["artists"],
    }


def _episode(episode: Json, episode_id: str | None, uri: str | None) -> Json:
    return {
        "episode_id": episode_id,
        "name": episode["name"],
        "show_id": episode["show"]["id"],
        "show_name": episode["show"]["name"],
        "publisher": episode["show"]["publisher"],
        **_released(episode),
        "duration_ms": episode["duration_ms"] or None,
        "explicit": episode["explicit"],
        "uri": uri,
    }


def _playlist(line: Json) -> Json:
    record = line["record"]
    return {
        "playlist_id": line["playlist_id"],
        "name": record["name"],
        "description": record["description"].replace("&amp;", "&"),
        "owner_id": record["owner"]["id"],
        "owner_name": record["owner"]["display_name"],
        "is_public": record["public"],
        "is_collaborative": record["collaborative"],
        "snapshot_id": record["snapshot_id"],
        "item_count": record["tracks"]["total"],
        "followers": record["followers"]["total"],
        "uri": record["uri"],
        "url": record["external_urls"]["spotify"],
        "image_url": _image(record),
        "fetched_at": line["fetched_at"],
        "followers_observed_at": line["fetched_at"],
    }


def _artist(line: Json) -> Json:
    record = line["record"]
    return {
        "artist_id": line["artist_id"],
        "name": record["name"],
        "genres": record["genres"],
        "followers": record["followers"]["total"],
        "popularity": record["popularity"],
        "image_url": _image(record),
        "uri": record["uri"],
        "is_full": True,
        "fetched_at": line["fetched_at"],
    }


def _credits(winners: pd.DataFrame, owner: str) -> pd.DataFrame:
    rows = [
        {
            owner: identifier,
            "artist_id": _id(artist, "artist"),
            "artist_position": position,
            "name": artist["name"] or None,
            "uri": artist["uri"],
            "fetched_at": fetched_at,
        }
        for identifier, fetched_at, artists in zip(
            winners[owner], winners["fetched_at"], winners["artists"], strict=True
        )
        for position, artist in enumerate(artists)
    ]
    return pd.DataFrame(rows).dropna(subset="artist_id").drop_duplicates([owner, "artist_id"])


def _id(thing: Json, kind: str) -> str | None:
    if thing.get("id"):
        return str(thing["id"])
    found = re.match(rf"spotify:{kind}:([0-9A-Za-z]+)$", thing.get("uri") or "")
    return found[1] if found else None


def _released(thing: Json) -> Json:
    text = thing.get("release_date") or "0000"
    if text.startswith("0000"):
        return {"release_date": None, "release_date_precision": None}
    precision = {4: "year", 7: "month"}.get(len(text), thing.get("release_date_precision") or "day")
    return {"release_date": (text + "-01-01")[:10], "release_date_precision": precision}


def _image(thing: Json) -> str | None:
    return thing["images"][0]["url"] if thing.get("images") else None


def _write(frame: pd.DataFrame, name: str, curated: Path) -> None:
    folder = curated / name / f"snapshot_date={DAY}"
    folder.mkdir(parents=True)
    table = tables.table(name)
    made = {}
    for column in table.columns:
        values = frame[column.name] if column.name in frame else pd.Series([None] * len(frame))
        if column.type == "timestamp":
            values = pd.to_datetime(values, utc=True, format="ISO8601")
        elif column.type == "date":
            values = pd.to_datetime(values)
        elif column.type in {"int", "bigint"}:
            values = values.astype("Float64").astype("Int64")
        elif column.type == "boolean":
            values = values.astype("boolean")
        made[column.name] = values.reset_index(drop=True)
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in table.columns])
    pd.DataFrame(made).to_parquet(folder / "part.parquet", schema=schema, index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
