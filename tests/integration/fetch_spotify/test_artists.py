"""Full artist records: refused and wrong batches, refused artists, and how long a record is used."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from fetch_spotify.storage.record_index import index_key
from infra.local.spotify_api import Fault, FaultPlan, RecordedCatalog, SpotifyApi, SpotifyApiOptions
from tests.integration.fetch_support import (
    DAY,
    KITCHEN_RADIO,
    NOTHING_YET,
    ODDS_AND_ENDS,
    SUNDAY_FERRY,
    World,
    days_later,
    quick_world,
)
from tests.recordings import CHART, items, page, playlist, track, write

INDEX_KEY = index_key("artists")
NAMED = [KITCHEN_RADIO, ODDS_AND_ENDS, SUNDAY_FERRY]
TODAY = dt.date.fromisoformat(DAY)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[SpotifyApi, SpotifyApi]]:
    """An app that may read batches, and one that may not."""
    with (
        SpotifyApi(SpotifyApiOptions(day=TODAY)) as extended,
        SpotifyApi(SpotifyApiOptions(day=TODAY, mode="development")) as development,
    ):
        yield extended, development


@pytest.fixture
def spotify(servers: tuple[SpotifyApi, SpotifyApi]) -> SpotifyApi:
    servers[0].use_faults(FaultPlan())
    return servers[0]


@pytest.fixture
def development(servers: tuple[SpotifyApi, SpotifyApi]) -> SpotifyApi:
    servers[1].use_faults(FaultPlan())
    return servers[1]


def refuse(spotify: SpotifyApi, path: str, status: int, *, nth: int = 1, times: int | None = None) -> None:
    spotify.calls.clear()
    spotify.use_faults(FaultPlan((Fault("status", path, nth=nth, times=times, status=status),)))


def calls(spotify: SpotifyApi) -> tuple[int, int]:
    """Batch reads and single reads."""
    return spotify.calls.number("artists"), spotify.calls.number("artists/*")


@pytest.mark.parametrize("status", [403, 404, 410])
def test_batches_that_stop_working_are_replaced_by_single_reads(spotify: SpotifyApi, status: int) -> None:
    fetch = quick_world(spotify, fetch_concurrency=1)
    artists = fetch.run(playlists=NAMED)["artists"]["fetched"]
    fetch.clock.sleep(6 * 86_400)  # the evidence still counts; the artists are due
    fetch.settings["artist_refresh_days"] = 5
    refuse(spotify, "artists", status)
    assert fetch.run("run-2", days_later(6), playlists=NAMED)["artists"]["fetched"] == artists
    assert calls(spotify) == (1, artists)
    fetch.clock.sleep(6 * 86_400)
    spotify.calls.clear()
    assert fetch.run("run-3", days_later(12), playlists=NAMED)["artists"]["fetched"] == artists
    assert calls(spotify) == (0, artists)
    spotify.use_faults(FaultPlan())
    fetch.clock.sleep(6 * 86_400)
    spotify.calls.clear()
    assert fetch.run("run-4", days_later(18), playlists=NAMED)["api_mode"] != "legacy_development"
    assert calls(spotify) == (4, 0)  # requested again after a week


def test_a_batch_with_a_bad_id_is_read_singly_and_the_others_in_batches(spotify: SpotifyApi) -> None:
    undisturbed = quick_world(spotify)
    undisturbed.run(playlists=NAMED)
    refuse(spotify, "artists", 400, nth=2, times=1)
    fetch = quick_world(spotify, fetch_concurrency=1)
    fetch.run(playlists=NAMED)
    assert fetch.records() == undisturbed.records()
    assert calls(spotify) == (4, 50)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 451])
def test_a_refused_artist_is_left_out_and_not_requested_again_until_it_is_due(
    development: SpotifyApi, status: int
) -> None:
    fetch = quick_world(development, fetch_concurrency=1)
    refuse(development, "artists/*", status, nth=2, times=1)
    artists = fetch.run(playlists=[ODDS_AND_ENDS])["artists"]["fetched"]
    assert calls(development) == (0, artists)
    assert rows(fetch) == artists - 1
    development.calls.clear()
    assert fetch.run("run-2", playlists=[ODDS_AND_ENDS])["artists"]["known"] == artists
    assert calls(development) == (0, 0)


def test_a_refused_artist_is_not_requested_by_a_later_invocation(development: SpotifyApi) -> None:
    fetch = quick_world(development, fetch_concurrency=1)
    refuse(development, "artists/*", 404, nth=1, times=1)
    artists = fetch.run(playlists=[ODDS_AND_ENDS], calls_each=10)["artists"]["fetched"]
    assert calls(development) == (0, artists)
    assert rows(fetch) == artists - 1


def test_a_refused_artist_keeps_its_stored_record(development: SpotifyApi) -> None:
    fetch = quick_world(development, fetch_concurrency=1, artist_refresh_days=7)
    artists = fetch.run(playlists=[ODDS_AND_ENDS])["artists"]["fetched"]
    refuse(development, "artists/*", 403, nth=2, times=1)
    fetch.run("run-2", days_later(7), playlists=[ODDS_AND_ENDS])
    assert len(artist_ids(fetch, "run-2", days_later(7))) == artists
    development.calls.clear()
    fetch.run("run-3", days_later(7), playlists=[ODDS_AND_ENDS])
    assert calls(development) == (0, 1)


def artist_ids(fetch: World, run_id: str, day: str = DAY) -> set[str]:
    objects = fetch.manifest(run_id, day).artist_records
    return {line["artist_id"] for obj in objects for line in fetch.lines(obj.key)}


def rows(fetch: World) -> int:
    return len(artist_ids(fetch, "run-1"))


def test_an_artist_is_read_again_before_its_record_expires(spotify: SpotifyApi) -> None:
    fetch = quick_world(spotify, raw_retention_days=30, reference_margin_days=7, artist_refresh_days=365)
    artists = fetch.run(playlists=[ODDS_AND_ENDS])["artists"]["fetched"]
    fetch.clock.sleep(22 * 86_400)
    assert fetch.run("run-2", playlists=[ODDS_AND_ENDS])["artists"]["known"] == artists
    fetch.clock.sleep(2 * 86_400)
    assert fetch.run("run-3", playlists=[ODDS_AND_ENDS])["artists"]["fetched"] == artists


def test_a_record_that_cannot_be_read_again_is_referred_to_until_it_expires(
    spotify: SpotifyApi,
) -> None:
    fetch = quick_world(spotify, raw_retention_days=30, reference_margin_days=7, fetch_concurrency=1)
    fetch.run(playlists=[ODDS_AND_ENDS])
    fetch.clock.sleep(24 * 86_400)
    answer = fetch.run("run-2", playlists=[ODDS_AND_ENDS], max_calls=1)
    assert answer["artists"]["postponed"] > 0
    assert fetch.manifest("run-2").artist_records == fetch.manifest("run-1").artist_records
    fetch.clock.sleep(5.5 * 86_400)
    fetch.run("run-3", playlists=[ODDS_AND_ENDS], max_calls=1)
    assert fetch.manifest("run-3").artist_records == ()


@pytest.mark.parametrize("damage", ["inside", "number without an object", "a list"])
def test_a_damaged_artist_index_is_rebuilt(spotify: SpotifyApi, damage: str) -> None:
    fetch = quick_world(spotify)
    known = fetch.run(playlists=[ODDS_AND_ENDS, NOTHING_YET])["artists"]["fetched"]
    body = fetch.s3.bodies[INDEX_KEY]
    fetch.s3.bodies[INDEX_KEY] = {
        "inside": body[:12] + b"\xff" * 28 + body[40:],
        "number without an object": gzip.compress(
            b'{"version": 2, "objects": [], "artists": {"a": ["2026-01-01", "2026-01-01T00:00:00Z", 3]}}'
        ),
        "a list": gzip.compress(b'{"version": 2, "objects": [], "artists": []}'),
    }[damage]
    answer = fetch.run("run-2", playlists=[ODDS_AND_ENDS, NOTHING_YET])
    assert answer["artists"] == {"fetched": 0, "known": known, "postponed": 0}


def test_a_run_for_an_earlier_day_uses_no_later_record_even_if_none_can_be_read(spotify: SpotifyApi) -> None:
    fetch = quick_world(spotify, fetch_concurrency=1)
    artists = fetch.run("run-1", days_later(1), playlists=[ODDS_AND_ENDS])["artists"]["fetched"]
    answer = fetch.run("run-2", playlists=[ODDS_AND_ENDS], max_calls=1)["artists"]
    assert answer == {"fetched": 0, "known": 0, "postponed": artists}
    assert artist_ids(fetch, "run-2") == set()
    assert fetch.run("run-3", playlists=[ODDS_AND_ENDS])["artists"]["fetched"] == artists
    assert len(artist_ids(fetch, "run-3")) == artists


def test_a_run_that_resumes_uses_what_it_read_for_its_earlier_day(development: SpotifyApi) -> None:
    fetch = quick_world(development, fetch_concurrency=1)
    artists = fetch.run("run-1", days_later(1), playlists=[ODDS_AND_ENDS])["artists"]["fetched"]
    development.calls.clear()
    assert fetch.run("run-2", playlists=[ODDS_AND_ENDS], calls_each=10)["artists"]["fetched"] == artists
    assert calls(development) == (0, artists)
    assert len(artist_ids(fetch, "run-2")) == artists


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "latest day first"])
def test_recorded_artists_are_those_of_their_day_whenever_the_days_are_run(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    days, followers = ("2024-04-22", "2024-05-15"), (3_402_661, 6_485_631)
    artist = track(0)["artists"][0]
    for day, count in zip(days, followers, strict=True):
        write(tmp_path / f"chart_{day}.json", playlist(CHART, day, tracks=page(items(0, 1), 1)))
        write(tmp_path / f"artist_{day}.json", {**artist, "followers": {"href": None, "total": count}})
    with SpotifyApi(catalog=RecordedCatalog.read(tmp_path)) as recorded:
        fetch = quick_world(recorded, artist_refresh_days=7)
        for number in order:
            recorded.day = dt.date.fromisoformat(days[number])
            fetch.run(f"run-{number}", days[number], playlists=[CHART])
            objects = fetch.manifest(f"run-{number}", days[number]).artist_records
            lines = [line for obj in objects for line in fetch.lines(obj.key)]
            assert [line["record"]["followers"]["total"] for line in lines] == [followers[number]]
