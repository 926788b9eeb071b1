"""A playlist that a development app has read is read again when the app sees more, and only then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from infra.local.spotify_api import SpotifyApi, SpotifyApiOptions
from infra.local.spotify_api.options import Mode
from tests.integration.fetch_support import DAY, NOTHING_YET, SUNDAY_FERRY, SmallLibrary, World, quick_world


def playing(mode: Mode) -> Iterator[SpotifyApi]:
    options = SpotifyApiOptions(mode=mode, day=dt.date.fromisoformat(DAY))
    with SpotifyApi(options, catalog=SmallLibrary(SUNDAY_FERRY, NOTHING_YET)) as server:
        yield server


@pytest.fixture(scope="module")
def development() -> Iterator[SpotifyApi]:
    yield from playing("development")


@pytest.fixture(scope="module")
def extended() -> Iterator[SpotifyApi]:
    yield from playing("extended")


@pytest.fixture(params=["named", "account"])
def playlists(request: pytest.FixtureRequest) -> list[str]:
    return [SUNDAY_FERRY] if request.param == "named" else []


def status(fetch: World, run_id: str) -> str:
    return next(
        entry.status for entry in fetch.manifest(run_id).playlists if entry.playlist_id == SUNDAY_FERRY
    )


def has_popularity(fetch: World, run_id: str) -> bool:
    entries = fetch.manifest(run_id).playlists
    lines = [line for entry in entries for obj in entry.objects for line in fetch.lines(obj.key)]
    return any("popularity" in (line["record"].get("track") or {}) for line in lines)


@pytest.mark.parametrize("index_is_lost", [False, True])
def test_contents_without_popularity_are_read_again_by_an_app_that_sees_it(
    development: SpotifyApi, extended: SpotifyApi, playlists: list[str], *, index_is_lost: bool
) -> None:
    fetch = quick_world(development)
    fetch.run("run-1", playlists=playlists)
    assert not has_popularity(fetch, "run-1")
    fetch.run("run-2", playlists=playlists)
    assert status(fetch, "run-2") == "unchanged"
    if index_is_lost:
        for key in [key for key in fetch.s3.bodies if "/index/" in key]:
            del fetch.s3.bodies[key]
    fetch.spotify = extended
    fetch.run("run-3", playlists=playlists)
    assert status(fetch, "run-3") == "fetched"
    assert has_popularity(fetch, "run-3")
    fetch.run("run-4", playlists=playlists)
    assert status(fetch, "run-4") == "unchanged"
    assert has_popularity(fetch, "run-4")


def test_contents_with_popularity_are_not_read_again_by_an_app_that_does_not_see_it(
    development: SpotifyApi, extended: SpotifyApi, playlists: list[str]
) -> None:
    fetch = quick_world(extended)
    fetch.run("run-1", playlists=playlists)
    fetch.spotify = development
    fetch.run("run-2", playlists=playlists)
    assert status(fetch, "run-2") == "unchanged"
    assert has_popularity(fetch, "run-2")
