"""A day's raw zone of any size, as the fetch writes it: seeded, Zipf popularity, edge cases of the catalog.

It has only what the other engines can read: no full albums, chapters, videos or null entries.

`raw_day(items)` returns its folder (the raw bucket), made once and kept under the system's temporary folder.
"""

from __future__ import annotations

import datetime as dt
import functools
import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np

from infra.local.spotify_api import edge_cases, ids
from infra.local.spotify_api import synthetic_records as records
from infra.local.spotify_api.catalog import JsonObject
from infra.local.spotify_api.synthetic_records import Universe
from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import PlaylistEntry, RawObject, RunManifest

DAY: Final = "2026-11-20"
RUN: Final = "bench"

_VERSION: Final = 2  # version of the generated data: another number means another folder
_SEED: Final = 20_261_120
_DAY: Final = dt.date.fromisoformat(DAY)
_STARTED: Final = dt.datetime(2026, 11, 20, 5, tzinfo=dt.UTC)
_PAGE: Final = 100
_PLAYLIST: Final = 500
_UNIVERSE: Final = Universe(_SEED, artists=100_000, tracks=1_000_000)
_ZIPF: Final = 0.78  # 50 thousand items are 38 thousand tracks, 1 million 406 thousand
_SCATTER: Final = 7_919  # a track's number is independent of its rank
_ITEMS_PER_ARTIST: Final = 25
_ARTISTS_IN_OBJECT: Final = 50

Json = dict[str, Any]


