"""Whatever Spotify does in between, the raw zone ends as that of a run without a fault, record for record."""

from __future__ import annotations

import datetime as dt
import functools
import random
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from infra.local.spotify_api import Fault, FaultPlan, SpotifyApi, SpotifyApiOptions
from infra.local.spotify_api.faults import FaultKind
from infra.local.spotify_api.shapes import Mode
from tests.integration.fetch_support import (
    DAY,
    KITCHEN_RADIO,
    NOTHING_YET,
    ODDS_AND_ENDS,
    SUNDAY_FERRY,
    SmallLibrary,
    World,
    quick_world,
    seeded,
)
from tests.soak import SOAK_FACTOR

Outcome: TypeAlias = tuple[list[str], list[tuple[str, int]]]

NAMED = (KITCHEN_RADIO, ODDS_AND_ENDS, NOTHING_YET, SUNDAY_FERRY)

TRANSIENT: tuple[FaultKind, ...] = (
    "status",
    "string_error",
    "dropped",
    "cut_off",
    "empty",
    "invalid_json",
    "html",
    "slow",
)
LIMITS: tuple[FaultKind, ...] = ("rate_limited", "quota_exceeded")
API_PATHS = ("playlists/*", "playlists/*/items", "me/playlists", "me", "artists", "artists/*", "**")
# A development app reads artists one by one, so its runs take longest and come up least.
SETTINGS = (
    *(4 * [("extended", True)]),
    *(3 * [("legacy_development", True)]),
    ("extended", False),
    ("legacy_development", False),
    ("development", False),
)
SEEDS = 320 * SOAK_FACTOR


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, SpotifyApi]]:
    """One server a mode for the whole module; the faults change from test to test."""
    modes: tuple[Mode, ...] = ("extended", "legacy_development", "development")
    day = dt.date.fromisoformat(DAY)
    running: dict[str, SpotifyApi] = {
        mode: SpotifyApi(SpotifyApiOptions(mode=mode, day=day), content=SmallLibrary(*NAMED))
        for mode in modes
    }
    for server in running.values():
        server.start()
    yield running
    for server in running.values():
        server.stop()


@pytest.fixture(scope="module")
def undisturbed(servers: dict[str, SpotifyApi]) -> Callable[[str, bool], Outcome]:
    """The records of a run without faults, for each setting."""

    @functools.cache
    def records(mode: str, is_named: bool) -> Outcome:
        servers[mode].use_faults(FaultPlan())
        fetch = small_world(servers[mode])
        fetch.run(playlists=list(NAMED) if is_named else [])
        return fetch.records(), fetch.items()

    return records


def small_world(spotify: SpotifyApi) -> World:
    return quick_world(spotify, sources=("playlists", "saved_tracks"))


def random_fault(rng: random.Random, *, is_named: bool) -> Fault:
    """A fault of any kind at the token call, or at the first, a middle or a late call of some path."""
    if rng.random() < 0.15:
        kind = rng.choice((*TRANSIENT, LIMITS[0]))
        return Fault(kind, path="api/token", times=rng.randint(1, 3), seconds=_seconds(rng, kind))
    if rng.random() < 0.15:
        changing = rng.choice((KITCHEN_RADIO, SUNDAY_FERRY))
        return Fault("snapshot_moves", path=f"playlists/{changing}/items", times=rng.randint(1, 2))
    kind = rng.choice(TRANSIENT + LIMITS)
    if rng.random() < 0.3:
        offset = rng.choice((100, 150, 200))
        return Fault(kind, "playlists/*/items", offset, times=rng.randint(1, 4), seconds=_seconds(rng, kind))
    path = rng.choice([path for path in API_PATHS if not (is_named and path.startswith("me"))])
    nth, times = rng.choice((1, 2, 3, 5, 8, 13, 20)), rng.randint(1, 8)
    return Fault(kind, path, nth=nth, times=times, seconds=_seconds(rng, kind))


def _seconds(rng: random.Random, kind: str) -> float | None:
    if kind == "slow":
        return 0.005
    return rng.choice((None, 1, 2, 55, 3_600, 48_925))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_any_faults_the_raw_zone_is_that_of_an_undisturbed_run(
    seed: int, servers: dict[str, SpotifyApi], undisturbed: Callable[[str, bool], Outcome]
) -> None:
    rng = seeded(seed)
    mode, is_named = SETTINGS[seed % len(SETTINGS)]
    expected_records, expected_items = undisturbed(mode, is_named)
    faults = tuple(random_fault(rng, is_named=is_named) for _ in range(rng.choice((1, 1, 2, 3, 5))))
    servers[mode].use_faults(FaultPlan(faults))
    fetch = small_world(servers[mode])
    fetch.run(playlists=list(NAMED) if is_named else [])
    assert (fetch.records(), fetch.items()) == (expected_records, expected_items), faults
