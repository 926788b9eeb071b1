"""An interrupted run continues exactly where it stopped."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from fetch_spotify.errors import CallBudgetSpent, QuotaExceeded, RateLimited
from fetch_spotify.spotify import transport
from fetch_spotify.spotify.client import Calls
from infra.local.spotify_api import Fault, FaultPlan, SpotifyApi, SpotifyApiOptions
from tests.integration.cached_spotify import CachedSpotify
from tests.integration.fetch_support import (
    DAY,
    KITCHEN_RADIO,
    NOTHING_YET,
    ODDS_AND_ENDS,
    SUNDAY_FERRY,
    KillableS3,
    Killed,
    SmallLibrary,
    World,
    killing_adapter,
    quick_world,
    seeded,
)
from tests.soak import IS_SOAK, SOAK_FACTOR

NAMED = [KITCHEN_RADIO, SUNDAY_FERRY, ODDS_AND_ENDS, NOTHING_YET]
DATE = dt.date.fromisoformat(DAY)


@pytest.fixture(scope="module")
def spotify() -> Iterator[SpotifyApi]:
    with CachedSpotify(SpotifyApiOptions(day=DATE), catalog=SmallLibrary(*NAMED)) as server:
        yield server


@pytest.fixture(scope="module")
def development() -> Iterator[SpotifyApi]:
    with CachedSpotify(SpotifyApiOptions(mode="development", day=DATE)) as server:
        yield server


def small_world(spotify: SpotifyApi, **settings: Any) -> World:
    spotify.use_faults(FaultPlan())
    return quick_world(spotify, sources=("playlists", "saved_tracks"), **settings)


@functools.cache
def undisturbed(spotify: SpotifyApi, *playlists: str) -> list[str]:
    fetch = small_world(spotify)
    fetch.run(playlists=list(playlists))
    return fetch.records()


def read_twice(fetch: World) -> int:
    """The number of repeated reads, without the first page of saved tracks, which is also their version."""
    is_version = ("/v1/me/tracks", json.dumps({"limit": "50", "offset": "0"}))
    return sum(count - 1 for read, count in fetch.reads().items() if read != is_version)


@pytest.mark.parametrize("playlists", [NAMED, []], ids=["named", "account"])
@pytest.mark.parametrize("calls_each", [2, 3, 5, 11])
def test_a_run_of_many_short_invocations_reads_nothing_twice_and_misses_nothing(
    spotify: SpotifyApi, playlists: list[str], calls_each: int
) -> None:
    expected = undisturbed(spotify, *playlists)
    fetch = small_world(spotify, fetch_concurrency=1)
    answer = fetch.run(playlists=playlists, calls_each=calls_each)
    assert fetch.records() == expected
    assert fetch.manifest().details.rounds >= 2
    assert answer["calls"]["total"] == len(spotify.calls)
    assert read_twice(fetch) == 0


def test_a_development_run_of_short_invocations_requests_no_artist_twice(development: SpotifyApi) -> None:
    expected = undisturbed(development, *NAMED[2:])
    fetch = small_world(development, fetch_concurrency=1)
    fetch.run(playlists=NAMED[2:], calls_each=20)
    assert fetch.records() == expected
    assert max(count for (path, _), count in fetch.reads().items() if "/artists/" in path) == 1


def test_an_invocation_out_of_time_says_so_with_a_cursor_and_leaves_no_manifest(spotify: SpotifyApi) -> None:
    fetch = small_world(spotify)
    fetch.clock.end_after_calls(spotify.calls, 3)
    answer = fetch.invoke(playlists=NAMED)
    assert (answer["status"], answer["manifest"], answer["cursor"]["round"]) == ("CONTINUE", None, 1)
    assert not fetch.all_keys("spotify/manifests/")


@pytest.mark.parametrize("nth", [1, 2, 4, 6, 9, 12])
def test_after_a_quota_error_anywhere_the_run_continues_with_what_was_read(
    spotify: SpotifyApi, nth: int
) -> None:
    expected = undisturbed(spotify, *NAMED)
    fetch = small_world(spotify, fetch_concurrency=1)
    spotify.use_faults(FaultPlan((Fault("quota_exceeded", "**", nth=nth + 1, seconds=48_925),)))
    with pytest.raises(QuotaExceeded) as limit:
        fetch.invoke(playlists=NAMED)
    assert limit.value.retry_after_seconds == 48_925
    fetch.clock.sleep(48_926)
    fetch.run(playlists=NAMED)
    assert fetch.records() == expected
    assert read_twice(fetch) == 0


def test_while_spotify_blocks_the_app_no_run_calls_it_and_each_fails_with_the_remaining_time(
    spotify: SpotifyApi,
) -> None:
    fetch = small_world(spotify)
    spotify.use_faults(FaultPlan((Fault("rate_limited", "playlists/*", seconds=7_200),)))
    with pytest.raises(RateLimited) as first:
        fetch.invoke("run-1", playlists=NAMED)
    calls = len(spotify.calls)
    fetch.clock.sleep(1_000)
    with pytest.raises(RateLimited) as second:
        fetch.invoke("run-2", playlists=NAMED)
    assert len(spotify.calls) == calls
    assert second.value.blocked_until == first.value.blocked_until
    assert 6_195 <= second.value.retry_after_seconds <= 6_201
    fetch.clock.sleep(second.value.retry_after_seconds)
    assert fetch.invoke("run-3", playlists=NAMED)["status"] == "COMPLETE"


def test_a_block_of_one_app_does_not_affect_another(spotify: SpotifyApi) -> None:
    fetch = small_world(spotify)
    key = "spotify/fetch_state/blocked.json"
    body = b'{"app": "another", "error": "QuotaExceeded", "blocked_until": 9999999999}'
    fetch.s3.put_object(Bucket="raw-zone", Key=key, Body=body)
    assert fetch.invoke(playlists=NAMED[2:])["status"] == "COMPLETE"


@pytest.mark.parametrize("seed", range(20 * SOAK_FACTOR))
def test_a_run_killed_anywhere_loses_at_most_the_page_in_flight(spotify: SpotifyApi, seed: int) -> None:
    rng = seeded(seed)
    playlists = NAMED if seed % 2 else []
    expected = undisturbed(spotify, *playlists)
    fetch = small_world(spotify, fetch_concurrency=1)
    kills = 0
    for _ in range(rng.randint(1, 4)):
        try:
            fetch.invoke(playlists=playlists, s3=KillableS3(fetch.s3, writes=rng.randint(0, 25)))
        except Killed:
            kills += 1
    fetch.run(playlists=playlists)
    assert fetch.records() == expected
    assert read_twice(fetch) <= kills


@pytest.mark.parametrize(("playlists", "first"), [(NAMED, 1), ([], 2)], ids=["named", "account"])
def test_a_run_killed_within_any_call_to_spotify_repeats_that_call_at_most(
    spotify: SpotifyApi, monkeypatch: pytest.MonkeyPatch, playlists: list[str], first: int
) -> None:
    whole = small_world(spotify, fetch_concurrency=1)
    calls = whole.run(playlists=playlists)["calls"]["total"]
    for call in range(1, calls + 1) if IS_SOAK else range(first, calls + 1, 2):
        fetch = small_world(spotify, fetch_concurrency=1)
        mortal = KillableS3(fetch.s3)
        with monkeypatch.context() as patch:
            patch.setattr(transport, "HTTPAdapter", killing_adapter(mortal, call))
            with pytest.raises(Killed):
                fetch.invoke(playlists=playlists, s3=mortal)
        assert len(spotify.calls) == call
        fetch.run(playlists=playlists)
        assert fetch.records() == whole.records()
        assert read_twice(fetch) <= 1


@pytest.mark.parametrize("seed", range(6 * SOAK_FACTOR))
def test_kills_and_faults_together_change_nothing(development: SpotifyApi, seed: int) -> None:
    rng = seeded(1_000 + seed)
    expected = undisturbed(development, *NAMED)
    fetch = small_world(development, fetch_concurrency=3)
    faults = tuple(
        Fault(kind, "**", nth=rng.randint(2, 60), times=rng.randint(1, 3))
        for kind in ("cut_off", "rate_limited", "dropped", "quota_exceeded")
    )
    development.use_faults(FaultPlan(faults))
    for _ in range(3):
        try:
            fetch.invoke(playlists=NAMED, s3=KillableS3(fetch.s3, writes=rng.randint(5, 80)))
        except (Killed, QuotaExceeded, RateLimited):
            fetch.clock.sleep(60)
    fetch.run(playlists=NAMED)
    assert fetch.records() == expected


def test_the_budget_of_calls_is_kept_however_often_the_function_is_killed(spotify: SpotifyApi) -> None:
    fetch = small_world(spotify, fetch_concurrency=1)
    for _ in range(6):
        with contextlib.suppress(Killed, CallBudgetSpent):
            fetch.invoke(playlists=NAMED, max_calls=4, s3=KillableS3(fetch.s3, writes=4))
    with pytest.raises(CallBudgetSpent):
        fetch.invoke(playlists=NAMED, max_calls=4)
    assert spotify.calls.number("playlists/**") + spotify.calls.number("me/**") <= 4


def test_calls_are_saved_at_every_hundredth_of_a_large_budget() -> None:
    noted: list[int] = []
    calls = Calls(1_000, {"pages": 5}, lambda counts: noted.append(sum(counts.values())))
    for _ in range(30):
        calls.spend("pages")
    assert noted == [10, 20, 30]


@pytest.mark.parametrize("left", [20, 60])
def test_a_block_that_is_nearly_over_is_waited_out(spotify: SpotifyApi, left: int) -> None:
    fetch = small_world(spotify)
    spotify.use_faults(FaultPlan((Fault("rate_limited", "playlists/*", seconds=7_200),)))
    with pytest.raises(RateLimited) as limit:
        fetch.invoke(playlists=NAMED)
    fetch.clock.sleep(limit.value.blocked_until - left - fetch.clock.now())
    assert fetch.invoke(playlists=NAMED)["status"] == "COMPLETE"
    assert left - 2 <= fetch.clock.slept[-1] <= left


@pytest.mark.parametrize(("seconds", "each_call", "calls"), [(900, 97, 9), (60, 10, 5)])
def test_a_function_stops_45_s_or_a_quarter_of_its_time_before_it_is_killed(
    spotify: SpotifyApi, seconds: int, each_call: int, calls: int
) -> None:
    fetch = small_world(spotify, fetch_concurrency=1)
    fetch.clock.remaining = lambda: seconds - each_call * len(spotify.calls)
    assert fetch.invoke(playlists=NAMED)["status"] == "CONTINUE"
    assert len(spotify.calls) == calls


def test_a_retry_of_a_finished_run_answers_the_same_without_a_call(spotify: SpotifyApi) -> None:
    fetch = small_world(spotify)
    first = fetch.run(playlists=NAMED)
    spotify.calls.clear()
    assert fetch.invoke(playlists=NAMED) == first
    assert len(spotify.calls) == 0