def raw_day(items: int) -> Path:
    """Return the raw bucket of a day of `items` items and a playlist of edge cases, created if necessary."""
    folder = Path(tempfile.gettempdir()) / f"spotify-lake-bench-{_VERSION}" / str(items)
    if folder.exists():
        return folder
    making = folder.with_name(f"{folder.name}.{os.getpid()}")
    playlists = -(-items // _PLAYLIST)
    shares = np.array_split(np.arange(playlists), 16)
    with ProcessPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        written = pool.map(
            _write_playlists, [making] * 16, [share.tolist() for share in shares], [items] * 16
        )
        entries, listed = zip(*[pair for share in written for pair in share], strict=True)
    entry, record = _write_edge_cases(making, playlists)
    manifest = RunManifest(
        run_id=RUN,
        snapshot_date=DAY,
        started_at=_time(0),
        completed_at=_time(10 * playlists),
        api_mode="extended",
        playlists=(*entries, entry),
        playlist_records=(*listed, record),
        artist_records=tuple(_write_artists(making, items // _ITEMS_PER_ARTIST)),
    )
    _write(making / raw_zone.manifest_key(DAY, RUN), manifest.to_json().encode())
    shutil.move(making, folder)
    return folder


def _write_playlists(root: Path, numbers: list[int], items: int) -> list[tuple[PlaylistEntry, RawObject]]:
    written = []
    for number in numbers:
        length = min(_PLAYLIST, items - number * _PLAYLIST)
        draws = np.random.default_rng((_SEED, number)).random(length)
        ranks = np.searchsorted(_cumulated(), draws)
        tracks = (ranks * _SCATTER % _UNIVERSE.tracks).tolist()
        written.append(_write_playlist(root, number, [_item(each, number) for each in tracks]))
    return written


def _write_edge_cases(root: Path, number: int) -> tuple[PlaylistEntry, RawObject]:
    odd = filter(_is_known_to_yardsticks, edge_cases.edge_case_items(_UNIVERSE, _DAY, "owner"))
    return _write_playlist(root, number, [_dumps(_trimmed(each)) for each in odd])


def _is_known_to_yardsticks(item: JsonObject | None) -> bool:
    content = (item or {}).get("track") or {}
    return item is not None and content.get("type", "track") in {"track", "episode"}


def _write_playlist(root: Path, number: int, items: list[str]) -> tuple[PlaylistEntry, RawObject]:
    playlist_id = ids.encode(_SEED, "playlist", number)
    snapshot_id = ids.snapshot_id(playlist_id)
    objects = []
    for offset in range(0, len(items), _PAGE):
        at = _time(10 * number + offset // _PAGE)
        page = items[offset : offset + _PAGE]
        lines = [
            f'{{"source":"playlist_items","playlist_id":"{playlist_id}","snapshot_id":"{snapshot_id}",'
            f'"position":{position},"fetched_at":"{at}","run_id":"{RUN}","record":{record}}}'
            for position, record in enumerate(page, offset)
        ]
        following = f"{offset + _PAGE:06d}" if offset + _PAGE < len(items) else "end"
        name = f"playlist_id={playlist_id}/read=1-{number:08x}/{offset:06d}-{following}"
        objects.append(_write_object(root, raw_zone.PLAYLIST_ITEMS, name, lines))
    at = _time(10 * number)
    entry = PlaylistEntry(
        "playlist_items", playlist_id, snapshot_id, "fetched", at, len(items), tuple(objects)
    )
    return entry, _write_record(root, playlist_id, snapshot_id, number, len(items))


def _write_record(root: Path, playlist_id: str, snapshot_id: str, number: int, length: int) -> RawObject:
    owner = records.user("owner", "Owner &amp; Son")
    record = {
        "collaborative": False,
        "description": "Tea &amp; toast",
        "followers": {"href": None, "total": number},
        "images": records.images(number),
        "name": f"Benchmark {number}",
        "owner": owner,
        "public": True,
        "snapshot_id": snapshot_id,
        "tracks": {"href": "", "limit": _PAGE, "offset": 0, "total": length},
        "type": "playlist",
        **records.linked("playlist", playlist_id),
    }
    line = {
        "source": "playlists",
        "playlist_id": playlist_id,
        "snapshot_id": snapshot_id,
        "fetched_at": _time(10 * number),
        "run_id": RUN,
        "record": record,
    }
    name = f"playlist_id={playlist_id}/read=1-{number:08x}"
    return _write_object(root, raw_zone.PLAYLISTS, name, [_dumps(line)])


def _write_artists(root: Path, count: int) -> Iterator[RawObject]:
    for first in range(0, count, _ARTISTS_IN_OBJECT):
        full = [
            records.full_artist(_UNIVERSE, number, _DAY)
            for number in range(first, min(first + _ARTISTS_IN_OBJECT, count))
        ]
        envelope = {"source": "artists", "fetched_at": _time(0), "run_id": RUN}
        lines = [_dumps({**envelope, "artist_id": each["id"], "record": each}) for each in full]
        yield _write_object(root, raw_zone.ARTISTS, f"{first:06d}", lines)


def _write_object(root: Path, source: str, name: str, lines: Iterable[str]) -> RawObject:
    texts = list(lines)
    body = gzip.compress("".join(f"{text}\n" for text in texts).encode(), compresslevel=6, mtime=0)
    key = f"{raw_zone.run_prefix(source, DAY, RUN)}{name}.ndjson.gz"
    _write(root / key, body)
    return RawObject(source, key, len(texts), len(body), hashlib.sha256(body).hexdigest())


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


@functools.cache
def _cumulated() -> np.ndarray[Any, np.dtype[np.float64]]:
    weights = np.arange(1, _UNIVERSE.tracks + 1, dtype=np.float64) ** -_ZIPF
    return np.asarray(np.cumsum(weights) / weights.sum())


@functools.cache
def _track(number: int) -> tuple[str, int, str]:
    """A playlist's item as text in three parts, because the popularity differs between observations."""
    track = edge_cases.track(_UNIVERSE, number, _DAY)
    item = records.item(_trimmed(track), "2026-03-01T12:00:00Z", records.added_by("owner"))
    popularity = track["popularity"]
    head, _, tail = _dumps(item).partition(f'"popularity":{popularity}')
    return f'{head}"popularity":', int(popularity), tail


def _item(number: int, playlist: int) -> str:
    head, popularity, tail = _track(number)
    return f"{head}{(popularity + playlist) % 101}{tail}"


def _trimmed(value: Any) -> Any:
    """The record without markets, which the fetch leaves out, and without null entries."""
    if isinstance(value, dict):
        return {name: _trimmed(each) for name, each in value.items() if name != "available_markets"}
    return [_trimmed(each) for each in value if each is not None] if isinstance(value, list) else value


def _time(page: int) -> str:
    at = _STARTED + dt.timedelta(milliseconds=37 * page)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
