"""Real recorded answers through the whole job, compared with a count in plain Python.

The recorded files are not part of the project; the tests are skipped if they are missing.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from spotify_lake.config import JobConfig
from spotify_lake.job import run
from tests.spark.lake import rows_as_dicts
from tests.spark.raw_rows import DAY, Json, item, playlist, write_run

pytestmark = pytest.mark.spark

PLAYLISTS = (
    "playlist_top50_global_2024-04-22",
    "playlist_top50_global_2024-05-15",
    "playlist_both_names_2026-02-25",
    "playlist_with_episode",
    "playlist_with_local_file",
)


def recorded(folder: Path, name: str) -> Any:
    return json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))


def items_of(body: Json) -> list[Json]:
    page = body.get("items") or body["tracks"]
    return list(page["items"])


def content_of(entry: Json) -> Json:
    return entry.get("item") or entry.get("track") or {}


def test_recorded_playlists_give_as_many_rows_as_a_plain_count(
    recorded_folder: Path, spark: SparkSession, tmp_path: Path
) -> None:
    # Two days of one chart get separate ids, because a day has a playlist only once.
    captures = [recorded(recorded_folder, name) for name in PLAYLISTS]
    bodies = {f"{number}{body['id']}": body for number, body in enumerate(captures)}
    saved = recorded(recorded_folder, "saved_tracks")["items"]
    lines: list[Json] = []
    for playlist_id, body in bodies.items():
        page = {name: {"total": body[name]["total"]} for name in ("items", "tracks") if name in body}
        lines.append(playlist(playlist_id, **{**body, "id": playlist_id, **page}))
        for position, entry in enumerate(items_of(body)):
            lines.append({**item(None, playlist_id=playlist_id, position=position), "record": entry})
    for position, entry in enumerate(saved):
        place = item(None, source="saved_tracks", playlist_id="saved_tracks", position=position)
        lines.append({**place, "record": entry})
    write_run(tmp_path / "raw", lines)
    config = JobConfig(f"{(tmp_path / 'raw').as_uri()}/", f"{(tmp_path / 'curated').as_uri()}/", "job", DAY)
    report = run(spark, config, lambda: dt.datetime(2026, 11, 22, tzinfo=dt.UTC)).as_dict()

    entries = [entry for body in bodies.values() for entry in items_of(body)] + saved
    contents = [content_of(entry) for entry in entries]
    real = [content for content in contents if content.get("id")]
    tracks = {content["id"]: content for content in real if content["type"] == "track"}
    albums = {content["album"]["id"]: content["album"] for content in tracks.values()}
    assert len(tracks) > 100
    credits_ = {(content["id"], artist["id"]) for content in tracks.values() for artist in content["artists"]}
    album_credits = {(album["id"], artist["id"]) for album in albums.values() for artist in album["artists"]}
    rows_of = {name: each["rows"] for name, each in report["tables"].items()}
    assert rows_of.pop("quality_results") > 0
    assert rows_of == {
        "playlists": len(bodies),
        "playlist_items": len(entries),
        "tracks": len(tracks),
        "albums": len(albums),
        "artists": len({artist for _, artist in credits_ | album_credits}),
        "track_artists": len(credits_),
        "album_artists": len(album_credits),
        "episodes": len({content["id"] for content in real if content["type"] == "episode"}),
        "rejected_records": 0,
    }
    folder = tmp_path / "curated" / "playlist_items" / f"snapshot_date={DAY}"
    rows = rows_as_dicts(spark.read.parquet(str(folder)))
    assert sum(row["item_type"] == "local" for row in rows) == sum(
        content.get("uri", "").startswith("spotify:local:") for content in contents
    )
    assert sum(row["duration_ms"] or 0 for row in rows) == sum(
        content.get("duration_ms", 0) for content in contents
    )
