"""The user's consent: a rotated refresh token is never lost, and a newer consent is never overwritten."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from fetch_spotify.alerts import Alerts
from fetch_spotify.clock import Clock
from fetch_spotify.errors import ClockIsWrong
from fetch_spotify.spotify.auth import Credentials
from fetch_spotify.storage.run_state import RunState
from infra.local.spotify_api import (
    REFRESH_TOKEN,
    AccountsOptions,
    SpotifyApi,
    SpotifyApiOptions,
)
from tests.integration.fetch_support import (
    DAY,
    NOTHING_YET,
    USER_SECRET,
    JsonObject,
    MemorySecrets,
    World,
    quick_world,
)


class ConsentDuringTheRun(MemorySecrets):
    """The operator stores a new consent right after the run has read the old one."""

    def get_secret_value(self, *, SecretId: str) -> JsonObject:
        answer = super().get_secret_value(SecretId=SecretId)
        self.text = json.dumps({**json.loads(self.text), "refresh_token": "a new consent"})
        return answer


class ReadOnlySecret(MemorySecrets):
    """The function's role may not write the secret."""

    def put_secret_value(self, **_: Any) -> JsonObject:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutSecretValue")


class Topic:
    """An SNS client; it can refuse to publish."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.sent: list[dict[str, str]] = []
        self._refuses = refuses

    def publish(self, **message: str) -> None:
        if self._refuses:
            raise ClientError({"Error": {"Code": "AuthorizationError"}}, "Publish")
        self.sent.append(message)


@pytest.fixture
def fetch() -> Iterator[World]:
    """A world whose Spotify gives a new refresh token for each one that is used."""
    accounts = AccountsOptions(rotate_refresh_tokens=True)
    options = SpotifyApiOptions(day=dt.date.fromisoformat(DAY), accounts=accounts)
    with SpotifyApi(options) as spotify:
        yield quick_world(spotify)


def stored_token(fetch: World) -> Any:
    return json.loads(fetch.secrets.text)["refresh_token"]


def test_a_rotated_token_is_stored_even_if_the_clock_is_wrong(fetch: World) -> None:
    fetch.settings["clock_tolerance_seconds"] = 900
    fetch.clock.sleep(3_600)
    with pytest.raises(ClockIsWrong):
        fetch.run(playlists=[NOTHING_YET])
    assert stored_token(fetch) != REFRESH_TOKEN
    fetch.settings["clock_tolerance_seconds"] = 7_200
    assert fetch.run(playlists=[NOTHING_YET])["status"] == "COMPLETE"


def test_a_rotated_token_does_not_replace_a_consent_that_was_given_during_the_run(fetch: World) -> None:
    fetch.secrets = ConsentDuringTheRun(USER_SECRET)
    assert fetch.run(playlists=[NOTHING_YET])["status"] == "COMPLETE"
    assert stored_token(fetch) == "a new consent"


@pytest.mark.parametrize("consented_at", [None, "", "22 Nov 2026"])
def test_a_consent_without_its_date_causes_a_warning_with_the_fix(
    consented_at: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert Credentials("id", "secret", "token", consented_at).days_left(0) is None
    assert "make authorize" in caplog.text


def test_an_app_without_a_user_causes_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert Credentials("id", "secret").days_left(0) is None
    assert caplog.text == ""


def test_a_rotated_token_that_cannot_be_stored_raises_an_alert_and_the_run_goes_on(
    fetch: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_TOPIC_ARN", "the topic")
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:lake-pipeline"
    fetch.settings["state_machine_arn"] = machine
    fetch.secrets, fetch.sns = ReadOnlySecret(USER_SECRET), Topic()
    assert fetch.run(playlists=[NOTHING_YET])["status"] == "COMPLETE"
    (alert,) = fetch.sns.sent
    assert (alert["TopicArn"], alert["Subject"]) == ("the topic", "spotify-lake: RefreshTokenNotStored")
    message = alert["Message"]
    assert "\nReason: The secret 'spotify-app' cannot be written (AccessDeniedException).\n" in message
    assert "\nWhat to do first: Check that the function FetchSpotify may write the secret." in message
    assert "\nSince: 20" in message
    assert message.endswith(f"{machine.replace(':stateMachine:', ':execution:')}:run-1")
    assert not any(token in message for token in fetch.spotify.accounts.refresh_tokens)


def test_a_refused_alert_does_not_end_the_run(fetch: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_TOPIC_ARN", "the topic")
    fetch.secrets, fetch.sns = ReadOnlySecret(USER_SECRET), Topic(refuses=True)
    assert fetch.run(playlists=[NOTHING_YET])["status"] == "COMPLETE"


def test_the_invocations_of_a_run_send_one_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_TOPIC_ARN", "the topic")
    topic, stored = Topic(), msgspec.json.encode(RunState(started_at=f"{DAY}T05:00:00.000Z"))
    for _ in range(2):
        state = msgspec.json.decode(stored, type=RunState)
        Alerts(topic, "", state, Clock()).token_not_stored("It cannot be written.")
        stored = msgspec.json.encode(state)
    assert len(topic.sent) == 1
