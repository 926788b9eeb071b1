"""Authorization: the credentials in Secrets Manager and the run's access token."""

from __future__ import annotations

import dataclasses
import email.utils
import threading
from collections.abc import Callable, Collection
from typing import Any, Final

from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOAuth

from common.observability import logger
from common.secrets import SecretsClient, SecretUnusable, read_json_secret, write_json_secret
from fetch_spotify.clock import epoch
from fetch_spotify.config import Config
from fetch_spotify.errors import (
    ApiRefused,
    BrokenAnswer,
    ClockIsWrong,
    PrivacySaltMissing,
    ScopeNotGranted,
    SpotifyAuthorizationExpired,
    SpotifyCredentialsInvalid,
    authorize_command,
)
from fetch_spotify.spotify.transport import CONNECT_TIMEOUT_SECONDS, HttpTransport
from fetch_spotify.storage.privacy import HASH

CLIENT_CREDENTIALS: Final = "client_credentials"
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - a grant's name
# SpotifyOAuth requires one; a refresh does not use it.
_REDIRECT_URI: Final = "http://127.0.0.1:8888/callback"
CONSENT_DAYS: Final = 182  # Spotify ends a consent six months after it was given, however often it is used
_SECONDS_A_DAY: Final = 86_400


@dataclasses.dataclass(frozen=True)
class Credentials:
    """The contents of the Spotify secret.

    Attributes:
        client_id: the app's id.
        client_secret: the app's secret.
        refresh_token: the user's consent; None for an app without a user.
        consented_at: when the user consented (ISO 8601); None when it is unknown.
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
                "The secret's consented_at is missing or not an ISO 8601 time: expiry warnings are disabled. "
                f"Write the day of the consent there, or run `{authorize_command()}`."
            )
            return None
        return int(CONSENT_DAYS - (now - given) / _SECONDS_A_DAY)


def load_credentials(client: SecretsClient, config: Config) -> tuple[Credentials, bytes]:
    """Read the Spotify secret; return the credentials and the salt for hashed user ids.

    Raises:
        SpotifyCredentialsInvalid: the secret is missing, not JSON, or lacks a key.
        PrivacySaltMissing: ids are to be hashed, and the configured secret has no salt.
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
            f"Run `{authorize_command()}` to store all keys."
        )
    return Credentials(
        body["client_id"],
        body["client_secret"],
        _text(body.get("refresh_token")),
        _text(body.get("consented_at")),
    ), _salt(client, config, body)


