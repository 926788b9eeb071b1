"""The local Spotify's accounts host: grants, refusals, expiring refresh tokens, and the consent redirect."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import spotipy

from infra.local.spotify_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    AccountsOptions,
    SpotifyApi,
    SpotifyApiOptions,
)

REDIRECT = "http://127.0.0.1:8765/callback"
CREDENTIALS = (CLIENT_ID, CLIENT_SECRET)


@pytest.fixture(scope="module")
def spotify() -> Iterator[SpotifyApi]:
    with SpotifyApi() as running:
        yield running


def ask(spotify: SpotifyApi, auth: Any = CREDENTIALS, **form: str) -> requests.Response:
    return requests.post(f"{spotify.accounts_url}api/token", data=form, auth=auth, timeout=5)


def refresh(spotify: SpotifyApi, token: str = REFRESH_TOKEN) -> requests.Response:
    return ask(spotify, grant_type="refresh_token", refresh_token=token)


def me(spotify: SpotifyApi, authorization: str | None) -> requests.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return requests.get(f"{spotify.api_url}me", headers=headers, timeout=5)


def authorize(spotify: SpotifyApi, **query: str) -> requests.Response:
    asked = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": REDIRECT, "state": "s1"}
    url = f"{spotify.accounts_url}authorize"
    return requests.get(url, params={**asked, **query}, allow_redirects=False, timeout=5)


def redirected(response: requests.Response) -> dict[str, str]:
    assert response.status_code == 302
    assert response.headers["Location"].startswith(f"{REDIRECT}?")
    return {key: value[0] for key, value in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def options(**accounts: Any) -> SpotifyApiOptions:
    return SpotifyApiOptions(accounts=AccountsOptions(**accounts))


def test_client_credentials_give_a_token_without_scope_or_refresh_token(spotify: SpotifyApi) -> None:
    body = ask(spotify, grant_type="client_credentials").json()
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)


def test_credentials_may_be_in_the_body(spotify: SpotifyApi) -> None:
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "client_credentials"}
    assert ask(spotify, auth=None, **form).status_code == 200


@pytest.mark.parametrize(
    ("auth", "description"),
    [
        ((CLIENT_ID, "wrong"), "Invalid client secret"),
        (("nobody", CLIENT_SECRET), "Invalid client"),
        (None, ""),
    ],
)
def test_wrong_credentials_are_an_invalid_client(
    spotify: SpotifyApi, auth: tuple[str, str] | None, description: str
) -> None:
    response = ask(spotify, auth=auth, grant_type="client_credentials")
    assert response.status_code == 400
    assert response.json() == {"error": "invalid_client", "error_description": description}


@pytest.mark.parametrize("grant", ["", "password"])
def test_another_grant_is_refused(spotify: SpotifyApi, grant: str) -> None:
    response = ask(spotify, grant_type=grant)
    assert (response.status_code, response.json()["error"]) == (400, "unsupported_grant_type")


def test_a_refresh_returns_the_scopes_and_keeps_the_refresh_token(spotify: SpotifyApi) -> None:
    body = refresh(spotify).json()
    assert "playlist-read-private" in body["scope"].split()
    assert "refresh_token" not in body
    assert refresh(spotify).status_code == 200


@pytest.mark.parametrize(
    ("state", "description"), [("expired", "Refresh token expired"), ("revoked", "Refresh token revoked")]
)
def test_a_dead_refresh_token_is_an_invalid_grant(state: str, description: str) -> None:
    with SpotifyApi(options(refresh_token_state=state)) as spotify:
        response = refresh(spotify)
        assert response.status_code == 400
        assert response.json() == {"error": "invalid_grant", "error_description": description}
        assert ask(spotify, grant_type="client_credentials").status_code == 200


def test_an_unknown_refresh_token_is_an_invalid_grant(spotify: SpotifyApi) -> None:
    assert refresh(spotify, "made up").json()["error_description"] == "Invalid refresh token"


def test_a_rotated_refresh_token_replaces_the_old_one() -> None:
    with SpotifyApi(options(rotate_refresh_tokens=True)) as spotify:
        rotated = refresh(spotify).json()["refresh_token"]
        assert refresh(spotify).json()["error_description"] == "Refresh token revoked"
        assert refresh(spotify, rotated).status_code == 200


@pytest.mark.parametrize(
    ("authorization", "status", "message"),
    [
        (None, 401, "No token provided"),
        ("Bearer made-up", 401, "Invalid access token"),
        ("Basic abc", 400, "Only valid bearer authentication supported"),
    ],
)
def test_the_web_api_checks_the_token(
    spotify: SpotifyApi, authorization: str | None, status: int, message: str
) -> None:
    response = me(spotify, authorization)
    assert response.status_code == status
    assert response.json() == {"error": {"status": status, "message": message}}


def test_an_access_token_expires_after_its_seconds() -> None:
    now = [1_795_000_000.0]
    with SpotifyApi(options(access_token_seconds=60), clock=lambda: now[0]) as spotify:
        header = f"Bearer {refresh(spotify).json()['access_token']}"
        now[0] += 59
        assert me(spotify, header).status_code == 200
        now[0] += 1
        expired = {"error": {"status": 401, "message": "The access token expired"}}
        assert me(spotify, header).json() == expired


def test_access_tokens_can_be_made_to_expire_in_mid_run() -> None:
    with SpotifyApi() as spotify:
        header = f"Bearer {refresh(spotify).json()['access_token']}"
        assert me(spotify, header).status_code == 200
        spotify.accounts.expire_access_tokens()
        assert me(spotify, header).status_code == 401
        assert me(spotify, f"Bearer {refresh(spotify).json()['access_token']}").status_code == 200


def test_consent_gives_a_code_that_is_good_once(spotify: SpotifyApi) -> None:
    answer = redirected(authorize(spotify, scope="user-library-read user-modify-playback-state"))
    assert answer["state"] == "s1"
    form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": REDIRECT}
    body = ask(spotify, **form).json()
    assert body["scope"] == "user-library-read"  # scopes that the user did not grant are missing
    assert me(spotify, f"Bearer {body['access_token']}").status_code == 200
    assert refresh(spotify, body["refresh_token"]).json()["scope"] == "user-library-read"
    assert ask(spotify, **form).json()["error_description"] == "Invalid authorization code"


def test_a_code_is_bound_to_its_redirect_uri(spotify: SpotifyApi) -> None:
    code = redirected(authorize(spotify))["code"]
    other = "http://127.0.0.1:9999/"
    response = ask(spotify, grant_type="authorization_code", code=code, redirect_uri=other)
    assert response.json() == {"error": "invalid_grant", "error_description": "Invalid redirect URI"}


def test_a_proof_key_replaces_the_secret(spotify: SpotifyApi) -> None:
    verifier = "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    for proof, status in (("x" * 50, 400), (verifier, 200)):
        code = redirected(authorize(spotify, code_challenge=challenge, code_challenge_method="S256"))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        assert ask(spotify, None, client_id=CLIENT_ID, code_verifier=proof, **form).status_code == status


def test_a_user_can_say_no() -> None:
    with SpotifyApi(options(consent="deny")) as spotify:
        assert redirected(authorize(spotify)) == {"state": "s1", "error": "access_denied"}


@pytest.mark.parametrize(
    "uri", ["http://localhost:8765/callback", "http://192.0.2.7/callback", "ftp://127.0.0.1/", ""]
)
def test_a_redirect_must_be_https_or_a_loopback_ip(spotify: SpotifyApi, uri: str) -> None:
    assert authorize(spotify, redirect_uri=uri).status_code == 400


@pytest.mark.parametrize("query", [{"client_id": "nobody"}, {"response_type": "token"}])
def test_an_unknown_app_or_the_implicit_grant_is_refused(spotify: SpotifyApi, query: dict[str, str]) -> None:
    assert authorize(spotify, **query).status_code == 400


def test_spotipy_refreshes_against_it(spotify: SpotifyApi) -> None:
    oauth = spotipy.oauth2.SpotifyOAuth(
        CLIENT_ID, CLIENT_SECRET, REDIRECT, cache_handler=spotipy.cache_handler.MemoryCacheHandler()
    )
    oauth.OAUTH_TOKEN_URL = f"{spotify.accounts_url}api/token"
    token = oauth.refresh_access_token(REFRESH_TOKEN)
    assert token["refresh_token"] == REFRESH_TOKEN
    with pytest.raises(spotipy.oauth2.SpotifyOauthError, match="Invalid refresh token"):
        oauth.refresh_access_token("made up")


def test_the_log_holds_no_token_and_no_secret(spotify: SpotifyApi) -> None:
    token = refresh(spotify).json()["access_token"]
    me(spotify, f"Bearer {token}")
    text = repr(list(spotify.calls))
    assert "'authorization': 'Bearer'" in text
    assert token not in text
    assert CLIENT_SECRET not in text
    assert base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode() not in text
