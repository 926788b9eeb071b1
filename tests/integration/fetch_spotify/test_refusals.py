"""Refusals and failures: by Spotify, the secret, the bucket and the clock."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from typing import Any, Literal

import pytest

from fetch_spotify import errors
from infra.local.spotify_api import (
    REFRESH_TOKEN,
    AccountsOptions,
    Fault,
    FaultPlan,
    SpotifyApi,
)
from tests.integration.fetch_support import (
    BASEMENT,
    DAILY_FIFTY,
    KITCHEN_RADIO,
    NEXT_DAY,
    NOTHING_YET,
    SECRET,
    SUNDAY_FERRY,
    UNKNOWN,
    USER_SECRET,
    aws_world,
    world,
)


def test_unreadable_playlists_are_skipped_with_their_reasons_and_the_others_are_read(
    play: Callable[..., SpotifyApi],
) -> None:
    with world(play(mode="development")) as fetch:
        answer = fetch.run(playlists=[NOTHING_YET, BASEMENT, UNKNOWN, "not-a-playlist"])
        reasons = {skip["playlist"]: skip["reason"] for skip in answer["playlists"]["skipped"]}
        assert reasons == {
            BASEMENT: "NotReadable",
            UNKNOWN: "NotFound",
            "not-a-playlist": "InvalidPlaylistReference",
        }
        assert answer["playlists"]["fetched"] == 1


def test_when_no_playlist_can_be_read_each_is_named(play: Callable[..., SpotifyApi]) -> None:
    with world(play(mode="development")) as fetch:
        with pytest.raises(errors.NoPlaylistReadable) as failure:
            fetch.run(playlists=[BASEMENT, UNKNOWN])
        assert BASEMENT in str(failure.value)
        assert UNKNOWN in str(failure.value)
        assert not fetch.all_keys("spotify/manifests/")


def test_a_refused_playlist_of_the_listing_is_not_requested_every_day(
    play: Callable[..., SpotifyApi],
) -> None:
    spotify = play(mode="legacy_development")
    with world(spotify) as fetch:
        fetch.run()
        spotify.calls.clear()
        fetch.run("run-2")
        assert spotify.calls.number(f"playlists/{DAILY_FIFTY}") == 0
        fetch.clock.sleep(8 * 86_400)
        fetch.run("run-3")
        assert spotify.calls.number(f"playlists/{DAILY_FIFTY}") == 1


@pytest.mark.parametrize("was_read", [True, False])
@pytest.mark.parametrize("status", [403, 404])
def test_an_own_playlist_that_is_refused_once_is_read_the_next_day(
    play: Callable[..., SpotifyApi], status: int, was_read: bool
) -> None:
    spotify = play()
    with world(spotify) as fetch:
        if was_read:
            fetch.run("run-0")
            to_next_day(spotify)
        refuse_once(spotify, KITCHEN_RADIO, status)
        answer = fetch.run("run-1")
        assert [skip["playlist"] for skip in answer["playlists"]["skipped"]] == [KITCHEN_RADIO]
        assert answer["calls"].get("me", 0) == (0 if was_read else 1)  # to find out that it is the account's
        assert fetch.run("run-2")["playlists"]["skipped"] == []


def test_a_known_playlist_of_others_that_is_refused_once_is_read_the_next_day(
    play: Callable[..., SpotifyApi],
) -> None:
    spotify = play()
    with world(spotify) as fetch:
        fetch.run("run-0")
        to_next_day(spotify)
        refuse_once(spotify, DAILY_FIFTY, 404)
        assert fetch.run("run-1")["playlists"]["skipped_total"] == 1
        answer = fetch.run("run-2")
        assert (answer["playlists"]["skipped"], answer["api_mode"]) == ([], "extended")


def test_a_new_consent_clears_the_refusals_of_the_previous_one(play: Callable[..., SpotifyApi]) -> None:
    spotify = play(mode="legacy_development")
    for change, calls in (({"refresh_token": REFRESH_TOKEN}, 0), ({"consented_at": "2026-11-20"}, 1)):
        with world(spotify, {**USER_SECRET, "consented_at": "2026-11-01"}) as fetch:
            fetch.run()
            spotify.calls.clear()
            secret = {**USER_SECRET, "consented_at": "2026-11-01", **change}
            fetch.secrets.put_secret_value(SecretId=SECRET, SecretString=json.dumps(secret))
            fetch.run("run-2")
            assert spotify.calls.number(f"playlists/{DAILY_FIFTY}") == calls


def test_a_refused_playlist_is_requested_once_per_run_and_again_after_a_run_that_read_nothing(
    play: Callable[..., SpotifyApi],
) -> None:
    spotify = play()
    with world(spotify, fetch_concurrency=1) as fetch:
        answer = fetch.run(playlists=[UNKNOWN, KITCHEN_RADIO, SUNDAY_FERRY], calls_each=3)
        assert [skip["reason"] for skip in answer["playlists"]["skipped"]] == ["NotFound"]
        assert fetch.manifest().details.rounds > 1
        assert spotify.calls.number(f"playlists/{UNKNOWN}") == 1
    with world(spotify) as fetch:
        refuse_once(spotify, KITCHEN_RADIO, 404)
        with pytest.raises(errors.NoPlaylistReadable):
            fetch.invoke(playlists=[KITCHEN_RADIO])
        assert fetch.invoke(playlists=[KITCHEN_RADIO])["playlists"]["fetched"] == 1


def refuse_once(spotify: SpotifyApi, playlist_id: str, status: int) -> None:
    spotify.use_faults(FaultPlan((Fault("status", f"playlists/{playlist_id}", status=status),)))


def to_next_day(spotify: SpotifyApi) -> None:
    spotify.day = dt.date.fromisoformat(NEXT_DAY)


@pytest.mark.parametrize(
    ("secret", "error", "sentence"),
    [
        ("not json", errors.SpotifyCredentialsInvalid, "is not JSON"),
        ("[1]", errors.SpotifyCredentialsInvalid, "not an object"),
        ({"client_id": "a"}, errors.SpotifyCredentialsInvalid, "lacks client_secret"),
        ({**USER_SECRET, "client_secret": "old"}, errors.SpotifyCredentialsInvalid, "rotated"),
        ({**USER_SECRET, "refresh_token": "old"}, errors.SpotifyAuthorizationExpired, "make authorize"),
    ],
)
def test_bad_credentials_are_named_and_the_secret_is_not_in_the_message(
    play: Callable[..., SpotifyApi], secret: Any, error: type[Exception], sentence: str
) -> None:
    with world(play(), secret) as fetch, pytest.raises(error, match=sentence) as failure:
        fetch.run()
    assert "local-spotify-secret" not in str(failure.value)


def test_a_missing_secret_is_named(play: Callable[..., SpotifyApi]) -> None:
    with (
        aws_world(play(), spotify_secret_arn="nowhere") as fetch,
        pytest.raises(errors.SpotifyCredentialsInvalid, match="'nowhere' does not exist"),
    ):
        fetch.run()


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_an_expired_consent_is_final_and_takes_one_call(
    play: Callable[..., SpotifyApi], state: Literal["expired", "revoked"]
) -> None:
    spotify = play(accounts=AccountsOptions(refresh_token_state=state))
    with world(spotify) as fetch, pytest.raises(errors.SpotifyAuthorizationExpired, match=state):
        fetch.run()
    assert spotify.calls.by_endpoint() == {"api/token": 1}


def test_a_scope_that_was_not_granted_is_named(play: Callable[..., SpotifyApi]) -> None:
    accounts = AccountsOptions(scopes=("playlist-read-private", "playlist-read-collaborative"))
    spotify = play(accounts=accounts)
    with (
        world(spotify, sources=("saved_tracks",)) as fetch,
        pytest.raises(errors.ScopeNotGranted, match="user-library-read"),
    ):
        fetch.run()
    spotify = play(accounts=dataclasses.replace(accounts, scopes=("user-library-read",)))
    with world(spotify) as fetch, pytest.raises(errors.ScopeNotGranted, match="playlist-read-private"):
        fetch.run()


@pytest.mark.parametrize("option", ["owner_has_premium", "user_is_registered"])
def test_the_error_of_a_refused_app_says_what_it_needs(play: Callable[..., SpotifyApi], option: str) -> None:
    spotify = play(mode="development", **{option: False})
    for named in ([], [KITCHEN_RADIO, SUNDAY_FERRY]):
        with world(spotify) as fetch, pytest.raises(errors.SpotifyAccessRefused, match="allowlist"):
            fetch.run(playlists=named)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_an_hour_off_is_reported(play: Callable[..., SpotifyApi], hours: int) -> None:
    with world(play(), clock_tolerance_seconds=900) as fetch:
        fetch.clock.sleep(hours * 3_600)
        with pytest.raises(errors.ClockIsWrong, match="60 minutes"):
            fetch.run()


def test_a_bucket_that_refuses_the_write_is_named(play: Callable[..., SpotifyApi]) -> None:
    with (
        aws_world(play(), raw_bucket="no-such-bucket") as fetch,
        pytest.raises(errors.RawZoneUnwritable, match=r"s3://no-such-bucket/.*NoSuchBucket"),
    ):
        fetch.run()


def test_an_outage_is_retryable_and_names_what_failed(play: Callable[..., SpotifyApi]) -> None:
    spotify = play()
    spotify.use_faults(FaultPlan((Fault("status", "playlists/*", times=None, status=503),)))
    with world(spotify) as fetch:
        with pytest.raises(errors.SpotifyUnavailable, match="503") as failure:
            fetch.invoke(playlists=[KITCHEN_RADIO])
        assert failure.value.is_retryable


def test_a_short_wait_for_the_rate_limit_is_waited_out_by_all_workers(
    play: Callable[..., SpotifyApi],
) -> None:
    spotify = play()
    spotify.use_faults(FaultPlan((Fault("rate_limited", "playlists/*", nth=2, seconds=20),)))
    with world(spotify, fetch_concurrency=4) as fetch:
        assert fetch.invoke()["status"] == "COMPLETE"
        assert sum(fetch.clock.slept) >= 19
