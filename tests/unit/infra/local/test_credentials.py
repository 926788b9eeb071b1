from __future__ import annotations

import dataclasses
import json
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from infra.local.authorize import App, Consent
from infra.local.credentials import CredentialsUnusable, EnvFileStore, SecretStore, app_from, known_settings
from infra.local.run import RunFailed, rotation_kept

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


def test_the_env_file_is_read_back_unchanged(tmp_path: Path) -> None:
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


def test_the_other_keys_of_the_secret_are_kept(secrets_manager: Any) -> None:
    arn = secrets_manager.create_secret(Name="s", SecretString='{"client_id": "old", "salt": "x"}')["ARN"]
    SecretStore(arn).write(APP, CONSENT)
    stored = json.loads(secrets_manager.get_secret_value(SecretId=arn)["SecretString"])
    assert stored == {**STORED, "salt": "x"}


def test_a_rotated_token_replaces_the_one_that_was_used_and_no_other(tmp_path: Path) -> None:
    store = EnvFileStore(tmp_path / ".env")
    assert not store.replace_token("the-refresh-token", "rotated")
    store.write(APP, CONSENT)
    assert not store.replace_token("another", "rotated")
    assert store.read() == STORED
    assert store.replace_token("the-refresh-token", "rotated")
    assert store.read() == {**STORED, "refresh_token": "rotated"}
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


class SecretOnly:
    """A stack with only a secret."""

    def __init__(self, refresh_token: str) -> None:
        self._refresh_token = refresh_token

    def secret(self) -> dict[str, str]:
        return {**STORED, "refresh_token": self._refresh_token}


@pytest.mark.parametrize(
    ("in_stack", "in_file", "then_in_file", "said"),
    [
        ("the-refresh-token", "the-refresh-token", "the-refresh-token", ""),
        ("rotated", "the-refresh-token", "rotated", ""),
        ("rotated", "given-meanwhile", "given-meanwhile", "make authorize"),
    ],
)
def test_a_token_that_a_local_run_rotated_is_saved_in_the_env_file_even_if_the_run_fails(
    tmp_path: Path, in_stack: str, in_file: str, then_in_file: str, said: str
) -> None:
    store, said_there = EnvFileStore(tmp_path / ".env"), StringIO()
    store.write(APP, dataclasses.replace(CONSENT, refresh_token=in_file))
    stack: Any = SecretOnly(in_stack)
    with pytest.raises(RunFailed), rotation_kept(stack, STORED, store, Console(file=said_there)):
        raise RunFailed
    assert store.read()["refresh_token"] == then_in_file
    assert said in said_there.getvalue()
    assert bool(said) == bool(said_there.getvalue())


def test_the_region_is_that_of_the_secrets_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget_region(monkeypatch)
    store = SecretStore("arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-AbCdEf")
    assert store._client.meta.region_name == "eu-west-1"


def test_a_secret_without_a_region_is_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget_region(monkeypatch)
    with pytest.raises(CredentialsUnusable, match="whole ARN"):
        SecretStore("s")


def _forget_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_a_secret_that_does_not_exist_is_reported(secrets_manager: Any) -> None:
    with pytest.raises(CredentialsUnusable, match="does not exist"):
        SecretStore("no-such-secret").read()


def test_a_secret_that_is_not_json_is_reported_without_its_value(secrets_manager: Any) -> None:
    arn = secrets_manager.create_secret(Name="s", SecretString="hunter2")["ARN"]
    with pytest.raises(CredentialsUnusable, match="not JSON") as refusal:
        SecretStore(arn).read()
    assert "hunter2" not in str(refusal.value)


def test_missing_settings_are_requested_and_a_secret_is_not_shown() -> None:
    asked: list[tuple[str, bool]] = []

    def ask(name: str, *, is_secret: bool) -> str:
        asked.append((name, is_secret))
        return "entered "

    assert app_from({}, ask) == App("entered", "entered")
    assert asked == [("Client id", False), ("Client secret", True)]


def test_existing_settings_are_not_requested() -> None:
    variables = {
        "SPOTIFY_CLIENT_ID": "a",
        "SPOTIFY_CLIENT_SECRET": "b",
        "SPOTIFY_API_URL": "http://x/v1/",
        "HOME": "/",
    }
    assert app_from(known_settings(variables), never_asked) == App("a", "b", api_url="http://x/v1/")
