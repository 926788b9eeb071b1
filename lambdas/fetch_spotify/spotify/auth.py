"""One access token a run, from either grant, with no way into spotipy's interactive paths."""

from __future__ import annotations

import email.utils
import threading
from collections.abc import Callable, Collection
from typing import Any, Final

from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOAuth

from fetch_spotify.config import Config
from fetch_spotify.errors import (
    ApiRefused,
    BrokenAnswer,
    ClockIsWrong,
    ScopeNotGranted,
    SpotifyAuthorizationExpired,
    SpotifyCredentialsInvalid,
    authorize_command,
)
from fetch_spotify.spotify.credentials import Credentials
from fetch_spotify.spotify.transport import CONNECT_TIMEOUT_SECONDS, HttpTransport

CLIENT_CREDENTIALS: Final = "client_credentials"
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - a grant's name
# Needed to build the object though a refresh never goes there.
_REDIRECT_URI: Final = "http://127.0.0.1:8888/callback"


class Tokens:
    """The run's access token, shared by the workers.

    Args:
        credentials: the app's and, for the refresh grant, the user's.
        config: for the accounts host, the time-out and the clock's tolerance.
        transport: sends the token calls, with their retries.
        save_rotated: told which refresh token was used and which one replaces it.

    Attributes:
        grant: `refresh_token` or `client_credentials`.
        calls: how many token calls were made, tries included.
    """

    def __init__(
        self,
        credentials: Credentials,
        config: Config,
        transport: HttpTransport,
        save_rotated: Callable[[str, str], object],
    ) -> None:
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
        """Return a token other than `stale`, which Spotify refused; workers that ask together share one."""
        with self._lock:
            return self._token if self._token and self._token != stale else self._fetch()

    def require(self, scopes: Collection[str], purpose: str) -> None:
        """Check that the consent covers these scopes, where Spotify says what it covers.

        Raises:
            ScopeNotGranted: it does not.
        """
        self.get()
        missing = sorted(set(scopes) - self._scopes) if self._scopes is not None else []
        if missing:
            raise ScopeNotGranted(missing, purpose)

    def _fetch(self) -> str:
        try:
            answer = self._transport.send(self._request, _with_token, before=self._count)
        except ApiRefused as error:
            raise _explained(error) from None
        self._keep_rotated(answer.get("refresh_token"))  # before anything can fail: the old one is void now
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
        # spotipy overwrites `scope` with what it was asked for, hiding a narrower consent: read the answer.
        response = self._transport.last_answer()
        return response.json() if response is not None else None

    def _count(self) -> None:
        self.calls += 1

    def _check_clock(self) -> None:
        response = self._transport.last_answer()
        date = email.utils.parsedate_tz(response.headers.get("Date", "")) if response is not None else None
        if date is None:
            return
        ahead = self._transport.gate.clock.now() - email.utils.mktime_tz(date)
        if abs(ahead) > self._tolerance:
            raise ClockIsWrong(ahead)


def _with_token(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        raise BrokenAnswer("a token answer without a token")
    return body


def _explained(error: ApiRefused) -> SpotifyAuthorizationExpired | SpotifyCredentialsInvalid:
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
