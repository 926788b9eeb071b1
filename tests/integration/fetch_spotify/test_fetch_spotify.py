"""The fetch with the local Spotify: modes, grants, days, references, and errors."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from fetch_spotify import errors
from fetch_spotify.storage.record_index import index_key
from infra.local.spotify_api import (
    REFRESH_TOKEN,
    AccountsOptions,
    Fault,
    FaultPlan,
    Scale,
    SpotifyApi,
)
from tests.integration.fetch_support import (
    APP_SECRET,
    BASEMENT,
    BUCKET,
    DAILY_FIFTY,
    DAY,
    HUNDRED_EVEN,
    KITCHEN_RADIO,
    NEXT_DAY,
    NOTHING_YET,
    ODDS_AND_ENDS,
    SECRET,
    SUNDAY_FERRY,
    USER_SECRET,
    aws_world,
    days_later,
    world,
)


def to_next_day(spotify: SpotifyApi) -> None:
    spotify.day = dt.date.fromisoformat(NEXT_DAY)
    spotify.calls.clear()


@pytest.mark.parametrize(
    ("mode", "skipped", "calls"),
    [
        # a token, a listing, 11 heads, 4 pages beyond the embedded hundred, 225 artists in batches of 50,
        # 280 albums (266 for a legacy app) in batches of 20
        (
            "extended",
            set(),
            {"token": 1, "listing": 1, "playlists": 11, "pages": 4, "artists": 5, "albums": 14},
        ),
        (
            "legacy_development",
            {DAILY_FIFTY},
            {"token": 1, "listing": 1, "playlists": 11, "pages": 4, "artists": 5, "albums": 14},
        ),
        (
            "development",
            {DAILY_FIFTY, BASEMENT},
            {"token": 1, "me": 1, "listing": 1, "playlists": 9, "pages": 4, "artists": 216},
        ),
    ],
)
def test_a_first_run_reads_the_account_with_the_fewest_calls_in_each_mode(
    play: Callable[..., SpotifyApi], mode: str, skipped: set[str], calls: dict[str, int]
) -> None:
    spotify = play(mode=mode)
    with world(spotify) as fetch:
        answer = fetch.run()
        assert answer["api_mode"] == mode
        assert {skip["playlist"] for skip in answer["playlists"]["skipped"]} == skipped
        assert answer["calls"] == {"total": sum(calls.values()), **calls}
        assert len(spotify.calls) == answer["calls"]["total"]
        assert answer["items"] == len(fetch.items())


def test_every_item_is_stored_once_with_its_position_and_the_record_is_the_apis_own(
    play: Callable[..., SpotifyApi],
) -> None:
    spotify = play()
    with aws_world(spotify, user_id_privacy="keep", keep_available_markets=True) as fetch:
        fetch.run(playlists=[KITCHEN_RADIO])
        day = dt.date.fromisoformat(DAY)
        expected = spotify.catalog.playlist_items(KITCHEN_RADIO, day, 0, 500)
        (entry,) = fetch.manifest().playlists
        lines = [line for obj in entry.objects for line in fetch.lines(obj.key)]
        assert [line["position"] for line in lines] == list(range(len(expected)))
        assert [line["record"] for line in lines] == expected
        assert list(lines[0]) == [
            *("source", "playlist_id", "snapshot_id", "position", "fetched_at", "run_id", "record")
        ]


def test_the_manifest_describes_the_stored_objects(play: Callable[..., SpotifyApi]) -> None:
    import hashlib

    with aws_world(play()) as fetch:
        fetch.run()
        manifest = fetch.manifest()
        objects = [obj for entry in manifest.playlists for obj in entry.objects]
        for obj in (*objects, *manifest.playlist_records, *manifest.artist_records):
            body = fetch.body(obj.key)
            assert (obj.bytes, obj.sha256) == (len(body), hashlib.sha256(body).hexdigest())
            assert obj.rows == len(fetch.lines(obj.key)) > 0


def test_client_credentials_read_named_playlists_of_an_app_with_the_old_api(
    play: Callable[..., SpotifyApi],
) -> None:
    with world(play(mode="legacy_development"), APP_SECRET) as fetch:
        answer = fetch.run(
            playlists=[SUNDAY_FERRY, f"https://open.spotify.com/intl-de/playlist/{ODDS_AND_ENDS}?si=x"]
        )
        assert (answer["grant"], answer["playlists"]["fetched"]) == ("client_credentials", 2)


def test_client_credentials_without_a_playlist_are_refused_with_the_fix(
    play: Callable[..., SpotifyApi],
) -> None:
    with (
        world(play(), APP_SECRET) as fetch,
        pytest.raises(errors.NoPlaylistReadable, match="have no user"),
    ):
        fetch.run()


def test_an_empty_playlist_is_complete_with_no_rows(play: Callable[..., SpotifyApi]) -> None:
    with world(play()) as fetch:
        fetch.run(playlists=[NOTHING_YET])
        (entry,) = fetch.manifest().playlists
        assert (entry.rows, entry.objects) == (0, ())


def test_an_unchanged_day_takes_a_token_a_listing_and_heads_and_is_complete(
    play: Callable[..., SpotifyApi],
) -> None:
    spotify = play(scale=Scale(playlists=120, items=3))
    with world(spotify) as fetch:
        fetch.run()
        spotify.calls.clear()
        answer = fetch.run("run-2", NEXT_DAY)
        assert (answer["playlists"]["fetched"], answer["playlists"]["unchanged"]) == (0, 120)
        assert spotify.calls.by_endpoint() == {"me/playlists": 3, "api/token": 1, "playlists/{id}": 120}
        assert fetch.items("run-2", NEXT_DAY) == fetch.items()
        assert fetch.manifest("run-2", NEXT_DAY).artist_records == fetch.manifest().artist_records


def test_a_second_day_reads_only_what_changed_and_refers_to_the_rest(play: Callable[..., SpotifyApi]) -> None:
    spotify = play()
    with world(spotify) as fetch:
        fetch.run()
        to_next_day(spotify)
        fetch.run("run-2", NEXT_DAY)
        before = {entry.playlist_id: entry for entry in fetch.manifest().playlists}
        after = {entry.playlist_id: entry for entry in fetch.manifest("run-2", NEXT_DAY).playlists}
        unchanged = {key for key in after if after[key].status == "unchanged"}
        assert HUNDRED_EVEN in unchanged
        assert KITCHEN_RADIO not in unchanged
        for key, entry in after.items():
            is_same = entry.snapshot_id == before[key].snapshot_id
            assert (key in unchanged) == is_same
            assert not is_same or entry.objects == before[key].objects
        whole_heads = spotify.calls.number("playlists/*") - len(unchanged)
        assert whole_heads == len(after) - len(unchanged)


def test_named_playlists_take_one_call_each_on_an_unchanged_day(play: Callable[..., SpotifyApi]) -> None:
    spotify = play()
    named = [KITCHEN_RADIO, HUNDRED_EVEN, NOTHING_YET]
    with world(spotify) as fetch:
        fetch.run(playlists=named)
        spotify.calls.clear()
        fetch.run("run-2", playlists=named)
        assert spotify.calls.by_endpoint() == {"playlists/{id}": 3, "api/token": 1}
        assert fetch.items("run-2") == fetch.items()


def test_a_playlist_is_read_again_before_its_objects_expire(
    play: Callable[..., SpotifyApi],
) -> None:
    with world(play(), raw_retention_days=30, reference_margin_days=7) as fetch:
        fetch.run("run-1", playlists=[HUNDRED_EVEN])
        fetch.clock.sleep(20 * 86_400)
        assert fetch.run("run-2", playlists=[HUNDRED_EVEN])["playlists"]["unchanged"] == 1
        fetch.clock.sleep(4 * 86_400)
        answer = fetch.run("run-3", playlists=[HUNDRED_EVEN])
        assert answer["playlists"]["fetched"] == 1
        assert not any("run_id=run-1" in obj.key for obj in fetch.manifest("run-3").artist_records)


def test_unchanged_playlists_are_read_again_for_popularity_only_with_extended_quota(
    play: Callable[..., SpotifyApi],
) -> None:
    for mode, fetched in (("extended", 1), ("development", 0)):
        with world(play(mode=mode), reread_unchanged="contents") as fetch:
            fetch.run(playlists=[HUNDRED_EVEN])
            assert fetch.run("run-2", playlists=[HUNDRED_EVEN])["playlists"]["fetched"] == fetched


def test_artists_are_read_again_after_the_refresh_age(play: Callable[..., SpotifyApi]) -> None:
    with world(play(), artist_refresh_days=3) as fetch:
        known = fetch.run(playlists=[ODDS_AND_ENDS])["artists"]["fetched"]
        second = fetch.run("run-2", days_later(2), playlists=[ODDS_AND_ENDS])["artists"]
        third = fetch.run("run-3", days_later(3), playlists=[ODDS_AND_ENDS])["artists"]
        assert (second["fetched"], second["known"], third["fetched"]) == (0, known, known)


def test_days_that_are_played_back_together_have_their_own_artists(
    play: Callable[..., SpotifyApi],
) -> None:
    with world(play(), artist_refresh_days=3) as fetch:
        read = [
            fetch.run(f"run-{number}", days_later(number), playlists=[ODDS_AND_ENDS])["artists"]["fetched"]
            for number in (0, 3, 4, 6, 1, 2, 7)
        ]
        known = read[0]
        # The days 1 and 2 come after day 6, whose artists they may not use.
        assert read == [known, known, 0, known, known, known, 0]


def test_lost_indexes_are_rebuilt_from_the_raw_zone(play: Callable[..., SpotifyApi]) -> None:
    spotify = play()
    with aws_world(spotify) as fetch:
        fetch.run()
        for key in [index_key("artists"), *fetch.all_keys("spotify/index/playlists/")]:
            fetch.s3.delete_object(Bucket=BUCKET, Key=key)
        spotify.calls.clear()
        answer = fetch.run("run-2")
        assert answer["playlists"]["unchanged"] == 11
        assert answer["artists"] == {"fetched": 0, "known": 225, "postponed": 0}


@pytest.mark.parametrize("times", [1, 3])
def test_a_playlist_that_changes_while_it_is_read_is_read_again(
    play: Callable[..., SpotifyApi], times: int
) -> None:
    spotify = play()
    moving = FaultPlan((Fault("snapshot_moves", f"playlists/{KITCHEN_RADIO}/items", times=times),))
    for named in ([KITCHEN_RADIO], []):
        with world(spotify) as fetch:
            spotify.use_faults(FaultPlan())
            fetch.run(playlists=named)
            expected = fetch.records()
        with world(spotify) as fetch:
            spotify.use_faults(moving)
            fetch.run(playlists=named)
            assert fetch.records() == expected


def test_a_playlist_that_keeps_changing_is_skipped_and_the_others_are_read(
    play: Callable[..., SpotifyApi],
) -> None:
    spotify = play()
    spotify.use_faults(FaultPlan((Fault("snapshot_moves", f"playlists/{KITCHEN_RADIO}/items", times=None),)))
    with world(spotify) as fetch:
        answer = fetch.run(playlists=[KITCHEN_RADIO, NOTHING_YET])
        assert [skip["reason"] for skip in answer["playlists"]["skipped"]] == ["PlaylistKeepsChanging"]
        assert answer["playlists"]["fetched"] == 1


def test_an_app_that_only_has_the_old_path_is_served_by_it(play: Callable[..., SpotifyApi]) -> None:
    spotify = play(mode="legacy_development", contents_paths="tracks")
    with world(spotify, fetch_concurrency=1) as fetch:
        answer = fetch.run(playlists=[KITCHEN_RADIO, SUNDAY_FERRY])
        assert answer["api_mode"] == "legacy_development"
        assert len(fetch.items()) == answer["items"] == 224 + 127
        assert spotify.calls.number("playlists/*/items", status=403) == 2  # one refusal may be temporary
        spotify.calls.clear()
        to_next_day(spotify)
        fetch.run("run-2", NEXT_DAY, playlists=[KITCHEN_RADIO])
        assert spotify.calls.number("playlists/*/items") == 0  # the path is remembered
        fetch.clock.sleep(8 * 86_400)
        spotify.day += dt.timedelta(days=1)
        fetch.run("run-3", NEXT_DAY, playlists=[KITCHEN_RADIO])
        assert spotify.calls.number("playlists/*/items") == 1  # and requested again after a week


def test_both_names_at_once_are_read_once(play: Callable[..., SpotifyApi]) -> None:
    with world(play(names="both")) as fetch:
        answer = fetch.run(playlists=[KITCHEN_RADIO])
        assert (answer["items"], answer["api_mode"]) == (224, "extended_or_legacy")


def test_a_budget_spent_on_playlists_ends_the_run_and_the_next_one_continues(
    play: Callable[..., SpotifyApi],
) -> None:
    spotify = play()
    named = [KITCHEN_RADIO, SUNDAY_FERRY, HUNDRED_EVEN]
    with world(spotify, fetch_concurrency=1) as fetch:
        with pytest.raises(errors.CallBudgetSpent, match="budget of 6 calls"):
            fetch.run(playlists=named, max_calls=6)
        assert len(spotify.calls) == 1 + 6
        answer = fetch.run("run-2", playlists=named)
        assert (answer["playlists"]["unchanged"], answer["playlists"]["fetched"]) == (1, 2)


def test_a_budget_applies_to_all_invocations_of_a_run(play: Callable[..., SpotifyApi]) -> None:
    spotify = play()
    with world(spotify, fetch_concurrency=1) as fetch, pytest.raises(errors.CallBudgetSpent):
        fetch.run(playlists=[KITCHEN_RADIO, SUNDAY_FERRY], calls_each=3, max_calls=6)
    assert len([call for call in spotify.calls if call.path.startswith("/v1/")]) == 6


def test_a_budget_spent_on_artists_leaves_the_rest_to_the_next_run(play: Callable[..., SpotifyApi]) -> None:
    with world(play(mode="development"), fetch_concurrency=1) as fetch:
        answer = fetch.run(playlists=[ODDS_AND_ENDS], max_calls=11)
        artists = answer["artists"]
        assert (answer["status"], artists["fetched"]) == ("COMPLETE", 10)
        assert artists["postponed"] > 0
        second = fetch.run("run-2", playlists=[ODDS_AND_ENDS])["artists"]
        assert (second["known"], second["fetched"]) == (10, artists["postponed"])


def test_missing_fields_are_reported_once_per_run(play: Callable[..., SpotifyApi]) -> None:
    with world(play(mode="development")) as fetch:
        missing = fetch.run(playlists=[HUNDRED_EVEN])["drift"]["missing"]
        assert missing["track.popularity"] == 100
        assert {"artist.followers", "artist.popularity"} <= missing.keys()


def test_drift_is_counted_over_all_invocations_of_a_run(play: Callable[..., SpotifyApi]) -> None:
    spotify = play(mode="development")
    reports = []
    for calls_each in (None, 10):
        with world(spotify, fetch_concurrency=1) as fetch:
            reports.append(fetch.run(playlists=[KITCHEN_RADIO], calls_each=calls_each)["drift"])
    assert reports[0] == reports[1]
    assert reports[0]["missing"]["track.popularity"] > 200


def test_no_field_is_missing_or_new_to_an_app_with_extended_quota(play: Callable[..., SpotifyApi]) -> None:
    with world(play()) as fetch:
        drift = fetch.run()["drift"]
        assert drift["new"] == {}
        assert {name.split(".")[0] for name in drift["missing"]} == {"album"}  # one album is an old record


def test_episodes_are_requested_by_every_call_for_items(play: Callable[..., SpotifyApi]) -> None:
    spotify = play()
    with world(spotify) as fetch:
        fetch.run(playlists=[ODDS_AND_ENDS, KITCHEN_RADIO])
        objects = [obj for entry in fetch.manifest().playlists for obj in entry.objects]
        items = [line["record"] for obj in objects for line in fetch.lines(obj.key)]
        assert any(payload_type(item) == "episode" for item in items)
    reads = [call for call in spotify.calls if call.endpoint in {"playlists/{id}", "playlists/{id}/items"}]
    wanted = [call.query["additional_types"] for call in reads if "fields" not in call.query]
    assert wanted == ["track,episode"] * 5


def payload_type(item: Any) -> Any:
    return (item.get("item") or item.get("track") or {}).get("type")


def test_one_refusal_of_the_new_path_neither_changes_the_path_nor_the_mode(
    play: Callable[..., SpotifyApi],
) -> None:
    spotify = play()
    spotify.use_faults(FaultPlan((Fault("status", "playlists/*/items", status=404),)))
    with world(spotify, reread_unchanged="contents", fetch_concurrency=1) as fetch:
        answer = fetch.run()
        assert (answer["api_mode"], answer["playlists"]["skipped"]) == ("extended", [])
        assert fetch.run("run-2")["playlists"]["unchanged"] == 0
        assert spotify.calls.number("playlists/*/tracks") == 1


def test_a_legacy_app_is_not_called_extended_without_evidence(
    play: Callable[..., SpotifyApi],
) -> None:
    for mode in ("legacy_development", "extended"):
        with world(play(mode=mode)) as fetch:
            assert fetch.run(playlists=[KITCHEN_RADIO])["api_mode"] == "extended_or_legacy"


def test_user_ids_are_hashed_with_the_deployments_salt_by_default(
    play: Callable[..., SpotifyApi],
) -> None:
    def added_by(salt: str, **settings: str) -> set[Any]:
        with world(play(), {**USER_SECRET, "salt": salt}, **settings) as fetch:
            fetch.run(playlists=[SUNDAY_FERRY])
            (entry,) = fetch.manifest().playlists
            lines = [line for obj in entry.objects for line in fetch.lines(obj.key)]
            return {line["record"]["added_by"]["id"] for line in lines}

    kept = added_by("salt", user_id_privacy="keep")
    hashed, other = added_by("salt"), added_by("pepper")
    assert "odalie.marrowgate" in kept
    assert not hashed & (kept - {""})
    assert hashed == added_by("salt")
    assert not (hashed - {""}) & (other - {""})
    assert added_by("salt", user_id_privacy="drop") <= {None, ""}


def test_a_rotated_refresh_token_is_stored_and_used_by_the_next_run(play: Callable[..., SpotifyApi]) -> None:
    spotify = play(accounts=AccountsOptions(rotate_refresh_tokens=True))
    with aws_world(spotify, {**USER_SECRET, "consented_at": "2026-11-01T00:00:00Z", "note": "mine"}) as fetch:
        fetch.run(playlists=[NOTHING_YET])
        secret = json.loads(fetch.secrets.get_secret_value(SecretId=SECRET)["SecretString"])
        assert secret["refresh_token"] != REFRESH_TOKEN
        assert secret["note"] == "mine"
        assert fetch.run("run-2", playlists=[NOTHING_YET])["status"] == "COMPLETE"


def test_an_access_token_that_expires_during_a_run_is_renewed_once(play: Callable[..., SpotifyApi]) -> None:
    spotify = play()
    with world(spotify, fetch_concurrency=4) as fetch:
        fetch.run()
        expected = fetch.records()
    with world(spotify, fetch_concurrency=4) as fetch:
        spotify.use_faults(FaultPlan((Fault("status", "playlists/*", nth=3, status=401),)))
        fetch.run()
        assert fetch.records() == expected
        assert spotify.calls.number("api/token") == 2


def test_the_days_left_of_the_consent_are_in_the_answer(play: Callable[..., SpotifyApi]) -> None:
    given = (dt.datetime.now(dt.UTC) - dt.timedelta(days=160, hours=1)).isoformat()
    with world(play(), {**USER_SECRET, "consented_at": given}) as fetch:
        assert fetch.run(playlists=[NOTHING_YET])["authorization"] == {"days_left": 21}


def test_a_recorded_folder_is_read_as_it_was_recorded(
    play: Callable[..., SpotifyApi], recorded_folder: Any
) -> None:
    spotify = play(recorded=recorded_folder, day=None)
    spotify.day = spotify.catalog.days()[-1]
    with world(spotify) as fetch:
        listed = [key for key in spotify.catalog.my_playlists(spotify.day) if key]
        answer = fetch.run()
        total = answer["playlists"]["fetched"] + answer["playlists"]["skipped_total"]
        assert total == len(set(listed))
