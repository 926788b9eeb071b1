"""The user's consent: a rotated refresh token is never lost, and a newer consent is never overwritten."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest

from fetch_spotify.errors import ClockIsWrong
from fetch_spotify.spotify.auth import Credentials
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