def save_rotated_token(
    client: SecretsClient, arn: str, alert: Callable[[str], None], used: str, rotated: str
) -> bool:
    """Replace the used refresh token in the secret with the rotated one; the other keys stay.

    A consent that was stored in the meantime is newer than both and is not overwritten.
    `alert` is called with the reason if the token cannot be stored.
    Returns whether the token was stored. A failure does not end the run, which has a valid access token.
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
        alert(str(error))
        return False
    logger.info("Spotify rotated the refresh token; the new one is stored")
    return True


def _salt(client: SecretsClient, config: Config, body: dict[str, Any]) -> bytes:
    if HASH not in {config.user_id_privacy, config.owner_id_privacy}:
        return b""
    if config.privacy_salt_secret_arn:
        return _stored_salt(client, config.privacy_salt_secret_arn)
    # Without a salt the client secret makes the hashes differ from other deployments'. When it changes, the
    # hashes change with it.
    return str(body.get("salt") or body["client_secret"]).encode()


def _stored_salt(client: SecretsClient, arn: str) -> bytes:
    try:
        salt = read_json_secret(client, arn).get("salt")
    except SecretUnusable as error:
        raise PrivacySaltMissing(str(error)) from error
    if not salt:
        raise PrivacySaltMissing(f"The secret '{arn}' lacks salt.")
    return str(salt).encode()


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


class Tokens:
    """The run's access token, shared by the workers.

    Args:
        credentials: the app's and, for the refresh grant, the user's.
        config: for the accounts host, the time-out and the clock's tolerance.
        transport: sends the token calls, with their retries.
        save_rotated: called with the refresh token that was used and the one that replaces it.

    Attributes:
        credentials: as given.
        grant: `refresh_token` or `client_credentials`.
        calls: the number of token calls, retries included.
    """

    def __init__(
        self,
        credentials: Credentials,
        config: Config,
        transport: HttpTransport,
        save_rotated: Callable[[str, str], object],
    ) -> None:
        self.credentials = credentials
        self.grant = REFRESH_TOKEN if credentials.refresh_token else CLIENT_CREDENTIALS
        self.calls = 0
        self._refresh_token = credentials.refresh_token
        self._transport = transport
        self._save_rotated = save_rotated
        self._tolerance = config.clock_tolerance_seconds
        self._lock = threading.Lock()
        self._token: str | None = None
        self._scopes: frozenset[str] | None = None
        common = {
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "requests_session": transport.session,
            "requests_timeout": (CONNECT_TIMEOUT_SECONDS, config.request_timeout_seconds),
            "cache_handler": MemoryCacheHandler(),  # the default is a file where Lambda cannot write
        }
        self._app = SpotifyClientCredentials(**common)
        self._user = SpotifyOAuth(**common, redirect_uri=_REDIRECT_URI, open_browser=False)
        for oauth in (self._app, self._user):
            oauth.OAUTH_TOKEN_URL = f"{config.spotify_accounts_url}api/token"

    def get(self) -> str:
        """Return the run's token; the first call fetches it.

        Raises:
            SpotifyAuthorizationExpired: the user's consent is over or withdrawn.
            SpotifyCredentialsInvalid: Spotify does not know the app or its secret.
            ClockIsWrong: this machine's clock is off.
        """
        with self._lock:
            return self._token or self._fetch()

    def renew(self, stale: str) -> str:
        """Return a token other than `stale`, which Spotify refused; concurrent workers share one renewal."""
        with self._lock:
            return self._token if self._token and self._token != stale else self._fetch()

    def require(self, scopes: Collection[str], purpose: str) -> None:
        """Check that the consent covers these scopes, if Spotify states its scopes.

        Raises:
            ScopeNotGranted: it does not.
        """
        self.get()
        missing = sorted(set(scopes) - self._scopes) if self._scopes is not None else []
        if missing:
            raise ScopeNotGranted(missing, purpose)

    def _fetch(self) -> str:
        try:
            answer = self._transport.send(self._request, _check_token, before=self._count)
        except ApiRefused as error:
            raise _authorization_error(error) from None
        # Before anything can fail, because the old refresh token is invalid now.
        self._keep_rotated(answer.get("refresh_token"))
        self._check_clock()
        scope = answer.get("scope")
        self._scopes = frozenset(scope.split()) if isinstance(scope, str) and scope else None
        self._token = str(answer["access_token"])
        return self._token

    def _keep_rotated(self, rotated: str | None) -> None:
        used = self._refresh_token
        if used and rotated and rotated != used:
            self._refresh_token = rotated
            self._save_rotated(used, rotated)

    def _request(self) -> Any:
        if self._refresh_token:
            self._user.refresh_access_token(self._refresh_token)
        else:
            self._app.get_access_token(as_dict=False, check_cache=False)
        # The response, because spotipy overwrites `scope` with the requested one, hiding a narrower consent.
        response = self._transport.last_response()
        return response.json() if response is not None else None

    def _count(self) -> None:
        self.calls += 1

    def _check_clock(self) -> None:
        response = self._transport.last_response()
        date = email.utils.parsedate_tz(response.headers.get("Date", "")) if response is not None else None
        if date is None:
            return
        ahead = self._transport.gate.clock.now() - email.utils.mktime_tz(date)
        if abs(ahead) > self._tolerance:
            raise ClockIsWrong(ahead)


def _check_token(body: dict[str, Any], _is_last: bool) -> dict[str, Any]:
    if not isinstance(body.get("access_token"), str):
        raise BrokenAnswer("a token answer without a token")
    return body


def _authorization_error(error: ApiRefused) -> SpotifyAuthorizationExpired | SpotifyCredentialsInvalid:
    if error.code == "invalid_grant":
        return SpotifyAuthorizationExpired(error.message)
    if error.code in {"invalid_client", "unauthorized_client"}:
        return SpotifyCredentialsInvalid(
            f"Spotify does not accept the app's credentials ({error.message}). Was the client secret "
            f"rotated? Run `{authorize_command()}`: it asks for the new one."
        )
    return SpotifyCredentialsInvalid(
        f"Spotify's token endpoint refuses the app: {error.status} {error.code} {error.message}."
    )
