"""Records of unchanged playlists: followers every day, within the budget, and only with extended quota."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Request

from infra.local.spotify_api import Fault, FaultPlan, SpotifyApiOptions
from tests.integration.edited_spotify import EditedSpotify, JsonObject, leave_alone
from tests.integration.fetch_support import DAY, HUNDRED_EVEN, KITCHEN_RADIO, NOTHING_YET, World, quick_world

FIRST_DAY = dt.date.fromisoformat(DAY)
PLAYLISTS = 11


@pytest.fixture(scope="module")
def server() -> Iterator[EditedSpotify]:
    with EditedSpotify(SpotifyApiOptions(day=FIRST_DAY)) as running:
        yield running


@pytest.fixture
def spotify(server: EditedSpotify) -> EditedSpotify:
    server.day, server.edit = FIRST_DAY, leave_alone
    server.use_faults(FaultPlan())
    return server


def run_day(fetch: World, number: int, **event: int) -> JsonObject:
    """Run the pipeline on one day after another; the day of number 0 is the first."""
    fetch.spotify.day = FIRST_DAY + dt.timedelta(days=number)
    fetch.spotify.calls.clear()
    return fetch.run(f"run-{number}", str(fetch.spotify.day), **event)


def followers(fetch: World, number: int) -> dict[str, int]:
    """The followers in the records of a day's run, by playlist; the latest record counts."""
    day = str(FIRST_DAY + dt.timedelta(days=number))
    objects = fetch.manifest(f"run-{number}", day).playlist_records
    lines = [line for obj in objects for line in fetch.lines(obj.key)]
    lines.sort(key=lambda line: line["fetched_at"])
    counted = [line for line in lines if line["record"].get("followers")]
    return {line["playlist_id"]: line["record"]["followers"]["total"] for line in counted}


def test_every_playlist_has_the_followers_of_the_day_on_every_day(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify)
    for number in range(3):
        answer = run_day(fetch, number)
        found = followers(fetch, number)
        records = {key: spotify.catalog.playlist(key, spotify.day) for key in found}
        expected = {key: stored.record["followers"]["total"] for key, stored in records.items() if stored}
        assert found == expected
        assert len(found) == PLAYLISTS
        assert answer["playlists"]["heads"] == {"read": answer["playlists"]["unchanged"], "left_out": 0}
        assert answer["calls"].get("heads", 0) == answer["playlists"]["unchanged"]


def test_a_head_is_small_and_has_all_that_a_row_needs(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify)
    run_day(fetch, 0)
    run_day(fetch, 1)
    (key,) = [key for key in fetch.all_keys() if key.endswith(f"playlist_id={HUNDRED_EVEN}/head.ndjson.gz")]
    ((line),) = fetch.lines(key)
    assert line["record"]["tracks"] == {"total": 100}
    assert line["record"]["owner"]["display_name"]
    drift = fetch.manifest("run-1", "2026-11-23").details.drift
    assert not [name for kind in drift.values() for name in kind if name.startswith("playlist.")]


def test_no_head_is_read_with_reread_unchanged_none(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify, reread_unchanged="none")
    run_day(fetch, 0)
    answer = run_day(fetch, 1)
    assert answer["playlists"]["heads"] == {"read": 0, "left_out": 0}
    assert len(followers(fetch, 1)) == answer["playlists"]["fetched"] < PLAYLISTS


@pytest.mark.parametrize("mode", ["legacy_development", "development"])
def test_an_app_in_development_mode_makes_no_call_for_heads(mode: str) -> None:
    with EditedSpotify(SpotifyApiOptions(day=FIRST_DAY, mode=mode)) as spotify:  # type: ignore[arg-type]
        fetch = quick_world(spotify)
        run_day(fetch, 0)
        answer = run_day(fetch, 1)
    assert answer["playlists"]["unchanged"] > 0
    assert answer["playlists"]["heads"] == {"read": 0, "left_out": 0}
    assert "heads" not in answer["calls"]


