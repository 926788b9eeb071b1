"""Authorise an account once, in a browser, so that the pipeline can read as it for six months.

The authorization-code flow of OAuth: the browser asks the user, Spotify sends it back to a loopback address
(Spotify refuses the name `localhost`) with a code, and the code is exchanged for a refresh token. Only the
account's name and its playlists are ever printed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import secrets
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import requests
import spotipy
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyOAuth, SpotifyOauthError

from fetch_spotify.errors import InvalidRequest
from fetch_spotify.playlists import registry
from infra.local.problems import UserProblem

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8888
CONSENT_DAYS: Final = 182  # Spotify ends a consent six months after it was given
_CALL_TIMEOUT_SECONDS: Final = 20
_PLAYLISTS_SHOWN: Final = 50


class AuthorizationFailed(UserProblem):
    """The account could not be authorised; the message explains the fix."""


@dataclasses.dataclass(frozen=True)
class App:
    """The Spotify app to authorise for, and where Spotify is."""

    client_id: str
    client_secret: str = dataclasses.field(repr=False)
    accounts_url: str = "https://accounts.spotify.com/"
    api_url: str = "https://api.spotify.com/v1/"


@dataclasses.dataclass(frozen=True)
class Consent:
    """A consent that was just given.

    Attributes:
        refresh_token: what the pipeline reads with.
        consented_at: when it was given (UTC, ISO 8601): it ends six months later.
        account: the account's display name, or its id.
        playlists: names of playlists it can list, the first fifty.
        playlists_total: how many there are.
    """

    refresh_token: str = dataclasses.field(repr=False)
    consented_at: str
    account: str
    playlists: tuple[str, ...]
    playlists_total: int

    @property
    def ends_on(self) -> dt.date:
        """The last day on which Spotify accepts the refresh token."""
        return (dt.datetime.fromisoformat(self.consented_at) + dt.timedelta(days=CONSENT_DAYS)).date()


def scopes_for(sources: Sequence[str]) -> tuple[str, ...]:
    """Return the scopes that these sources need, and no other. The account's own record needs none.

    Raises:
        AuthorizationFailed: a source is unknown.
    """
    try:
        specs = registry.chosen(sources)
    except InvalidRequest as error:
        raise AuthorizationFailed(str(error)) from error
    return tuple(dict.fromkeys(scope for spec in specs for scope in spec.scopes))


def knows(app: App) -> bool:
    """Whether Spotify accepts the app's id and secret; costs one call and no consent.

    Raises:
        AuthorizationFailed: Spotify cannot be reached.
    """
    session = requests.Session()
    session.max_redirects = 0  # a redirect would take the secret with it
    try:
        answer = session.post(
            f"{app.accounts_url}api/token",
            data={"grant_type": "client_credentials"},
            auth=(app.client_id, app.client_secret),
            timeout=_CALL_TIMEOUT_SECONDS,
        )
    except requests.RequestException as error:
        raise _unreachable(error) from None
    return _json(answer).get("error") != "invalid_client"


def authorize(
    app: App,
    scopes: Sequence[str],
    show_url: Callable[[str], object],
    *,
    port: int = DEFAULT_PORT,
    timeout_seconds: float = 300,
) -> Consent:
    """Guide a user through the consent.

    Args:
        app: the app.
        scopes: what to ask for.
        show_url: called with the address that the user has to open in a browser.
        port: of the loopback address; the app's settings must list `http://127.0.0.1:<port>/callback`.
        timeout_seconds: how long the user may take.

    Raises:
        AuthorizationFailed: refused, too late, granted too little, or Spotify does not accept the app.
    """
    with _Callback(port) as callback:
        session = requests.Session()
        session.max_redirects = 0  # as above
        oauth = _oauth(app, scopes, f"http://{HOST}:{callback.server_port}/callback", session)
        show_url(oauth.get_authorize_url(state=callback.state))
        code = callback.wait(timeout_seconds)
    token = _exchange(oauth, session, code)
    missing = sorted(set(scopes) - set(str(token.get("scope", "")).split()))
    if missing:
        raise AuthorizationFailed(
            f"The consent lacks {', '.join(missing)}. Run it again and allow all of it."
        )
    consented_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    account, names, total = _look(app, token["access_token"])
    return Consent(token["refresh_token"], consented_at, account, names, total)


def _oauth(app: App, scopes: Sequence[str], redirect_uri: str, session: requests.Session) -> SpotifyOAuth:
    oauth = SpotifyOAuth(
        client_id=app.client_id,
        client_secret=app.client_secret,
        redirect_uri=redirect_uri,
        scope=" ".join(scopes),
        cache_handler=MemoryCacheHandler(),
        open_browser=False,
        requests_session=session,
        requests_timeout=_CALL_TIMEOUT_SECONDS,
    )
    oauth.OAUTH_AUTHORIZE_URL = f"{app.accounts_url}authorize"
    oauth.OAUTH_TOKEN_URL = f"{app.accounts_url}api/token"
    return oauth


def _exchange(oauth: SpotifyOAuth, session: requests.Session, code: str) -> dict[str, Any]:
    answers: list[dict[str, Any]] = []
    # spotipy overwrites `scope` with the requested scopes; the response has the granted ones.
    session.hooks["response"] = [lambda response, **_: answers.append(_json(response))]
    try:
        oauth.get_access_token(code, as_dict=False, check_cache=False)
    except SpotifyOauthError as error:
        raise AuthorizationFailed(
            f"Spotify does not accept the app ({error.error}: {error.error_description}). "
            "Compare client id and secret with developer.spotify.com/dashboard."
        ) from None
    except requests.RequestException as error:
        raise _unreachable(error) from None
    token = answers[-1] if answers else {}
    if not token.get("refresh_token") or not token.get("access_token"):
        raise AuthorizationFailed("Spotify answered without a refresh token. Try again.")
    return token


def _unreachable(error: requests.RequestException) -> AuthorizationFailed:
    return AuthorizationFailed(f"Spotify cannot be reached ({type(error).__name__}). Try again.")


def _look(app: App, access_token: str) -> tuple[str, tuple[str, ...], int]:
    spotify = spotipy.Spotify(
        auth=access_token, requests_session=requests.Session(), requests_timeout=_CALL_TIMEOUT_SECONDS
    )
    spotify.prefix = app.api_url
    try:
        me = spotify.me()
        page = spotify.current_user_playlists(limit=_PLAYLISTS_SHOWN)
    except (spotipy.SpotifyException, requests.RequestException) as error:
        status = getattr(error, "http_status", type(error).__name__)
        raise AuthorizationFailed(
            f"The consent was given, but the account cannot be read ({status}). An app in development mode "
            "serves only accounts on its user list, and its owner needs Premium."
        ) from None
    names = tuple(str(playlist["name"]) for playlist in page["items"] if playlist)
    return str(me.get("display_name") or me["id"]), names, int(page["total"])


class _Callback(HTTPServer):
    """The loopback address that the browser is sent back to."""

    def __init__(self, port: int) -> None:
        self.state = secrets.token_urlsafe(24)
        self._answer: dict[str, str] = {}
        try:
            super().__init__((HOST, port), _CallbackHandler)
        except OSError as error:
            raise AuthorizationFailed(
                f"Port {port} is taken ({error.strerror}). Choose another with PORT=<number>, "
                f"and list http://{HOST}:<number>/callback in the app's settings."
            ) from None

    def wait(self, timeout_seconds: float) -> str:
        """Return the code from the browser's request."""
        deadline = time.monotonic() + timeout_seconds
        while not self._answer:
            self.timeout = deadline - time.monotonic()
            if self.timeout <= 0:
                raise AuthorizationFailed("There was no answer in the browser in time. Run it again.")
            self.handle_request()
        if "error" in self._answer:
            raise AuthorizationFailed(f"The consent was refused ({self._answer['error']}).")
        return self._answer["code"]

    def take(self, query: dict[str, list[str]]) -> str:
        """Handle the browser's request; return the text to show there."""
        if not secrets.compare_digest(query.get("state", [""])[0], self.state):
            return "This response does not belong to this request for consent. Start again."
        if "code" not in query and "error" not in query:
            return "Spotify sent neither a code nor an error. Start again."
        self._answer = {key: values[0] for key, values in query.items()}
        return "Done. You can close this page."

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        connection.settimeout(_CALL_TIMEOUT_SECONDS)  # a browser's idle pre-connection must not block us
        return connection, address


class _CallbackHandler(BaseHTTPRequestHandler):
    server: _Callback

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        is_callback = parts.path == "/callback"
        text = self.server.take(parse_qs(parts.query)) if is_callback else "Nothing is here."
        body = (
            f"<!doctype html><meta charset=utf-8><title>spotify-lake</title><p>{html.escape(text)}".encode()
        )
        self.send_response(200 if is_callback else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Log nothing: the request line contains the code."""


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
