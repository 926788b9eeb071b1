from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from dotenv import dotenv_values
from typer.testing import CliRunner

from infra.local import cli
from infra.local.authorize import App, AuthorizationFailed, Consent, authorize, knows, scopes_for
from infra.local.spotify_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPES,
    AccountsOptions,
    SpotifyApi,
    SpotifyApiOptions,
)
from tests.project import ROOT

PLAYLIST_SCOPES = scopes_for(["playlists"])


@pytest.fixture
def spotify() -> Iterator[Callable[[AccountsOptions], App]]:
    opened: list[SpotifyApi] = []

    def start(accounts: AccountsOptions) -> App:
        api = SpotifyApi(SpotifyApiOptions(accounts=accounts))
        api.start()
        opened.append(api)
        return App(CLIENT_ID, CLIENT_SECRET, accounts_url=api.accounts_url, api_url=api.api_url)

    yield start
    for api in opened:
        api.stop()


def browser(url: str) -> None:
    """Open an address in the background as a user's browser does; it follows Spotify's redirect."""
    threading.Thread(target=requests.get, args=(url,), kwargs={"timeout": 10}, daemon=True).start()


def consent_of(app: App, scopes: tuple[str, ...] = PLAYLIST_SCOPES) -> Consent:
    return authorize(app, scopes, browser, port=0, timeout_seconds=10)


def test_a_consent_yields_a_refresh_token_that_works(spotify: Callable[[AccountsOptions], App]) -> None:
    app = spotify(AccountsOptions())
    consent = consent_of(app)
    answer = requests.post(
        f"{app.accounts_url}api/token",
        data={"grant_type": "refresh_token", "refresh_token": consent.refresh_token},
        auth=(app.client_id, app.client_secret),
        timeout=10,
    )
    assert answer.status_code == 200
    assert set(answer.json()["scope"].split()) == set(PLAYLIST_SCOPES)


def test_the_account_and_its_playlists_are_shown(spotify: Callable[[AccountsOptions], App]) -> None:
    consent = consent_of(spotify(AccountsOptions()))
    assert consent.account
    assert 0 < len(consent.playlists) <= consent.playlists_total
    assert consent.consented_at.endswith("+00:00")


def test_only_the_scopes_of_the_sources_are_requested() -> None:
    assert scopes_for(["playlists"]) == ("playlist-read-private", "playlist-read-collaborative")
    assert "user-library-read" in scopes_for(["playlists", "saved_tracks"])
    with pytest.raises(AuthorizationFailed, match="There is no source 'plays'"):
        scopes_for(["plays"])


def test_a_refused_consent_is_reported(spotify: Callable[[AccountsOptions], App]) -> None:
    with pytest.raises(AuthorizationFailed, match="access_denied"):
        consent_of(spotify(AccountsOptions(consent="deny")))


def test_a_consent_to_fewer_scopes_than_requested_is_reported(
    spotify: Callable[[AccountsOptions], App],
) -> None:
    granted = tuple(scope for scope in SCOPES if scope != "playlist-read-collaborative")
    with pytest.raises(AuthorizationFailed, match="lacks playlist-read-collaborative"):
        consent_of(spotify(AccountsOptions(scopes=granted)))


def test_a_wrong_client_secret_is_reported_without_showing_it(
    spotify: Callable[[AccountsOptions], App],
) -> None:
    app = spotify(AccountsOptions(client_secret="rotated"))
    with pytest.raises(AuthorizationFailed, match="does not accept the app") as refusal:
        consent_of(app)
    assert CLIENT_SECRET not in str(refusal.value)
    assert CLIENT_SECRET not in repr(app)


def test_a_missing_answer_is_reported(spotify: Callable[[AccountsOptions], App]) -> None:
    app = spotify(AccountsOptions())
    with pytest.raises(AuthorizationFailed, match="no answer in the browser"):
        authorize(app, PLAYLIST_SCOPES, lambda _url: None, port=0, timeout_seconds=0.3)