def test_heads_use_the_rest_of_the_budget_and_the_day_is_complete(
    spotify: EditedSpotify,
) -> None:
    unbounded = quick_world(spotify)
    run_day(unbounded, 0)
    whole = run_day(unbounded, 1)
    others = whole["calls"]["total"] - whole["calls"]["heads"] - whole["calls"]["token"]
    fetch = quick_world(spotify, fetch_concurrency=1)
    run_day(fetch, 0)
    answer = run_day(fetch, 1, max_calls=others + 3)
    assert answer["status"] == "COMPLETE"
    assert answer["artists"]["postponed"] == 0
    assert answer["playlists"]["fetched"] == whole["playlists"]["fetched"]
    assert answer["playlists"]["heads"] == {"read": 3, "left_out": answer["playlists"]["unchanged"] - 3}


def test_a_small_budget_leaves_out_other_playlists_each_day(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify, fetch_concurrency=1)
    fetch.run("run-0", DAY)
    seen = set()
    for number in range(1, 9):
        day = str(FIRST_DAY + dt.timedelta(days=number))
        fetch.run(
            f"run-{number}", day, max_calls=4
        )  # the list and three heads; Spotify's day does not change
        seen |= set(followers(fetch, number))
    assert len(seen) > PLAYLISTS // 2


def test_a_head_is_read_once_however_often_the_run_is_interrupted(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify, fetch_concurrency=1)
    fetch.run("run-0", DAY)
    spotify.calls.clear()
    answer = fetch.run("run-1", "2026-11-23", calls_each=3)
    assert answer["playlists"]["heads"] == {"read": PLAYLISTS, "left_out": 0}
    assert len(followers(fetch, 1)) == PLAYLISTS
    assert set(fetch.reads().values()) == {1}


def test_a_head_that_is_refused_is_left_out_and_the_playlist_stays(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify)
    fetch.run("run-0", DAY)
    spotify.use_faults(FaultPlan((Fault("status", f"playlists/{NOTHING_YET}", times=None, status=404),)))
    answer = fetch.run("run-1", "2026-11-23")
    assert answer["playlists"]["heads"] == {"read": PLAYLISTS - 1, "left_out": 1}
    assert answer["playlists"]["unchanged"] == PLAYLISTS
    assert NOTHING_YET not in followers(fetch, 1)


def test_a_head_of_another_playlist_is_left_out(spotify: EditedSpotify) -> None:
    def edit(request: Request, body: JsonObject) -> None:
        if request.path.endswith(f"/playlists/{NOTHING_YET}") and "fields" in request.args:
            body["id"] = HUNDRED_EVEN

    fetch = quick_world(spotify)
    fetch.run("run-0", DAY)
    spotify.edit = edit
    answer = fetch.run("run-1", "2026-11-23")
    assert answer["playlists"]["heads"] == {"read": PLAYLISTS - 1, "left_out": 1}


def test_a_playlist_whose_earlier_contents_are_used_has_the_followers_of_the_day(
    spotify: EditedSpotify,
) -> None:
    def cut_head(request: Request, body: JsonObject) -> None:
        if request.path.endswith(f"/playlists/{KITCHEN_RADIO}") and "fields" not in request.args:
            body["tracks"]["next"] = None

    fetch = quick_world(spotify)
    before = run_day(fetch, 0)
    spotify.edit = cut_head
    answer = run_day(fetch, 1)
    assert [skip["playlist"] for skip in answer["playlists"]["skipped"]] == [KITCHEN_RADIO]
    assert len(followers(fetch, 1)) == PLAYLISTS == before["playlists"]["fetched"]
    stored = spotify.catalog.playlist(KITCHEN_RADIO, spotify.day)
    assert stored is not None
    assert followers(fetch, 1)[KITCHEN_RADIO] == stored.record["followers"]["total"]


def test_a_record_that_states_another_number_of_items_is_left_out(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify)
    run_day(fetch, 0)

    def edit(request: Request, body: JsonObject) -> None:
        if request.path.endswith(HUNDRED_EVEN) and "fields" in request.args:
            body["tracks"]["total"] = 60

    spotify.edit = edit
    answer = run_day(fetch, 1)
    unchanged = answer["playlists"]["unchanged"]
    assert answer["playlists"]["heads"] == {"read": unchanged - 1, "left_out": 1}
    assert HUNDRED_EVEN not in followers(fetch, 1)
