"""The fetch: its calls compared with the minimum, and its time compared with the limit."""

from __future__ import annotations

import datetime as dt
import math
import subprocess
import sys
import time
from typing import Final, NamedTuple

from rich.table import Table

from infra.local.spotify_api import Catalog, Scale, SpotifyApi, SpotifyApiOptions
from tests.benchmarks.fetch_world import fetch_days

_DAY: Final = dt.date(2026, 11, 20)
_HEAD: Final = 100  # items embedded in GET /playlists/{id}
_ARTISTS: Final = 50  # per call
_ALBUMS: Final = 20
_LISTED: Final = 50  # playlists per call of GET /me/playlists
_PAGE: Final = 100  # items per call of /tracks; 50 of /items


def count_calls() -> Table:
    """Tabulate the calls of three days, counted by the server, and the minimum that the API allows."""
    table = Table("day", title="Calls to Spotify, bundled catalog, extended app")
    for column in ("calls made", "fewest possible"):
        table.add_column(column, justify="right")
    with SpotifyApi(SpotifyApiOptions(day=_DAY)) as spotify:
        fewest = _fewest(spotify.catalog, _DAY)
        days = (("first", _DAY), ("same day again", _DAY), ("the next day", _DAY + dt.timedelta(days=1)))
        for (name, _), made in zip(days, fetch_days(spotify, [day for _, day in days]), strict=True):
            table.add_row(name, str(made), str(fewest) if name == "first" else "")
    return table


class _Fetch(NamedTuple):
    """One fetch: its wall seconds, its CPU seconds, its peak memory in MB, and the process's seconds."""

    wall: float
    processor: float
    peak: float
    process: float


def measure(playlists: int, items: int, latency: float, concurrency: int, times: int) -> Table:
    """Fetch a large catalog several times; tabulate the median, the physical limit, and the peak memory.

    Fetch and server are separate processes that share the cores: with two cores, the server's answers
    take somewhat longer than `latency`, and the limit does not allow for that.
    """
    options = SpotifyApiOptions(day=_DAY, scale=Scale(playlists, items), latency=latency)
    fetches, calls = [], 0
    for _ in range(times):
        with SpotifyApi(options) as spotify:
            fetches.append(_fetch(spotify.api_url, concurrency))
            calls = spotify.calls.number("**")
    median = sorted(fetches)[times // 2]
    limit = calls * latency / concurrency
    title = f"Fetch of {playlists} x {items} items, {latency * 1000:.0f} ms a call; median of {times}"
    table = Table("figure", title=title)
    table.add_column("value", justify="right")
    for name, value in (
        ("calls", f"{calls:,}"),
        ("concurrency", str(concurrency)),
        ("wall, whole process (with its start)", f"{median.process:.1f} s"),
        ("wall, the fetch", f"{median.wall:.1f} s"),
        ("processor, the fetch", f"{median.processor:.1f} s"),
        ("physical limit (calls x latency / concurrency)", f"{limit:.1f} s"),
        ("fetch / limit", f"{median.wall / limit:.2f}"),
        ("peak memory", f"{max(fetch.peak for fetch in fetches):.0f} MB"),
    ):
        table.add_row(name, value)
    return table


def _fetch(api_url: str, concurrency: int) -> _Fetch:
    command = [sys.executable, "-m", "tests.benchmarks.fetch_world", api_url, str(concurrency)]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    process = time.perf_counter() - started
    wall, processor, peak = map(float, done.stdout.splitlines()[-1].split())
    return _Fetch(wall, processor, peak, process)


def _fewest(catalog: Catalog, day: dt.date) -> int:
    """Me, the listing, one head per playlist, the pages after the heads, artists and albums in batches."""
    ids = catalog.my_playlists(day)
    calls = 1 + math.ceil(len(ids) / _LISTED)
    artists: set[str] = set()
    albums: set[str] = set()
    for playlist_id in dict.fromkeys(filter(None, ids)):
        playlist = catalog.playlist(playlist_id, day)
        if playlist is None:
            continue
        calls += 1 + math.ceil(max(0, playlist.total - _HEAD) / _PAGE)
        for item in catalog.playlist_items(playlist_id, day, 0, playlist.total):
            track = (item or {}).get("track") or {}
            album = track.get("album") or {}
            credited = [*track.get("artists", []), *album.get("artists", [])]
            artists |= {artist["id"] for artist in credited if artist and artist.get("id")}
            albums |= {album["id"]} if album.get("id") else set()
    return calls + math.ceil(len(artists) / _ARTISTS) + math.ceil(len(albums) / _ALBUMS)
