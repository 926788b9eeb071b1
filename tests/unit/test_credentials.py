from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.local.authorize import App, Consent
from infra.local.credentials import CredentialsUnusable, EnvFileStore, SecretStore, app_from, known_settings

APP = App("the-id", "the-secret")
CONSENT = Consent("the-refresh-token", "2026-11-22T05:00:00+00:00", "Me", ("Mine",), 1)
STORED = {
    "client_id": "the-id",
    "client_secret": "the-secret",
    "refresh_token": "the-refresh-token",
    "consented_at": "2026-11-22T05:00:00+00:00",
}


@pytest.fixture
def secrets_manager() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("secretsmanager")


def never_asked(name: str, *, is_secret: bool) -> str:
    raise AssertionError(name)


def test_the_env_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    store = EnvFileStore(tmp_path / ".env")
    store.write(APP, CONSENT)
    assert store.read() == STORED


def test_only_its_owner_may_read_the_env_file(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("OTHER=1\n")
    path.chmod(0o644)
    EnvFileStore(path).write(APP, CONSENT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "OTHER=1" in path.read_text()


def test_the_secrets_other_keys_stay(secrets_manager: Any) -> None:
    arn = secrets_manager.create_secret(Name="s", SecretString='{"client_id": "old", "salt": "x"}')["ARN"]
    SecretStore(arn).write(APP, CONSENT)
    stored = json.loads(secrets_manager.get_secret_value(SecretId=arn)["SecretString"])
    assert stored == {**STORED, "salt": "x"}


def test_a_secret_that_does_not_exist_is_told(secrets_manager: Any) -> None:
    with pytest.raises(CredentialsUnusable, match="does not exist"):
        SecretStore("no-such-secret").read()


def test_a_secret_that_is_no_json_is_told_without_its_value(secrets_manager: Any) -> None:
    arn = secrets_manager.create_secret(Name="s", SecretString="hunter2")["ARN"]
    with pytest.raises(CredentialsUnusable, match="not JSON") as refusal:
        SecretStore(arn).read()
    assert "hunter2" not in str(refusal.value)


def test_what_the_settings_lack_is_asked_for_and_a_secret_is_not_shown() -> None:
    asked: list[tuple[str, bool]] = []

    def ask(name: str, *, is_secret: bool) -> str:
        asked.append((name, is_secret))
        return "entered "

    assert app_from({}, ask) == App("entered", "entered")
    assert asked == [("Client id", False), ("Client secret", True)]


def test_what_the_settings_have_is_not_asked_for() -> None:
    variables = {
        "SPOTIFY_CLIENT_ID": "a",
        "SPOTIFY_CLIENT_SECRET": "b",
        "SPOTIFY_API_URL": "http://x/v1/",
        "HOME": "/",
    }
    assert app_from(known_settings(variables), never_asked) == App("a", "b", api_url="http://x/v1/")
