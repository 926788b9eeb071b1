"""Full album records: read in batches only, after the artists, and never one call per album."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterator

import pytest
from werkzeug.wrappers import Request

from fetch_spotify.spotify.transport import MAX_CHECKS
from infra.local.spotify_api import Fault, FaultPlan, SpotifyApi, SpotifyApiOptions
from infra.local.spotify_api.options import Mode
from spotify_lake.contract.raw_zone import manifest_key
from tests.integration.edited_spotify import EditedSpotify, JsonObject, leave_alone
from tests.integration.fetch_support import (
    DAY,
    KITCHEN_RADIO,
    NEXT_DAY,
    ODDS_AND_ENDS,
    SUNDAY_FERRY,
    World,
    days_later,
    quick_world,
)

NAMED = [KITCHEN_RADIO, ODDS_AND_ENDS, SUNDAY_FERRY]
TODAY = dt.date.fromisoformat(DAY)
MODES: tuple[Mode, ...] = ("extended", "legacy_development", "development")


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[Mode, EditedSpotify]]:
    """A local Spotify for each kind of app."""
    running = {mode: EditedSpotify(SpotifyApiOptions(day=TODAY, mode=mode)) for mode in MODES}
    for server in running.values():
        server.start()
    yield running
    for server in running.values():
        server.stop()


@pytest.fixture
def spotify(servers: dict[Mode, EditedSpotify]) -> EditedSpotify:
    return as_new(servers["extended"])


def as_new(spotify: EditedSpotify) -> EditedSpotify:
    spotify.edit = leave_alone
    spotify.use_faults(FaultPlan())
    return spotify


def calls(spotify: SpotifyApi) -> tuple[int, int]:
    """Batch reads and single reads of albums."""
    return spotify.calls.number("albums"), spotify.calls.number("albums/*")


def lines(fetch: World, run_id: str = "run-1", day: str = DAY) -> list[JsonObject]:
    return [line for obj in fetch.manifest(run_id, day).album_records for line in fetch.lines(obj.key)]


def album_ids(fetch: World) -> set[str]:
    """The albums of the tracks that the first run stored."""
    objects = [obj for entry in fetch.manifest().playlists for obj in entry.objects]
    tracks = [(line["record"] or {}).get("track") for obj in objects for line in fetch.lines(obj.key)]
    found = {track["album"]["id"] for track in tracks if track and "album" in track and not track["is_local"]}
    return found - {None}


@pytest.mark.parametrize("mode", ["extended", "legacy_development"])
def test_every_album_is_read_once_in_batches_of_twenty(
    servers: dict[Mode, EditedSpotify], mode: Mode
) -> None:
    spotify = as_new(servers[mode])
    fetch = quick_world(spotify)
    answer = fetch.run(playlists=NAMED)
    wanted = album_ids(fetch)
    assert answer["albums"] == {"fetched": len(wanted), "known": 0, "postponed": 0}
    assert calls(spotify) == (math.ceil(len(wanted) / 20), 0)
    assert {line["album_id"] for line in lines(fetch)} == wanted
    assert all(line["record"]["label"] and line["record"]["external_ids"]["upc"] for line in lines(fetch))
    assert all("items" not in line["record"]["tracks"] for line in lines(fetch))


def test_known_albums_take_no_call_on_the_next_day(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify)
    read = fetch.run(playlists=NAMED)["albums"]["fetched"]
    spotify.calls.clear()
    answer = fetch.run("run-2", NEXT_DAY, playlists=NAMED)
    assert answer["albums"] == {"fetched": 0, "known": read, "postponed": 0}
    assert calls(spotify) == (0, 0)
    assert len(lines(fetch, "run-2", NEXT_DAY)) == read


def test_albums_are_read_again_after_the_refresh_age(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify, artist_refresh_days=3)
    read = fetch.run(playlists=[ODDS_AND_ENDS])["albums"]["fetched"]
    second = fetch.run("run-2", days_later(2), playlists=[ODDS_AND_ENDS])["albums"]
    third = fetch.run("run-3", days_later(3), playlists=[ODDS_AND_ENDS])["albums"]
    assert (second["known"], third["fetched"]) == (read, read)


def test_a_run_for_an_earlier_day_reads_its_own_albums(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify)
    later = fetch.run("run-1", days_later(1), playlists=NAMED)["albums"]
    assert fetch.run("run-2", playlists=NAMED)["albums"] == later
    after = fetch.run("run-3", days_later(2), playlists=NAMED)["albums"]
    assert (after["fetched"], after["known"]) == (0, later["fetched"])


def test_a_development_app_requests_no_album(servers: dict[Mode, EditedSpotify]) -> None:
    spotify = as_new(servers["development"])
    fetch = quick_world(spotify)
    answer = fetch.run(playlists=[ODDS_AND_ENDS])
    assert answer["albums"] == {"fetched": 0, "known": 0, "postponed": 0}
    assert calls(spotify) == (0, 0)
    assert fetch.manifest().album_records == ()


@pytest.mark.parametrize("status", [403, 404, 410])
def test_withdrawn_batches_do_not_fail_a_run_and_are_not_replaced_by_single_reads(
    spotify: EditedSpotify, status: int
) -> None:
    fetch = quick_world(spotify)
    spotify.use_faults(FaultPlan((Fault("status", "albums", times=None, status=status),)))
    answer = fetch.run(playlists=NAMED)
    assert (answer["status"], answer["albums"]) == ("COMPLETE", {"fetched": 0, "known": 0, "postponed": 0})
    assert answer["artists"]["fetched"] > 0
    assert calls(spotify) == (1, 0)  # the first batch decides for all
    fetch.run("run-2", playlists=NAMED)
    assert calls(spotify) == (1, 0)
    spotify.use_faults(FaultPlan())
    fetch.clock.sleep(8 * 86_400)
    assert fetch.run("run-3", playlists=NAMED)["albums"]["fetched"] == len(album_ids(fetch))


def test_stored_records_are_used_when_batches_are_withdrawn(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify, fetch_concurrency=1, artist_refresh_days=3)
    read = fetch.run(playlists=[ODDS_AND_ENDS])["albums"]["fetched"]
    spotify.calls.clear()
    spotify.use_faults(FaultPlan((Fault("status", "albums", times=None, status=403),)))
    fetch.run("run-2", days_later(4), playlists=[ODDS_AND_ENDS])
    assert calls(spotify) == (1, 0)
    assert len(lines(fetch, "run-2", days_later(4))) == read


def test_a_spent_budget_leaves_albums_to_the_next_run_after_the_artists(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify, fetch_concurrency=1)
    needed = fetch.run(playlists=NAMED)["calls"]
    for spared in (1, needed["albums"]):
        fetch = quick_world(spotify, fetch_concurrency=1)
        answer = fetch.run(playlists=NAMED, max_calls=needed["total"] - needed["token"] - spared)
        assert answer["artists"]["postponed"] == 0
        assert answer["calls"].get("albums", 0) == needed["albums"] - spared
        assert answer["albums"]["postponed"] > 0
        second = fetch.run("run-2", playlists=NAMED)
        assert second["albums"]["known"] == answer["albums"]["fetched"]
        assert second["albums"]["fetched"] == answer["albums"]["postponed"]
        assert second["calls"]["albums"] == spared


@pytest.mark.parametrize("calls_each", [2, 5])
def test_a_run_of_many_short_invocations_requests_no_album_twice(
    spotify: EditedSpotify, calls_each: int
) -> None:
    undisturbed = quick_world(spotify)
    undisturbed.run(playlists=[ODDS_AND_ENDS])
    fetch = quick_world(spotify, fetch_concurrency=1)
    answer = fetch.run(playlists=[ODDS_AND_ENDS], calls_each=calls_each)
    assert fetch.records() == undisturbed.records()
    assert answer["albums"]["fetched"] == len(album_ids(fetch))
    assert max(count for (path, _), count in fetch.reads().items() if path == "/v1/albums") == 1


def short(albums: list[JsonObject | None]) -> None:
    del albums[-2:]


def longer(albums: list[JsonObject | None]) -> None:
    albums.append({**(albums[0] or {}), "id": "0" * 22})


def repeated(albums: list[JsonObject | None]) -> None:
    albums[1] = albums[0]


def of_others(albums: list[JsonObject | None]) -> None:
    albums[0] = {**(albums[0] or {}), "id": "0" * 22}


@pytest.mark.parametrize(("edit", "lost"), [(short, 2), (longer, 0), (repeated, 1), (of_others, 1)])
def test_only_requested_records_of_a_wrong_answer_are_kept_and_the_others_are_requested_again(
    spotify: EditedSpotify, edit: Callable[[list[JsonObject | None]], None], lost: int
) -> None:
    fetch = quick_world(spotify, fetch_concurrency=1)
    left = [MAX_CHECKS]

    def first_batch(request: Request, body: JsonObject) -> None:
        if request.path == "/v1/albums" and left[0]:
            left[0] -= 1
            edit(body["albums"])

    spotify.edit = first_batch
    answer = fetch.run(playlists=[ODDS_AND_ENDS])
    wanted = album_ids(fetch)
    assert answer["albums"] == {"fetched": len(wanted) - lost, "known": 0, "postponed": lost}
    stored = [line["album_id"] for line in lines(fetch)]
    assert len(stored) == len(set(stored))
    assert set(stored) <= wanted
    second = fetch.run("run-2", playlists=[ODDS_AND_ENDS])["albums"]
    assert second == {"fetched": lost, "known": len(wanted) - lost, "postponed": 0}


def test_an_unknown_album_is_not_requested_again_until_it_is_due(
    spotify: EditedSpotify,
) -> None:
    def without_the_first(request: Request, body: JsonObject) -> None:
        if request.path == "/v1/albums":
            body["albums"][0] = None

    spotify.edit = without_the_first
    fetch = quick_world(spotify)
    answer = fetch.run(playlists=[ODDS_AND_ENDS])
    batches = math.ceil(len(album_ids(fetch)) / 20)
    assert answer["albums"]["postponed"] == 0
    assert len(lines(fetch)) == len(album_ids(fetch)) - batches
    fetch.run("run-2", playlists=[ODDS_AND_ENDS])
    assert calls(spotify) == (MAX_CHECKS * batches, 0)


def test_a_batch_that_is_refused_as_a_bad_request_is_left_to_the_next_run(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify, fetch_concurrency=1)
    spotify.use_faults(FaultPlan((Fault("status", "albums", times=1, status=400),)))
    first = fetch.run(playlists=[ODDS_AND_ENDS])["albums"]
    assert first["postponed"] == 20
    second = fetch.run("run-2", playlists=[ODDS_AND_ENDS])["albums"]
    assert (second["fetched"], second["known"]) == (20, first["fetched"])


def test_the_index_of_albums_is_rebuilt_from_the_raw_zone_when_it_is_lost(spotify: EditedSpotify) -> None:
    fetch = quick_world(spotify)
    read = fetch.run(playlists=[ODDS_AND_ENDS])["albums"]["fetched"]
    del fetch.s3.bodies["spotify/index/albums.json.gz"]
    assert fetch.run("run-2", playlists=[ODDS_AND_ENDS])["albums"]["known"] == read


def test_a_raw_zone_without_albums_gets_them_without_reading_its_playlists_again(
    spotify: EditedSpotify,
) -> None:
    fetch = quick_world(spotify)
    read = fetch.run(playlists=[ODDS_AND_ENDS])["albums"]["fetched"]
    manifest = json.loads(fetch.s3.bodies[manifest_key(DAY, "run-1")])
    del manifest["album_records"]
    fetch.s3.bodies = {key: body for key, body in fetch.s3.bodies.items() if "/albums" not in key}
    fetch.s3.bodies[manifest_key(DAY, "run-1")] = json.dumps(manifest).encode()
    for key in fetch.all_keys("spotify/index/playlists"):
        entry = json.loads(fetch.s3.bodies.pop(key))
        entry["artist_ids"] = entry.pop("record_ids")["artists"]
        old_key = f"spotify/index/playlists/playlist_items/{ODDS_AND_ENDS}.json"
        fetch.s3.bodies[old_key] = json.dumps({**entry, "version": 1}).encode()
    answer = fetch.run("run-2", playlists=[ODDS_AND_ENDS])
    assert answer["playlists"]["unchanged"] == 1
    assert answer["albums"]["fetched"] == read
