"""The accounts host: access tokens by three grants, refresh tokens that expire, and the consent redirect."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Request, Response

from infra.local.spotify_api.responses import Refusal, json_response

CLIENT_ID: Final = "local-spotify-client"
CLIENT_SECRET: Final = "local-spotify-secret"  # noqa: S105 - opens nothing but the local Spotify
REFRESH_TOKEN: Final = "local-spotify-refresh-token"  # noqa: S105 - likewise
SCOPES: Final = (
    "playlist-read-private",
    "playlist-read-collaborative",
    "user-library-read",
    "user-read-playback-position",
    "user-read-recently-played",
    "user-read-private",
)
RefreshTokenState: TypeAlias = Literal["valid", "expired", "revoked"]


@dataclasses.dataclass(frozen=True)
class AccountsOptions:
    """How the accounts host behaves.

    Attributes:
        client_id: the one registered app; any other is `invalid_client`.
        client_secret: its secret.
        refresh_token: the token that a user has consented to before the start.
        refresh_token_state: `expired` and `revoked` refuse every refresh with `invalid_grant`.
        rotate_refresh_tokens: a refresh answers a new refresh token and revokes the old one.
        scopes: what the user grants: a token never carries more.
        access_token_seconds: the lifetime of an access token.
        consent: whether GET /authorize approves or denies.
    """

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    refresh_token: str = REFRESH_TOKEN
    refresh_token_state: RefreshTokenState = "valid"  # noqa: S105 - a state, not a token
    rotate_refresh_tokens: bool = False
    scopes: tuple[str, ...] = SCOPES
    access_token_seconds: int = 3600
    consent: Literal["approve", "deny"] = "approve"


@dataclasses.dataclass(frozen=True)
class Access:
    """What an access token allows, until `expires_at` (epoch seconds)."""

    is_user: bool
    scopes: frozenset[str]
    expires_at: float


@dataclasses.dataclass(frozen=True)
class _Consent:
    scopes: tuple[str, ...]
    redirect_uri: str
    code_challenge: str | None


class _AccountsError(Exception):
    """An error of the accounts host, which has its own body: `{"error", "error_description"}`."""

    def __init__(self, error: str, description: str) -> None:
        self.error = error
        self.description = description
        super().__init__(f"{error}: {description}")


class Accounts:
    """The accounts host. Thread safe."""

    def __init__(self, options: AccountsOptions, clock: Callable[[], float] = time.time) -> None:
        self._options = options
        self._clock = clock
        self._lock = threading.Lock()
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, tuple[str, ...]] = {options.refresh_token: options.scopes}
        self._revoked: set[str] = set()
        self._consents: dict[str, _Consent] = {}

    @property
    def refresh_tokens(self) -> tuple[str, ...]:
        """The refresh tokens that are valid now, oldest first."""
        with self._lock:
            return tuple(self._refresh)

    @property
    def access_tokens(self) -> tuple[str, ...]:
        """Every access token issued so far."""
        with self._lock:
            return tuple(self._access)

    def expire_access_tokens(self) -> None:
        """Expire every access token issued so far."""
        with self._lock:
            for token, access in self._access.items():
                self._access[token] = dataclasses.replace(access, expires_at=0.0)

    def check(self, request: Request) -> Access:
        """The access of a Web API call; raises Refusal 400 or 401 with Spotify's message."""
        if not request.headers.get("authorization"):
            raise Refusal(401, "No token provided")
        authorization = request.authorization
        if authorization is None or authorization.type != "bearer" or not authorization.token:
            raise Refusal(400, "Only valid bearer authentication supported")
        with self._lock:
            access = self._access.get(authorization.token)
        if access is None:
            raise Refusal(401, "Invalid access token")
        if access.expires_at <= self._clock():
            raise Refusal(401, "The access token expired")
        return access

    def token(self, request: Request) -> Response:
        """POST /api/token."""
        try:
            self._check_client(request)
            return self._granted(request.form)
        except _AccountsError as error:
            body = {"error": error.error, "error_description": error.description}
            return json_response(400, body)

    def authorize(self, request: Request) -> Response:
        """GET /authorize: the user's consent, given or denied at once; a redirect with `code` and `state`."""
        query = request.args
        redirect_uri = query.get("redirect_uri", "")
        if query.get("client_id") != self._options.client_id:
            return _page(400, "INVALID_CLIENT: Invalid client")
        if query.get("response_type") != "code":
            return _page(400, "response_type must be code")
        if not _is_allowed_redirect(redirect_uri):
            return _page(400, "INVALID_CLIENT: Insecure redirect URI")
        answer = {"state": query["state"]} if "state" in query else {}
        if self._options.consent == "deny":
            answer["error"] = "access_denied"
        else:
            asked = tuple(query.get("scope", "").split())
            granted = tuple(scope for scope in asked if scope in self._options.scopes)
            code = secrets.token_urlsafe(48)
            with self._lock:
                self._consents[code] = _Consent(granted, redirect_uri, query.get("code_challenge"))
            answer["code"] = code
        separator = "&" if urlsplit(redirect_uri).query else "?"
        return Response(status=302, headers={"Location": f"{redirect_uri}{separator}{urlencode(answer)}"})

    def _granted(self, form: Mapping[str, str]) -> Response:
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            return self._token_response((), is_user=False)
        if grant == "refresh_token":
            return self._refresh_response(form.get("refresh_token", ""))
        if grant == "authorization_code":
            return self._code_response(form)
        description = f"grant_type {grant} is not supported" if grant else "grant_type parameter is missing"
        raise _AccountsError("unsupported_grant_type", description)

    def _check_client(self, request: Request) -> None:
        client_id, secret = _client(request)
        if not client_id:
            raise _AccountsError("invalid_client", "")
        if client_id != self._options.client_id:
            raise _AccountsError("invalid_client", "Invalid client")
        is_pkce = secret is None and "code_verifier" in request.form
        if secret != self._options.client_secret and not is_pkce:
            raise _AccountsError("invalid_client", "Invalid client secret")

    def _refresh_response(self, refresh_token: str) -> Response:
        if not refresh_token:
            raise _AccountsError("invalid_request", "refresh_token must be supplied")
        state = self._options.refresh_token_state
        with self._lock:
            scopes = self._refresh.get(refresh_token)
            is_revoked = refresh_token in self._revoked or (scopes is not None and state == "revoked")
            if is_revoked:
                raise _AccountsError("invalid_grant", "Refresh token revoked")
            if scopes is None:
                raise _AccountsError("invalid_grant", "Invalid refresh token")
            if state == "expired":
                raise _AccountsError("invalid_grant", "Refresh token expired")
            rotated = None
            if self._options.rotate_refresh_tokens:
                rotated = secrets.token_urlsafe(48)
                self._revoked.add(refresh_token)
                self._refresh[rotated] = self._refresh.pop(refresh_token)
        return self._token_response(scopes, is_user=True, refresh_token=rotated)

    def _code_response(self, form: Mapping[str, str]) -> Response:
        with self._lock:
            consent = self._consents.pop(form.get("code", ""), None)  # a code can be used once
        if consent is None:
            raise _AccountsError("invalid_grant", "Invalid authorization code")
        if form.get("redirect_uri") != consent.redirect_uri:
            raise _AccountsError("invalid_grant", "Invalid redirect URI")
        if consent.code_challenge and not _proves(form.get("code_verifier", ""), consent.code_challenge):
            raise _AccountsError("invalid_grant", "code_verifier was incorrect")
        refresh_token = secrets.token_urlsafe(48)
        with self._lock:
            self._refresh[refresh_token] = consent.scopes
        return self._token_response(consent.scopes, is_user=True, refresh_token=refresh_token)

    def _token_response(
        self, scopes: tuple[str, ...], *, is_user: bool, refresh_token: str | None = None
    ) -> Response:
        seconds = self._options.access_token_seconds
        token = secrets.token_urlsafe(48)
        with self._lock:
            self._access[token] = Access(is_user, frozenset(scopes), self._clock() + seconds)
        body: dict[str, object] = {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
        if is_user:
            body["scope"] = " ".join(scopes)
        if refresh_token:
            body["refresh_token"] = refresh_token
        return json_response(200, body, {"Cache-Control": "no-store"})


def _client(request: Request) -> tuple[str, str | None]:
    """The client's id and secret, from the Authorization header or the form."""
    authorization = request.authorization
    if authorization is not None and authorization.type == "basic":
        return authorization.username or "", authorization.password
    return request.form.get("client_id", ""), request.form.get("client_secret")


def _is_allowed_redirect(uri: str) -> bool:
    """Only https, or http on a loopback IP: since April 2025 `localhost` is refused."""
    parts = urlsplit(uri)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _proves(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def _page(status: int, text: str) -> Response:
    return Response(text, status, {"Content-Type": "text/plain; charset=utf-8"})
