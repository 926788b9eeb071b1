"""What apps of the three kinds may read from the local Spotify, and under which names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

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
from infra.local.spotify_api.options import MODES

DAY = dt.date(2026, 11, 22)
FERRY = "Sunday\u00a0Ferry"
BASEMENT = "bram's basement, no visitors"
EPISODES = "additional_types=track,episode"


class Client:
    """A signed-in client of one server."""

    def __init__(self, spotify: SpotifyApi, grant: str = "refresh_token") -> None:
        form = {"grant_type": grant, "refresh_token": REFRESH_TOKEN}
        url = f"{spotify.accounts_url}api/token"
        token = requests.post(url, data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=5).json()
        self.url = spotify.api_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token['access_token']}"

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.url}{path}", timeout=5)

    def body(self, path: str) -> Any:
        response = self.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    def playlist_id(self, name: str) -> str:
        library = self.body("me/playlists?limit=50")["items"]
        return next(str(playlist["id"]) for playlist in library if playlist and playlist["name"] == name)


def client(options: SpotifyApiOptions) -> Iterator[Client]:
    with SpotifyApi(options) as spotify:
        yield Client(spotify)


@pytest.fixture(scope="module")
def extended() -> Iterator[Client]:
    yield from client(SpotifyApiOptions(mode="extended", day=DAY))


@pytest.fixture(scope="module")
def legacy() -> Iterator[Client]:
    yield from client(SpotifyApiOptions(mode="legacy_development", day=DAY, names="both"))


@pytest.fixture(scope="module")
def development() -> Iterator[Client]:
    yield from client(SpotifyApiOptions(mode="development", day=DAY))


@pytest.fixture(params=MODES)
def any_mode(request: pytest.FixtureRequest) -> Client:
    name = {"legacy_development": "legacy"}.get(request.param, request.param)
    found: Client = request.getfixturevalue(name)
    return found


def keys_below(value: Any) -> set[str]:
    """Every `type.key` in a body."""
    if isinstance(value, list):
        return set().union(*map(keys_below, value))
    if not isinstance(value, dict):
        return set()
    own = {f"{value.get('type')}.{key}" for key in value}
    return own.union(*map(keys_below, value.values()))


REMOVED = {
    *("track.available_markets", "track.linked_from", "track.popularity"),
    *("album.available_markets", "album.label", "album.popularity"),
    *("artist.followers", "artist.popularity", "show.available_markets", "show.publisher"),
    *("user.country", "user.email", "user.explicit_content", "user.followers", "user.product"),
}


def everything(client: Client) -> set[str]:
    odd = client.body(f"playlists/{client.playlist_id('Odds & Ends, Bits & Bobs')}/items?limit=50&{EPISODES}")
    item = odd["items"][4]
    track = item.get("item") or item["track"]
    return keys_below(
        [
            odd,
            client.body("me"),
            client.body(f"tracks/{track['id']}"),
            client.body(f"albums/{track['album']['id']}"),
            client.body(f"artists/{track['artists'][0]['id']}"),
            client.body("me/tracks"),
            client.body("me/player/recently-played"),
        ]
    )


def test_an_extended_app_gets_every_field(extended: Client) -> None:
    assert everything(extended) >= REMOVED - {"user.email"}  # the email needs a scope of its own


def test_a_development_app_lacks_the_removed_fields_but_keeps_external_ids(development: Client) -> None:
    seen = everything(development)
    assert seen.isdisjoint(REMOVED)
    assert {"track.external_ids", "album.external_ids", "artist.genres", "user.account_id"} <= seen


def test_an_extended_app_gets_the_old_names(extended: Client) -> None:
    playlist = extended.body(f"playlists/{extended.playlist_id(FERRY)}")
    assert "items" not in playlist
    assert {"track"} == {"track", "item"} & set(playlist["tracks"]["items"][0])


def test_a_development_app_gets_the_new_names(development: Client) -> None:
    playlist = development.body(f"playlists/{development.playlist_id(FERRY)}")
    assert "tracks" not in playlist
    first = playlist["items"]["items"][0]
    assert {"item"} == {"track", "item"} & set(first)
    assert first["item"]["track"] is True  # the boolean inside a track keeps its name


def test_a_legacy_app_may_get_both_names_at_once(legacy: Client) -> None:
    playlist = legacy.body(f"playlists/{legacy.playlist_id(FERRY)}")
    assert playlist["tracks"] == playlist["items"]
    first = playlist["items"]["items"][0]
    assert first["track"] == first["item"]
    assert "popularity" in first["track"]
    simplified = legacy.body("me/playlists")["items"][0]
    assert simplified["tracks"] == simplified["items"]


def test_a_legacy_app_gets_the_old_names_by_default() -> None:
    for one in client(SpotifyApiOptions(mode="legacy_development", day=DAY)):
        assert "items" not in one.body("me/playlists")["items"][0]


def test_saved_tracks_and_plays_keep_the_name_track(any_mode: Client) -> None:
    assert set(any_mode.body("me/tracks")["items"][0]) == {"added_at", "track"}
    assert set(any_mode.body("me/player/recently-played")["items"][0]) == {"track", "played_at", "context"}


def test_a_development_app_has_no_old_contents_path_and_no_batches(development: Client) -> None:
    playlist_id = development.playlist_id(FERRY)
    artist_id = development.body("me/tracks")["items"][0]["track"]["artists"][0]["id"]
    for path in (
        *(f"playlists/{playlist_id}/tracks", f"artists?ids={artist_id}", f"artists/?ids={artist_id}"),
        *("albums?ids=x", "tracks?ids=x", f"artists/{artist_id}/top-tracks", "users/someone/playlists"),
        *("browse/new-releases", "markets", "audio-features/x", "recommendations"),
    ):
        response = development.get(path)
        assert response.status_code == 403, path
        assert response.json() == {"error": {"status": 403, "message": "Forbidden"}}


@pytest.mark.parametrize("paths", ["items", "tracks"])
def test_a_legacy_app_may_have_one_contents_path_only(paths: Any) -> None:
    for one in client(SpotifyApiOptions(mode="legacy_development", day=DAY, contents_paths=paths)):
        playlist_id = one.playlist_id(FERRY)
        statuses = {
            path: one.get(f"playlists/{playlist_id}/{path}").status_code for path in ("items", "tracks")
        }
        assert statuses == {"items": 403, "tracks": 403} | {paths: 200}


def test_a_development_app_reads_its_users_own_and_shared_playlists_only(development: Client) -> None:
    friend = development.playlist_id(BASEMENT)
    shared = development.playlist_id("Road Trip to Fennmoor 🚐")
    assert development.get(f"playlists/{friend}/items").status_code == 403
    assert "items" not in development.body(f"playlists/{friend}")
    assert development.body(f"playlists/{friend}")["name"] == BASEMENT
    assert development.body(f"playlists/{shared}/items")["total"] > 0


def test_other_apps_read_a_friends_public_playlist(extended: Client, legacy: Client) -> None:
    for one in (extended, legacy):
        assert one.body(f"playlists/{one.playlist_id(BASEMENT)}/items")["total"] > 0


def test_a_chart_of_spotifys_own_is_404_without_extended_quota(
    extended: Client, legacy: Client, development: Client
) -> None:
    chart = extended.playlist_id("Daily Fifty: Everywhere")
    assert extended.body(f"playlists/{chart}")["tracks"]["total"] == 50
    for one in (legacy, development):
        assert one.get(f"playlists/{chart}").status_code == 404
        assert one.get(f"playlists/{chart}/items").status_code == 404


@pytest.mark.parametrize("mode", MODES)
def test_a_client_credentials_token_has_no_user(mode: Any) -> None:
    with SpotifyApi(SpotifyApiOptions(mode=mode, day=DAY)) as spotify:
        nobody, user = Client(spotify, "client_credentials"), Client(spotify)
        assert nobody.get("me").json()["error"] == {"status": 401, "message": "Unauthorized."}
        for path in ("me/playlists", "me/tracks", "me/player/recently-played"):
            assert nobody.get(path).json()["error"]["message"] == "Insufficient client scope"
        public = user.playlist_id(FERRY)
        private = user.playlist_id("Not for Mum")
        assert nobody.get(f"playlists/{private}").status_code == 404
        expected = 403 if mode == "development" else 200
        assert nobody.get(f"playlists/{public}/items").status_code == expected
        has_contents = not {"tracks", "items"}.isdisjoint(nobody.body(f"playlists/{public}"))
        assert has_contents == (mode != "development")


def test_a_user_off_the_allowlist_is_refused_with_a_valid_token() -> None:
    for one in client(SpotifyApiOptions(mode="development", user_is_registered=False)):
        assert "not registered" in one.get("me").json()["error"]["message"]


def test_an_app_whose_owner_has_no_premium_is_refused() -> None:
    for one in client(SpotifyApiOptions(mode="development", owner_has_premium=False)):
        assert one.get("me").status_code == 403
        assert "premium" in one.get("me").json()["error"]["message"]


def test_a_missing_scope_blocks_its_endpoint() -> None:
    for one in client(SpotifyApiOptions(day=DAY, accounts=AccountsOptions(scopes=("user-read-private",)))):
        assert one.get("me/tracks").status_code == 403
        names = {playlist["name"] for playlist in one.body("me/playlists")["items"] if playlist}
        assert FERRY in names
        assert names.isdisjoint({"Not for Mum", "Road Trip to Fennmoor 🚐"})


def test_an_episode_is_null_for_a_client_that_did_not_ask_for_episodes(any_mode: Client) -> None:
    playlist_id = any_mode.playlist_id("Talk, Then Music")
    contents = [
        [
            item.get("item", item.get("track"))
            for item in any_mode.body(f"playlists/{playlist_id}/items{query}")["items"]
        ]
        for query in (f"?{EPISODES}", "")
    ]
    with_episodes, without = contents
    assert len(with_episodes) == len(without)
    assert [c if c["type"] == "track" else None for c in with_episodes] == without
    assert None in without


def test_market_replaces_the_list_of_markets(extended: Client) -> None:
    track_id = extended.body("me/tracks")["items"][0]["track"]["id"]
    assert "available_markets" in extended.body(f"tracks/{track_id}")
    there = extended.body(f"tracks/{track_id}?market=SE")
    assert "track.available_markets" not in keys_below(there)
    assert there["is_playable"] is True


@pytest.mark.parametrize("kind", ["artists", "albums", "tracks", "playlists"])
def test_unknown_and_malformed_ids_have_different_errors(any_mode: Client, kind: str) -> None:
    assert any_mode.get(f"{kind}/{'0' * 22}").json()["error"] == {
        "status": 404,
        "message": "Resource not found",
    }
    assert any_mode.get(f"{kind}/not-an-id").json()["error"] == {
        "status": 400,
        "message": "Invalid base62 id",
    }


def test_spotipy_reads_every_kind_of_app(any_mode: Client) -> None:
    token = str(any_mode.session.headers["Authorization"]).split()[1]
    sp = spotipy.Spotify(auth=token, requests_session=requests.Session())
    sp.prefix = any_mode.url
    playlist_id = any_mode.playlist_id("Kitchen Radio, Vol. 2")
    page, count = sp.playlist_items(playlist_id), 0
    while page:
        count += len(page["items"])
        page = sp.next(page)
    assert count == sp.playlist_items(playlist_id)["total"] > 200
