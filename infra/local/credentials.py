"""Where the credentials of a Spotify app are kept: the stack's secret, or a `.env` file for this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

import boto3
import dotenv
from botocore.exceptions import BotoCoreError

from common.secrets import SecretUnusable, read_json_secret, write_json_secret
from infra.local.authorize import App, Consent
from infra.local.problems import UserProblem

# The variables of a .env file, and where each goes in the secret.
SECRET_KEYS: Final = {
    "SPOTIFY_CLIENT_ID": "client_id",
    "SPOTIFY_CLIENT_SECRET": "client_secret",
    "SPOTIFY_REFRESH_TOKEN": "refresh_token",
    "SPOTIFY_CONSENTED_AT": "consented_at",
}
_COLONS_OF_AN_ARN: Final = 5
_ADDRESSES: Final = {"SPOTIFY_API_URL": "api_url", "SPOTIFY_ACCOUNTS_URL": "accounts_url"}


class CredentialsUnusable(UserProblem):
    """Credentials cannot be read or stored; their values are never in the message."""


class Ask(Protocol):
    """Asks the user for a value."""

    def __call__(self, name: str, *, is_secret: bool) -> str:
        """Return what the user enters."""


class EnvFileStore:
    """A `.env` file. Lines that are not the pipeline's stay as they are; only its owner may read it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.place = f"{path} (only you can read it)"

    def read(self) -> dict[str, str]:
        """Return the settings it holds, by their key in the secret."""
        return known_settings(dotenv.dotenv_values(self._path))

    def write(self, app: App, consent: Consent) -> None:
        """Store app and consent."""
        values = _stored(app, consent)
        self._path.touch(mode=0o600, exist_ok=True)
        self._path.chmod(0o600)
        for variable, key in SECRET_KEYS.items():
            dotenv.set_key(self._path, variable, values[key])

    def replace_token(self, used: str, rotated: str) -> bool:
        """Store a refresh token that replaces the one used; False when the file holds another, or none."""
        if self.read().get("refresh_token") != used:
            return False
        dotenv.set_key(self._path, "SPOTIFY_REFRESH_TOKEN", rotated)
        return True


class SecretStore:
    """A secret in Secrets Manager, in the account that the AWS environment names.

    The region is the ARN's; for a mere name it is the environment's.

    Raises:
        CredentialsUnusable: the environment lacks the region, or cannot be used.
    """

    def __init__(self, arn: str) -> None:
        self._arn = arn
        region = arn.split(":")[3] if arn.count(":") >= _COLONS_OF_AN_ARN else None
        try:
            self._client = boto3.client("secretsmanager", region_name=region)
        except BotoCoreError as error:
            raise CredentialsUnusable(
                f"AWS cannot be asked for the secret '{arn}': {error} Name the secret by its whole ARN "
                "(SpotifySecretArn in the stack's outputs), or set AWS_REGION; and check AWS_PROFILE."
            ) from None
        self.place = f"the secret {arn}"

    def read(self) -> dict[str, str]:
        """Return the settings it holds.

        Raises:
            CredentialsUnusable: it does not exist, may not be read, or is not a JSON object.
        """
        try:
            body = read_json_secret(self._client, self._arn)
        except SecretUnusable as error:
            raise CredentialsUnusable(str(error)) from None
        return {key: str(body[key]) for key in SECRET_KEYS.values() if body.get(key)}

    def write(self, app: App, consent: Consent) -> None:
        """Store app and consent; whatever else the secret holds stays.

        Raises:
            CredentialsUnusable: it may not be written.
        """
        try:
            body = read_json_secret(self._client, self._arn)
            write_json_secret(self._client, self._arn, {**body, **_stored(app, consent)})
        except SecretUnusable as error:
            raise CredentialsUnusable(str(error)) from None


def known_settings(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Return the pipeline's settings among a process's variables, by their key in the secret."""
    names = {**SECRET_KEYS, **_ADDRESSES}
    return {key: value for name, key in names.items() if (value := variables.get(name))}


def app_from(settings: Mapping[str, str], ask: Ask) -> App:
    """Return the app that the settings name; what they lack is asked for."""
    client_id = settings.get("client_id") or ask("Client id", is_secret=False)
    client_secret = settings.get("client_secret") or ask("Client secret", is_secret=True)
    addresses = {key: settings[key] for key in _ADDRESSES.values() if key in settings}
    return App(client_id.strip(), client_secret.strip(), **addresses)


def _stored(app: App, consent: Consent) -> dict[str, str]:
    return {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "refresh_token": consent.refresh_token,
        "consented_at": consent.consented_at,
    }
