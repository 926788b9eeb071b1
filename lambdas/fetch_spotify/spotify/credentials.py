"""The app's credentials and the user's consent, from Secrets Manager."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from common.observability import logger
from common.secrets import SecretsClient, SecretUnusable, read_json_secret, write_json_secret
from fetch_spotify.clock import epoch
from fetch_spotify.config import Config
from fetch_spotify.errors import PrivacySaltMissing, SpotifyCredentialsInvalid, authorize_command
from fetch_spotify.privacy import HASH

CONSENT_DAYS: Final = 182  # Spotify ends a consent six months after it was given, however often it is used
_SECONDS_A_DAY: Final = 86_400


@dataclasses.dataclass(frozen=True)
class Credentials:
    """What the secret holds.

    Attributes:
        client_id: the app's id.
        client_secret: the app's secret.
        refresh_token: the user's consent; None for an app without a user.
        consented_at: when the user consented (ISO 8601); None when nobody wrote it down.
    """

    client_id: str
    client_secret: str = dataclasses.field(repr=False)
    refresh_token: str | None = dataclasses.field(repr=False, default=None)
    consented_at: str | None = None

    def days_left(self, now: float) -> int | None:
        """Whole days until the consent ends; None without a consent, or (with a warning) without its date."""
        if not self.refresh_token:
            return None
        try:
            given = epoch(self.consented_at or "")
        except ValueError:
            logger.warning(
                "The secret's consented_at is missing or no ISO 8601 time: nobody will be warned before the "
                f"consent ends. Write the day of the consent there, or run `{authorize_command()}`."
            )
            return None
        return int(CONSENT_DAYS - (now - given) / _SECONDS_A_DAY)


def load_credentials(client: SecretsClient, config: Config) -> tuple[Credentials, bytes]:
    """Read the Spotify secret; return the credentials and the salt for hashed user ids.

    Raises:
        SpotifyCredentialsInvalid: the secret is missing, no JSON, or lacks a key.
        PrivacySaltMissing: ids are to be hashed, and the secret that is to hold the salt does not.
    """
    try:
        body = read_json_secret(client, config.spotify_secret_arn)
    except SecretUnusable as error:
        raise SpotifyCredentialsInvalid(
            f"{error} Store client_id, client_secret and refresh_token there as JSON: "
            f"`{authorize_command()}` does it."
        ) from error
    missing = [key for key in ("client_id", "client_secret") if not _text(body.get(key))]
    if missing:
        raise SpotifyCredentialsInvalid(
            f"The secret '{config.spotify_secret_arn}' lacks {' and '.join(missing)}. "
            f"`{authorize_command()}` stores it whole."
        )
    return Credentials(
        body["client_id"],
        body["client_secret"],
        _text(body.get("refresh_token")),
        _text(body.get("consented_at")),
    ), _salt(client, config, body)


def save_rotated_token(client: SecretsClient, arn: str, used: str, rotated: str) -> bool:
    """Store a refresh token that Spotify gave in place of the one used; the secret's other keys stay.

    A consent that was stored in the meantime is newer than both, and stays.
    Returns whether it was stored. The run goes on without: what it can read now, it should.
    """
    try:
        body = read_json_secret(client, arn)
        if _text(body.get("refresh_token")) != used:
            logger.info("Spotify rotated the refresh token, but the secret holds another consent by now")
            return False
        write_json_secret(client, arn, {**body, "refresh_token": rotated})
    except SecretUnusable as error:
        logger.error(
            f"Spotify rotated the refresh token, and the new one could not be stored. {error} "
            f"The next run may find the old one refused; then run `{authorize_command()}`."
        )
        return False
    logger.info("Spotify rotated the refresh token; the new one is stored")
    return True


def _salt(client: SecretsClient, config: Config, body: dict[str, Any]) -> bytes:
    if HASH not in {config.user_id_privacy, config.owner_id_privacy}:
        return b""
    if config.privacy_salt_secret_arn:
        return _own_salt(client, config.privacy_salt_secret_arn)
    # Without a salt of its own a deployment still must not share its hashes with others: the client secret
    # is unknown outside. When it is changed, the hashes change with it.
    return str(body.get("salt") or body["client_secret"]).encode()


def _own_salt(client: SecretsClient, arn: str) -> bytes:
    try:
        salt = read_json_secret(client, arn).get("salt")
    except SecretUnusable as error:
        raise PrivacySaltMissing(str(error)) from error
    if not salt:
        raise PrivacySaltMissing(f"The secret '{arn}' lacks salt.")
    return str(salt).encode()


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
