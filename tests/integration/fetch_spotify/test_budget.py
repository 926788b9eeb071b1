"""A budget of calls that is too small for a day: every run first does what earlier runs left."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Request

from fetch_spotify.errors import CallBudgetSpent
from fetch_spotify.spotify.client import Calls
from fetch_spotify.storage.playlist_index import PREFIX
from infra.local.spotify_api import Fault, FaultPlan, Scale, SpotifyApi, SpotifyApiOptions
from infra.local.spotify_api.wrong_answers import WrongAnswer
from tests.integration.edited_spotify import EditedSpotify, JsonObject, leave_alone
from tests.integration.fetch_support import (
    DAY,
    KITCHEN_RADIO,
    NEXT_DAY,
    NOTHING_YET,
    ODDS_AND_ENDS,
    SUNDAY_FERRY,
    World,
    quick_world,
)

TODAY = dt.date.fromisoformat(DAY)
PLAYLISTS = 6  # each takes five calls: the head, three pages of 50, and the check of the version


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[EditedSpotify, SpotifyApi, SpotifyApi]]:
    """Six playlists of 230 items; the bundled catalog; the same for a development app."""
    scale = Scale(playlists=PLAYLISTS, items=230)
    with (
        EditedSpotify(SpotifyApiOptions(day=TODAY, scale=scale)) as many,
        SpotifyApi(SpotifyApiOptions(day=TODAY)) as bundled,
        SpotifyApi(SpotifyApiOptions(day=TODAY, mode="development")) as development,
    ):
        yield many, bundled, development


@pytest.fixture
def many(servers: tuple[EditedSpotify, SpotifyApi, SpotifyApi]) -> EditedSpotify:
    servers[0].use_faults(FaultPlan())
    servers[0].edit = leave_alone
    return servers[0]


@pytest.fixture
def bundled(servers: tuple[EditedSpotify, SpotifyApi, SpotifyApi]) -> SpotifyApi:
    servers[1].use_faults(FaultPlan())
    return servers[1]


@pytest.fixture
def development(servers: tuple[EditedSpotify, SpotifyApi, SpotifyApi]) -> SpotifyApi:
    servers[2].use_faults(FaultPlan())
    return servers[2]


def ids_of(spotify: SpotifyApi) -> list[str]:
    return [playlist_id for playlist_id in spotify.catalog.my_playlists(TODAY) if playlist_id]


def read_by(fetch: World, run_id: str) -> set[str]:
    """The playlists whose contents a run read to the end, whether it ended itself or not."""
    known = [json.loads(fetch.body(key)) for key in fetch.all_keys(PREFIX)]
    return {each["entry"]["playlist_id"] for each in known if each["run_id"] == run_id}


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("budget", [12, 20])
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "account"])
def test_every_run_first_reads_what_earlier_runs_left_even_if_everything_changes_daily(
    many: EditedSpotify, concurrency: int, budget: int, is_named: bool
) -> None:
    def edit(request: Request, body: JsonObject) -> None:
        for playlist in [body, *body.get("items", ())] if request.path.count("/") <= 3 else []:
            if "snapshot_id" in playlist:
                playlist["snapshot_id"] += f" of {many.day}"

    many.edit = edit
    fetch = quick_world(many, fetch_concurrency=concurrency, max_calls=budget)
    named = ids_of(many) if is_named else []
    read: set[str] = set()
    for number in range(1, PLAYLISTS + 1):
        day = TODAY + dt.timedelta(days=number)
        many.day = day
        with pytest.raises(CallBudgetSpent):
            fetch.run(f"run-{number}", day.isoformat(), playlists=named)
        new = read_by(fetch, f"run-{number}") - read
        assert new or len(read) == PLAYLISTS, f"run {number} read nothing that was left"
        read |= new
    assert len(read) == PLAYLISTS


def test_several_runs_with_a_small_budget_complete_the_day(many: EditedSpotify) -> None:
    many.day = TODAY
    whole = quick_world(many)
    whole.run(playlists=ids_of(many))
    fetch = quick_world(many, fetch_concurrency=2, reread_unchanged="none")
    for number in range(1, PLAYLISTS + 1):
        try:
            fetch.run(f"run-{number}", playlists=ids_of(many), max_calls=16)
        except CallBudgetSpent:
            continue
        break
    assert 1 < number <= 4
    assert fetch.items(f"run-{number}") == whole.items()


def test_a_playlist_that_no_run_could_finish_is_reported_and_the_others_are_read(
    bundled: SpotifyApi,
) -> None:
    named = [KITCHEN_RADIO, ODDS_AND_ENDS, NOTHING_YET]
    bundled.day = TODAY
    fetch = quick_world(bundled, fetch_concurrency=1)
    fetch.run(playlists=named)
    yesterday = {entry.playlist_id: entry for entry in fetch.manifest().playlists}
    bundled.day = dt.date.fromisoformat(NEXT_DAY)
    answer = fetch.run("run-2", NEXT_DAY, playlists=named, max_calls=4)
    (skip,) = answer["playlists"]["skipped"]
    assert (skip["playlist"], skip["reason"]) == (KITCHEN_RADIO, "LargerThanBudget")
    assert "Raise max_calls" in skip["message"]
    today = {entry.playlist_id: entry for entry in fetch.manifest("run-2", NEXT_DAY).playlists}
    assert today.keys() == yesterday.keys()
    assert today[KITCHEN_RADIO].objects == yesterday[KITCHEN_RADIO].objects


def test_a_playlist_that_never_ends_does_not_use_up_the_budget_of_others(bundled: SpotifyApi) -> None:
    named = [KITCHEN_RADIO, SUNDAY_FERRY, ODDS_AND_ENDS, NOTHING_YET]
    kinds: tuple[WrongAnswer, ...] = ("next_beyond", "page_of_nulls", "page_empty")
    for kind in kinds:
        endless = Fault(kind, f"playlists/{KITCHEN_RADIO}/items", times=None)
        bundled.use_faults(FaultPlan((endless,)))
        fetch = quick_world(bundled, fetch_concurrency=2)
        answer = fetch.run(playlists=named, max_calls=60)
        assert [skip["playlist"] for skip in answer["playlists"]["skipped"]] == [KITCHEN_RADIO]
        assert len(fetch.manifest().playlists) == 3


def test_artists_that_were_never_read_come_before_those_that_are_due_again(development: SpotifyApi) -> None:
    fetch = quick_world(development, fetch_concurrency=1, artist_refresh_days=1)
    whole = fetch.run(playlists=[ODDS_AND_ENDS])["artists"]["fetched"]
    fetch = quick_world(development, fetch_concurrency=1, artist_refresh_days=1)
    budget = 1 + whole // 3 + 1
    known = 0
    for number in range(1, 4):
        day = (TODAY + dt.timedelta(days=number)).isoformat()  # all that were read before are due again
        answer = fetch.run(f"run-{number}", day, playlists=[ODDS_AND_ENDS], max_calls=budget)
        held = {
            line["artist_id"]
            for obj in fetch.manifest(f"run-{number}", day).artist_records
            for line in fetch.lines(obj.key)
        }
        assert len(held) > known, answer["artists"]
        known = len(held)
    assert known == whole


def test_calls_that_are_reserved_are_not_spent_by_others() -> None:
    calls = Calls(10, {}, workers=2)
    with calls.reserve(6):
        for _ in range(8):
            calls.spend("pages")
    with pytest.raises(CallBudgetSpent), calls.reserve(3):
        pass
    with calls.reserve(2):
        calls.spend("pages")
    calls.spend("playlists")
    with pytest.raises(CallBudgetSpent):
        calls.spend("playlists")
    assert calls.can_never_make(9)
    assert not calls.can_never_make(8)
    assert not Calls(0, {}).can_never_make(10**6)
