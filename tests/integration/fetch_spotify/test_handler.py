"""The Lambda's handler as AWS calls it, and its outputs."""

from __future__ import annotations

import dataclasses
import gzip
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from common.events import InvalidEvent
from fetch_spotify import errors
from fetch_spotify.handler import handler
from fetch_spotify.spotify import transport
from infra.local.spotify_api import (
    CLIENT_SECRET,
    REFRESH_TOKEN,
    AccountsOptions,
    Fault,
    FaultPlan,
    SpotifyApi,
)
from tests.integration.fetch_support import (
    BUCKET,
    DAY,
    NOTHING_YET,
    ODDS_AND_ENDS,
    SECRET,
    USER_SECRET,
    World,
    aws_world,
)


@dataclasses.dataclass
class FakeContext:
    """The Lambda context, with plenty of time."""

    function_name: str = "fetch-spotify"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:fetch-spotify"
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def as_text(body: bytes) -> str:
    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Call the handler with the environment of a deployment."""

    def call(fetch: World, event: dict[str, Any], **env: str) -> Any:
        variables = {
            "RAW_BUCKET": BUCKET,
            "SPOTIFY_SECRET_ARN": SECRET,
            "SPOTIFY_API_URL": fetch.spotify.api_url,
            "SPOTIFY_ACCOUNTS_URL": fetch.spotify.accounts_url,
            **env,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return handler({"run_id": "run-1", "snapshot_date": DAY, **event}, FakeContext())

    return call


def test_the_handler_reads_its_environment_and_answers_small_json(
    play: Callable[..., SpotifyApi], invoke: Callable[..., Any]
) -> None:
    with aws_world(play()) as fetch:
        answer = invoke(fetch, {"playlists": [ODDS_AND_ENDS], "cursor": None}, FETCH_CONCURRENCY="2")
        assert len(json.dumps(answer)) < 2_000
        assert (answer["status"], answer["items"], answer["run_id"]) == ("COMPLETE", 59, "run-1")
        assert answer["manifest"] == (
            f"s3://{BUCKET}/spotify/manifests/snapshot_date={DAY}/run_id=run-1/manifest.json"
        )


def test_a_file_of_playlists_is_read_in_the_version_that_was_checked(
    play: Callable[..., SpotifyApi], invoke: Callable[..., Any]
) -> None:
    with aws_world(play()) as fetch:
        fetch.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        version = fetch.s3.put_object(Bucket=BUCKET, Key="drop/list", Body=ODDS_AND_ENDS)["VersionId"]
        fetch.s3.put_object(Bucket=BUCKET, Key="drop/list", Body="replaced by something else")
        file = {"bucket": BUCKET, "key": "drop/list", "version": version}
        answer = invoke(fetch, {"playlists": [NOTHING_YET], "playlists_file": file})
        assert (answer["playlists"]["fetched"], answer["items"]) == (2, 59)


def test_configured_playlists_are_read_when_the_input_names_none(
    play: Callable[..., SpotifyApi], invoke: Callable[..., Any]
) -> None:
    with aws_world(play()) as fetch:
        answer = invoke(fetch, {"playlists": []}, DEFAULT_PLAYLISTS=f"{NOTHING_YET}, {ODDS_AND_ENDS}")
        assert answer["playlists"]["fetched"] == 2


def test_the_days_left_and_the_calls_are_metrics(
    play: Callable[..., SpotifyApi], invoke: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with aws_world(play(), {**USER_SECRET, "consented_at": "2126-01-01"}) as fetch:
        invoke(fetch, {"playlists": [NOTHING_YET]})
    metrics = next(line for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line)
    body = json.loads(metrics)
    assert body["SpotifyCalls"] == [2.0]
    assert body["AuthorizationDaysLeft"][0] > 182


@pytest.mark.parametrize(
    ("endpoint", "command"),
    [("", f"`make authorize SECRET={SECRET}`"), ("http://127.0.0.1:1", "`make authorize`")],
    ids=["on AWS", "on this machine"],
)
def test_an_expired_consent_is_reported_with_the_command_that_renews_it(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, command: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("SPOTIFY_SECRET_ARN", SECRET)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    for error in (
        errors.SpotifyAuthorizationExpired("expired"),
        errors.ScopeNotGranted(["user-library-read"], "saved tracks"),
    ):
        assert command in str(error)


def test_the_command_that_renews_a_consent_names_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without them the new consent would lack the same scope.
    monkeypatch.setenv("SPOTIFY_SECRET_ARN", SECRET)
    monkeypatch.setenv("SOURCES", "playlists, saved_tracks")
    error = errors.ScopeNotGranted(["user-library-read"], "saved tracks")
    assert f"`make authorize SECRET={SECRET} SOURCES=playlists,saved_tracks`" in str(error)


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ({"run_id": "a/b"}, "run_id"),
        ({"snapshot_date": "yesterday"}, "snapshot_date"),
        ({"playlists": "abc"}, "playlists"),
        ({"max_calls": 0}, "max_calls"),
    ],
)
def test_an_invalid_event_is_refused_with_the_key(
    play: Callable[..., SpotifyApi], invoke: Callable[..., Any], event: dict[str, Any], key: str
) -> None:
    with aws_world(play()) as fetch, pytest.raises(InvalidEvent, match=key):
        invoke(fetch, event)


def test_no_output_of_runs_contains_a_secret(
    play: Callable[..., SpotifyApi],
    invoke: Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(transport, "_FIRST_PAUSE", 0.001)
    spotify = play(accounts=AccountsOptions(rotate_refresh_tokens=True))
    left_behind: list[str] = []
    with aws_world(spotify, {**USER_SECRET, "salt": "a-salt-that-stays-secret"}) as fetch:
        plans = (
            FaultPlan((Fault("status", "playlists/*", status=401), Fault("cut_off", "playlists/*", nth=3))),
            FaultPlan((Fault("quota_exceeded", "playlists/*", seconds=9_000),)),
            FaultPlan((Fault("string_error", "api/token", status=400),)),
            FaultPlan((Fault("status", "playlists/*", times=None, status=500),)),
        )
        for number, plan in enumerate(plans):
            spotify.use_faults(plan)
            fetch.s3.delete_object(Bucket=BUCKET, Key="spotify/fetch_state/blocked.json")
            event = {"run_id": f"run-{number}", "playlists": [ODDS_AND_ENDS]}
            try:
                left_behind.append(json.dumps(invoke(fetch, event)))
            except errors.FetchError as error:
                left_behind.append(f"{error!r} {error} {error.__cause__!r} {error.__context__!r}")
        left_behind += [as_text(fetch.body(key)) for key in fetch.all_keys()]
        tokens = [*spotify.accounts.refresh_tokens, *spotify.accounts._access]
    assert len(tokens) > len(plans)
    captured = capsys.readouterr()
    text = "\n".join([*left_behind, captured.out, captured.err, caplog.text])
    assert "run-0" in text
    for secret in (CLIENT_SECRET, REFRESH_TOKEN, "a-salt-that-stays-secret", "Bearer ", "Basic ", *tokens):
        assert secret not in text