def test_an_answer_to_another_request_is_refused(spotify: Callable[[AccountsOptions], App]) -> None:
    app = spotify(AccountsOptions())

    def forged(url: str) -> None:
        state = url.split("state=")[1].split("&", maxsplit=1)[0]
        browser(url.replace(state, "forged"))

    with pytest.raises(AuthorizationFailed, match="no answer in the browser"):
        authorize(app, PLAYLIST_SCOPES, forged, port=0, timeout_seconds=1)


def test_a_port_in_use_is_reported(spotify: Callable[[AccountsOptions], App]) -> None:
    app = spotify(AccountsOptions())
    taken = int(app.accounts_url.rstrip("/").rsplit(":", 1)[1])
    with pytest.raises(AuthorizationFailed, match=f"Port {taken} is taken"):
        authorize(app, PLAYLIST_SCOPES, browser, port=taken)


def test_the_command_opens_the_browser_and_keeps_the_consent_in_the_env_file(
    spotify: Callable[[AccountsOptions], App], tmp_path: Path
) -> None:
    app = spotify(AccountsOptions())
    browser_program = tmp_path / "browser"
    browser_program.write_text(
        f"#!{sys.executable}\nimport sys, requests\nrequests.get(sys.argv[1], timeout=10)\n"
    )
    browser_program.chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "BROWSER": f"{browser_program} %s &",
        "SPOTIFY_CLIENT_ID": app.client_id,
        "SPOTIFY_CLIENT_SECRET": app.client_secret,
        "SPOTIFY_API_URL": app.api_url,
        "SPOTIFY_ACCOUNTS_URL": app.accounts_url,
    }
    command = [sys.executable, "-m", "infra.local", "authorize", "--port", str(free_port())]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Authorised as" in done.stdout
    stored = dotenv_values(tmp_path / ".env")
    assert stored["SPOTIFY_REFRESH_TOKEN"]
    assert stored["SPOTIFY_CONSENTED_AT"]
    for secret in (app.client_secret, stored["SPOTIFY_REFRESH_TOKEN"]):
        assert secret not in done.stdout + done.stderr


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command's working directory, with the test's `.env` only and no Spotify variables of the shell."""
    for name in ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET", "SPOTIFY_API_URL", "SPOTIFY_ACCOUNTS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(webbrowser, "open", browser)
    return tmp_path


def test_a_rotated_client_secret_is_requested_again_and_stored(
    spotify: Callable[[AccountsOptions], App], in_folder: Path
) -> None:
    app = spotify(AccountsOptions(client_secret="brand-new"))
    (in_folder / ".env").write_text(
        f"SPOTIFY_CLIENT_ID={CLIENT_ID}\nSPOTIFY_CLIENT_SECRET=rotated-away\n"
        f"SPOTIFY_API_URL={app.api_url}\nSPOTIFY_ACCOUNTS_URL={app.accounts_url}\n"
    )
    command = ["authorize", "--port", str(free_port())]
    done = CliRunner().invoke(cli.app, command, input="mistyped\nbrand-new\n")
    assert done.exit_code == 0, done.output
    assert done.output.count("Was it rotated?") == 2
    assert dotenv_values(in_folder / ".env")["SPOTIFY_CLIENT_SECRET"] == "brand-new"
    for secret in ("rotated-away", "mistyped", "brand-new"):
        assert secret not in done.output


@pytest.mark.parametrize("port", ["0", "99999"])
def test_an_invalid_port_is_refused_before_anything_else(in_folder: Path, port: str) -> None:
    done = CliRunner().invoke(cli.app, ["authorize", "--port", port])
    assert done.exit_code == 2
    assert "--port" in done.output
    assert "Client" not in done.output


def test_an_unreachable_spotify_is_reported_before_the_browser_opens() -> None:
    with pytest.raises(AuthorizationFailed, match="cannot be reached"):
        knows(App(CLIENT_ID, CLIENT_SECRET, accounts_url=f"http://127.0.0.1:{free_port()}/"))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
