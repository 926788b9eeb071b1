"""After any fault of Spotify, the raw zone equals that of a run without a fault, record for record.

Each kind of fault affects each endpoint at its first, a middle and its last call; then several at random.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import random
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import msgspec
import pytest

from infra.local.spotify_api import Fault, FaultPlan, SpotifyApi, SpotifyApiOptions
from infra.local.spotify_api.faults import KINDS, FaultKind
from infra.local.spotify_api.options import Mode
from infra.local.spotify_api.wrong_answers import WRONG_ANSWERS
from tests.integration.cached_spotify import CachedSpotify
from tests.integration.fetch_support import (
    DAY,
    KITCHEN_RADIO,
    NOTHING_YET,
    ODDS_AND_ENDS,
    SUNDAY_FERRY,
    FakeClock,
    SmallLibrary,
    World,
    quick_world,
    seeded,
)
from tests.soak import IS_SOAK, SOAK_FACTOR

Outcome: TypeAlias = tuple[list[str], list[tuple[str, int]]]

NAMED = (KITCHEN_RADIO, ODDS_AND_ENDS, NOTHING_YET, SUNDAY_FERRY)
PAGED = tuple(f"playlists/{playlist}/items" for playlist in (KITCHEN_RADIO, SUNDAY_FERRY))

UNAUTHORIZED = 401
# One of each kind that the local Spotify supports, and more where the fetch has another code path.
FAULTS: Final[dict[str, Fault]] = {
    "429": Fault("rate_limited", seconds=2),
    "429 for an hour": Fault("rate_limited", seconds=3_600),
    "429 that lasts": Fault("rate_limited", seconds=120, lasting=True),
    "quota": Fault("quota_exceeded", seconds=48_925),
    "quota that lasts": Fault("quota_exceeded", seconds=48_925, lasting=True),
    "quota without a figure": Fault("quota_exceeded", seconds=None),
    "401": Fault("status", status=UNAUTHORIZED),
    "408": Fault("status", status=408),
    "500": Fault("status", status=500),
    "503": Fault("status", status=503),
    "string error": Fault("string_error"),
    "slow": Fault("slow", seconds=0.005),
    "dropped": Fault("dropped"),
    "cut off": Fault("cut_off"),
    "empty": Fault("empty"),
    "invalid JSON": Fault("invalid_json"),
    "HTML": Fault("html"),
}
# Every endpoint that a run calls, and the kind of app whose run calls it.
ENDPOINTS: Final[dict[str, Mode]] = {
    "api/token": "extended",
    "me/playlists": "extended",
    "playlists/*": "extended",
    "playlists/*/items": "extended",
    "me/tracks": "extended",
    "artists": "extended",
    "albums": "extended",
    "me": "development",
    "artists/*": "development",
}
# A run meets a fault at every endpoint of a kind of app. In `make soak` each endpoint has its own run.
GROUPS: Final = (
    [[path] for path in ENDPOINTS]
    if IS_SOAK
    else [[path for path in ENDPOINTS if ENDPOINTS[path] == mode] for mode in ("extended", "development")]
)
# A refused token call is final, whatever caused it, because there is no other token.
CELLS = [
    pytest.param(fault, paths, id=f"{fault} at {', '.join(paths)}")
    for fault in FAULTS
    for paths in GROUPS
    if (fault, paths) != ("401", ["api/token"])
]

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
STATUSES = (408, 500, 502, 503, 504)
# A development app reads artists one by one, so its runs take longest and are the fewest.
SETTINGS: tuple[tuple[Mode, bool], ...] = (
    ("extended", True),
    ("legacy_development", True),
    ("extended", True),
    ("legacy_development", True),
    ("extended", True),
    ("legacy_development", True),
    ("extended", True),
    ("extended", False),
    ("legacy_development", False),
    ("development", False),
)
SEEDS = 40 * SOAK_FACTOR


@dataclasses.dataclass(frozen=True)
class Playground:
    """A local Spotify for the whole module, with the same simulated clock as the fetch."""

    spotify: SpotifyApi
    clock: FakeClock

    def run(self, plan: FaultPlan, *, is_named: bool = False) -> World:
        """A complete run in a new world with these faults."""
        self.spotify.use_faults(plan)
        fetch = quick_world(self.spotify, sources=("playlists", "saved_tracks"))
        fetch.clock = self.clock
        fetch.run(playlists=list(NAMED) if is_named else [])
        return fetch


@dataclasses.dataclass(frozen=True)
class Undisturbed:
    """The records of a run without faults, and how often it calls the paths that match a pattern."""

    outcome: Outcome
    calls: Callable[[str], int]


@pytest.fixture(scope="module")
def playgrounds() -> Iterator[dict[Mode, Playground]]:
    modes: tuple[Mode, ...] = ("extended", "legacy_development", "development")
    day = dt.date.fromisoformat(DAY)
    running: dict[Mode, Playground] = {}
    for mode in modes:
        clock, options = FakeClock(), SpotifyApiOptions(mode=mode, day=day)
        # A development app reads artists one by one, so a few playlists are enough.
        catalog = SmallLibrary(*(NAMED[1:3] if mode == "development" else NAMED))
        running[mode] = Playground(CachedSpotify(options, catalog=catalog, clock=clock.now), clock)
    for playground in running.values():
        playground.spotify.start()
    yield running
    for playground in running.values():
        playground.spotify.stop()


@pytest.fixture(scope="module")
def undisturbed(playgrounds: dict[Mode, Playground]) -> Callable[[Mode, bool], Undisturbed]:
    """The run without faults, for each setting."""

    @functools.cache
    def run(mode: Mode, is_named: bool) -> Undisturbed:
        playground = playgrounds[mode]
        outcome = outcome_of(playground.run(FaultPlan(), is_named=is_named))
        counts = {path: playground.spotify.calls.number(path) for path in (*ENDPOINTS, *PAGED, "**")}
        return Undisturbed(outcome, lambda path: counts[path])

    return run


def outcome_of(fetch: World) -> Outcome:
    return fetch.records(), fetch.items()


def plans_for(fault: Fault, paths: list[str], run: Undisturbed) -> list[FaultPlan]:
    """The fault at the first, a middle and the last call to each path, in one run where that is possible."""
    if fault.status != UNAUTHORIZED:
        return [FaultPlan(tuple(each for path in paths for each in faults_at(fault, path, run.calls(path))))]
    # A 401 on a token call is final, and so are two in a row on one call.
    paths = [path for path in paths if path != "api/token"]
    places = [positions(run.calls(path)) for path in paths]
    return [
        FaultPlan(
            tuple(
                msgspec.structs.replace(fault, path=path, nth=nth)
                for path, nth in zip(paths, nths, strict=True)
            )
        )
        for nths in sorted(set(zip(*places, strict=True)))
    ]


def positions(calls: int) -> tuple[int, int, int]:
    """The first, a middle and the last of so many calls."""
    return 1, (calls + 1) // 2, calls


def faults_at(fault: Fault, path: str, calls: int) -> Iterator[Fault]:
    repeats = 0 if fault.kind == "slow" else 1  # any other fault is followed by one more call
    for number, position in enumerate(sorted(set(positions(calls)))):
        yield msgspec.structs.replace(fault, path=path, nth=position + number * repeats)


def test_every_kind_of_fault_and_every_endpoint_is_in_the_matrix(
    undisturbed: Callable[[Mode, bool], Undisturbed],
) -> None:
    # Wrong answers are in the matrix of `test_wrong_answers`.
    assert {fault.kind for fault in FAULTS.values()} | {"snapshot_moves", *WRONG_ANSWERS} == set(KINDS)
    for mode in ("extended", "development"):
        run = undisturbed(mode, False)
        assert sum(run.calls(path) for path in ENDPOINTS) == run.calls("**")


@pytest.mark.parametrize(("name", "paths"), CELLS)
def test_a_fault_at_the_first_a_middle_and_the_last_call_changes_nothing(
    name: str,
    paths: list[str],
    playgrounds: dict[Mode, Playground],
    undisturbed: Callable[[Mode, bool], Undisturbed],
) -> None:
    mode = ENDPOINTS[paths[0]]
    expected = undisturbed(mode, False)
    for plan in plans_for(FAULTS[name], paths, expected):
        fetch = playgrounds[mode].run(plan)
        assert playgrounds[mode].spotify.injected == (1,) * len(plan.faults)
        assert outcome_of(fetch) == expected.outcome


@pytest.mark.parametrize(
    ("playlist", "page"), [(KITCHEN_RADIO, 1), (KITCHEN_RADIO, 2), (KITCHEN_RADIO, 3), (SUNDAY_FERRY, 1)]
)
def test_a_playlist_that_changes_at_any_page_is_read_again(
    playlist: str,
    page: int,
    playgrounds: dict[Mode, Playground],
    undisturbed: Callable[[Mode, bool], Undisturbed],
) -> None:
    fault = Fault("snapshot_moves", path=f"playlists/{playlist}/items", nth=page)
    fetch = playgrounds["extended"].run(FaultPlan((fault,)))
    assert playgrounds["extended"].spotify.injected == (1,)
    assert outcome_of(fetch) == undisturbed("extended", False).outcome


@pytest.mark.parametrize(
    "plan", [FaultPlan(quota=7), FaultPlan(rate_limit=5), FaultPlan(quota=9, rate_limit=3)], ids=str
)
def test_a_quota_or_rate_limit_smaller_than_a_run_changes_nothing(
    plan: FaultPlan,
    playgrounds: dict[Mode, Playground],
    undisturbed: Callable[[Mode, bool], Undisturbed],
) -> None:
    fetch = playgrounds["extended"].run(plan)
    assert playgrounds["extended"].spotify.calls.number(status=429) > 0
    assert outcome_of(fetch) == undisturbed("extended", False).outcome


def random_fault(rng: random.Random, run: Undisturbed) -> Fault:
    """A fault of any kind at any call of an undisturbed run, or a playlist that changes."""
    changing = [path for path in PAGED if run.calls(path)]
    if changing and rng.random() < 0.15:
        return Fault("snapshot_moves", path=rng.choice(changing), times=rng.randint(1, 2))
    kind = rng.choice(TRANSIENT + LIMITS)
    path = rng.choice([path for path in (*ENDPOINTS, "**") if run.calls(path)])
    return Fault(
        kind,
        path,
        nth=rng.randint(1, run.calls(path)),
        times=rng.randint(1, 3 if path == "api/token" else 8),
        status=rng.choice(STATUSES),
        seconds=0.005 if kind == "slow" else rng.choice((None, 1, 2, 55, 3_600, 48_925)),
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_any_combination_of_faults_the_raw_zone_equals_that_of_an_undisturbed_run(
    seed: int,
    playgrounds: dict[Mode, Playground],
    undisturbed: Callable[[Mode, bool], Undisturbed],
) -> None:
    rng = seeded(seed)
    mode, is_named = SETTINGS[seed % len(SETTINGS)]
    expected = undisturbed(mode, is_named)
    faults = tuple(random_fault(rng, expected) for _ in range(rng.choice((1, 2, 2, 3, 5))))
    fetch = playgrounds[mode].run(FaultPlan(faults), is_named=is_named)
    assert playgrounds[mode].spotify.injected[0] > 0, faults
    assert outcome_of(fetch) == expected.outcome, faults
