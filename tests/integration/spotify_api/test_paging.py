"""Paging, `fields`, the call log and the passing of days at the local Spotify."""

from __future__ import annotations

import datetime as dt
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from infra.local.spotify_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    Scale,
    SpotifyApi,
    SpotifyApiOptions,
)
from tests.project import ROOT

DAY = dt.date(2026, 11, 22)
KITCHEN = "Kitchen Radio, Vol. 2"


def signed_in(accounts_url: str) -> requests.Session:
    form = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
    url = f"{accounts_url}api/token"
    token = requests.post(url, data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=5).json()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token['access_token']}"
    return session


class Client:
    """A signed-in client of one server."""

    def __init__(self, spotify: SpotifyApi) -> None:
        self.spotify = spotify
        self.session = signed_in(spotify.accounts_url)

    def get(self, path: str) -> requests.Response:
        url = path if path.startswith("http") else f"{self.spotify.api_url}{path}"
        return self.session.get(url, timeout=5)

    def pages(self, path: str) -> list[dict[str, Any]]:
        found = [self.get(path).json()]
        while found[-1]["next"]:
            found.append(self.get(found[-1]["next"]).json())
        return found

    def library(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self.get("me/playlists?limit=50").json()["items"] if one}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with SpotifyApi(SpotifyApiOptions(day=DAY)) as spotify:
        yield Client(spotify)


@pytest.fixture(scope="module")
def kitchen(client: Client) -> str:
    return str(client.library()[KITCHEN]["id"])


def test_pages_follow_each_other_to_the_end(client: Client, kitchen: str) -> None:
    pages = client.pages(f"playlists/{kitchen}/items?limit=50&additional_types=track,episode")
    total = pages[0]["total"]
    assert [page["offset"] for page in pages] == list(range(0, total, 50))
    assert sum(len(page["items"]) for page in pages) == total
    assert {page["total"] for page in pages} == {total}
    for page in pages[1:]:
        assert client.get(page["previous"]).json()["offset"] == page["offset"] - 50


def test_links_point_at_this_server_and_keep_the_parameters(client: Client, kitchen: str) -> None:
    page = client.get(f"playlists/{kitchen}/items?limit=10&offset=10&additional_types=track,episode").json()
    for name in ("href", "next", "previous"):
        link = urlsplit(page[name])
        assert f"{link.scheme}://{link.netloc}/v1/" == client.spotify.api_url
        assert "additional_types=track%2Cepisode" in link.query


def test_every_page_size_gives_the_same_items(client: Client, kitchen: str) -> None:
    by_size = [
        [item for page in client.pages(f"playlists/{kitchen}/{path}") for item in page["items"]]
        for path in ("items?limit=50", "items?limit=49", "tracks?limit=100", "items")
    ]
    assert all(items == by_size[0] for items in by_size)


@pytest.mark.parametrize(
    ("path", "size"), [("items", 20), ("items?limit=50", 50), ("tracks", 100), ("tracks?limit=100", 100)]
)
def test_default_and_largest_page_sizes(client: Client, kitchen: str, path: str, size: int) -> None:
    assert len(client.get(f"playlists/{kitchen}/{path}").json()["items"]) == size


@pytest.mark.parametrize("query", ["limit=51", "limit=0", "limit=-1", "limit=many", "offset=-1", "offset=x"])
def test_a_page_that_is_not_served_is_400(client: Client, kitchen: str, query: str) -> None:
    for path in (f"playlists/{kitchen}/items", "me/playlists", "me/tracks"):
        response = client.get(f"{path}?{query}")
        assert response.status_code == 400
        assert response.json()["error"]["message"] == f"Invalid {query.split('=', maxsplit=1)[0]}"


def test_the_old_path_serves_a_hundred_and_no_more(client: Client, kitchen: str) -> None:
    assert client.get(f"playlists/{kitchen}/tracks?limit=101").status_code == 400


def test_past_the_end_there_is_an_empty_page(client: Client, kitchen: str) -> None:
    page = client.get(f"playlists/{kitchen}/items?offset=1000").json()
    assert (page["items"], page["next"]) == ([], None)


def test_the_embedded_page_holds_a_hundred_and_leads_on(client: Client, kitchen: str) -> None:
    playlist = client.get(f"playlists/{kitchen}").json()
    embedded = playlist["tracks"]
    assert (embedded["limit"], len(embedded["items"])) == (100, 100)
    following = client.get(embedded["next"]).json()
    assert following["offset"] == 100
    whole = client.get(f"playlists/{kitchen}/tracks?limit=100").json()["items"]
    assert embedded["items"] == whole


def test_a_playlist_of_exactly_a_hundred_ends_with_a_full_page(client: Client) -> None:
    pages = client.pages(f"playlists/{client.library()['A Hundred Even']['id']}/items?limit=50")
    assert [len(page["items"]) for page in pages] == [50, 50]


def test_saved_tracks_are_paged(client: Client) -> None:
    items = [item for page in client.pages("me/tracks?limit=50") for item in page["items"]]
    assert len(items) == 73
    assert [item["added_at"] for item in items] == sorted((i["added_at"] for i in items), reverse=True)


def test_saved_episodes_are_paged(client: Client) -> None:
    pages = client.pages("me/episodes?limit=50")
    items = [item for page in pages for item in page["items"]]
    assert [len(page["items"]) for page in pages] == [50, 4]
    assert [item["added_at"] for item in items] == sorted((i["added_at"] for i in items), reverse=True)
    assert {item["episode"]["type"] for item in items} == {"episode"}


def test_plays_are_read_backwards_and_polled_forwards(client: Client) -> None:
    pages = client.pages("me/player/recently-played?limit=20")
    plays = [play["played_at"] for page in pages for play in page["items"]]
    assert len(plays) == len(set(plays)) == 50
    assert "total" not in pages[0]
    newest = pages[0]["cursors"]["after"]
    assert isinstance(newest, str)
    assert client.get(f"me/player/recently-played?after={newest}").json()["items"] == []
    older = pages[1]["cursors"]["after"]
    polled = client.get(f"me/player/recently-played?after={older}&limit=50").json()["items"]
    assert [play["played_at"] for play in polled] == plays[:20]


def test_before_and_after_exclude_each_other(client: Client) -> None:
    assert client.get("me/player/recently-played?after=1&before=2").status_code == 400


def test_artists_are_read_by_fifties(client: Client) -> None:
    tracks = [item["track"] for page in client.pages("me/tracks?limit=50") for item in page["items"]]
    artists = sorted({artist["id"] for track in tracks for artist in track["artists"]})
    found = client.get(f"artists?ids={','.join([*artists[:49], '0' * 22])}").json()["artists"]
    assert [artist and artist["id"] for artist in found] == [*artists[:49], None]
    assert (
        client.get(f"artists?ids={','.join(artists[:51])}").json()["error"]["message"]
        == "Too many ids requested"
    )
    assert client.get("artists").status_code == 400
    albums = ",".join(track["album"]["id"] for track in tracks[:21])
    assert client.get(f"albums?ids={albums}").status_code == 400
    assert len(client.get(f"tracks/?ids={tracks[0]['id']}").json()["tracks"]) == 1


FIELDS = [
    ("snapshot_id,tracks(total)", {"snapshot_id", "tracks"}, {"total"}),
    ("name,tracks.total", {"name", "tracks"}, {"total"}),
    ("tracks(items(track(name,album(!images))),next)", {"tracks"}, {"items", "next"}),
    ("!tracks,!images", None, None),
]


@pytest.mark.parametrize(("fields", "keys", "page_keys"), FIELDS)
def test_fields_choose_what_is_answered(
    client: Client, kitchen: str, fields: str, keys: set[str] | None, page_keys: set[str] | None
) -> None:
    playlist = client.get(f"playlists/{kitchen}?fields={fields}").json()
    if keys is None:
        assert "name" in playlist
        assert {"tracks", "images"}.isdisjoint(playlist)
        return
    assert set(playlist) == keys
    assert set(playlist["tracks"]) == page_keys
    for item in playlist["tracks"].get("items", []):
        assert set(item["track"]) == {"name", "album"}
        assert "images" not in item["track"]["album"]
        assert "release_date" in item["track"]["album"]


def test_the_wrong_name_in_fields_silently_gives_empty_objects(client: Client, kitchen: str) -> None:
    page = client.get(f"playlists/{kitchen}/items?limit=2&fields=items(item(name))").json()
    assert page == {"items": [{}, {}]}


@pytest.mark.parametrize("fields", ["items(track", "items)", "a,,b", "a;b", "("])
def test_fields_that_cannot_be_read_are_400(client: Client, kitchen: str, fields: str) -> None:
    assert client.get(f"playlists/{kitchen}?fields={fields}").json()["error"]["message"] == "Invalid fields"


def test_an_etag_saves_the_body_of_an_unchanged_answer(client: Client, kitchen: str) -> None:
    first = client.get(f"playlists/{kitchen}/items")
    assert first.headers["ETag"].startswith('"MC-')
    headers = {"If-None-Match": first.headers["ETag"]}
    again = client.session.get(first.url, headers=headers, timeout=5)
    assert (again.status_code, again.content) == (304, b"")


def test_a_day_changes_some_playlists_and_leaves_others() -> None:
    with SpotifyApi(SpotifyApiOptions(day=DAY)) as spotify:
        client = Client(spotify)
        before = client.library()
        kitchen_before = client.get(f"playlists/{before[KITCHEN]['id']}/items").json()
        spotify.day = DAY + dt.timedelta(days=1)
        after = client.library()
        changed = {name for name in before if before[name]["snapshot_id"] != after[name]["snapshot_id"]}
        assert KITCHEN in changed
        assert "A Hundred Even" not in changed
        assert client.get(f"playlists/{before[KITCHEN]['id']}/items").json() != kitchen_before
        spotify.day = DAY
        assert client.library() == before


def test_calls_are_counted_by_endpoint() -> None:
    with SpotifyApi(SpotifyApiOptions(day=DAY)) as spotify:
        client = Client(spotify)
        kitchen = client.library()[KITCHEN]["id"]
        pages = client.pages(f"playlists/{kitchen}/items?limit=50")
        client.get(f"artists?ids={pages[0]['items'][0]['track']['artists'][0]['id']}")
        client.get("nowhere")
        assert spotify.calls.by_endpoint() == {
            "playlists/{id}/items": 5,
            "api/token": 1,
            "me/playlists": 1,
            "artists?ids=": 1,
            "nowhere": 1,
        }
        assert spotify.calls.number("playlists/*/items") == 5
        assert spotify.calls.number("**", status=404) == 1
        [third] = [call for call in spotify.calls if call.query.get("offset") == "100"]
        assert (third.method, third.path, third.status) == ("GET", f"/v1/playlists/{kitchen}/items", 200)
        spotify.calls.clear()
        assert len(spotify.calls) == 0


def test_no_call_is_lost_from_the_log_under_concurrent_clients() -> None:
    with SpotifyApi(SpotifyApiOptions(day=DAY)) as spotify:
        sessions = [signed_in(spotify.accounts_url) for _ in range(8)]
        statuses: list[int] = []

        def read(session: requests.Session) -> None:
            statuses.extend(session.get(f"{spotify.api_url}me", timeout=5).status_code for _ in range(25))

        threads = [threading.Thread(target=read, args=(session,)) for session in sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 200
        assert spotify.calls.number("me") == 200


def test_a_stopped_server_accepts_no_connection() -> None:
    with SpotifyApi() as spotify:
        client = Client(spotify)
        assert client.get("me").status_code == 200
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get("me")


def test_only_reading_is_offered(client: Client) -> None:
    response = client.session.delete(f"{client.spotify.api_url}me/library", timeout=5)
    assert response.json() == {"error": {"status": 405, "message": "Method not allowed"}}


def test_a_large_catalog_is_served_to_its_last_page() -> None:
    with SpotifyApi(SpotifyApiOptions(day=DAY, scale=Scale(playlists=120, items=75))) as spotify:
        client = Client(spotify)
        playlists = [one for page in client.pages("me/playlists?limit=50") for one in page["items"]]
        assert len({one["id"] for one in playlists}) == 120
        pages = client.pages(f"playlists/{playlists[-1]['id']}/items?limit=50")
        assert [len(page["items"]) for page in pages] == [50, 25]
        artist_id = pages[-1]["items"][-1]["track"]["artists"][0]["id"]
        assert client.get(f"artists?ids={artist_id}").json()["artists"][0]["id"] == artist_id


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "infra.local.spotify_api", *arguments]


def test_it_runs_as_a_process_and_prints_where_it_is() -> None:
    faults = '{"faults": [{"kind": "status", "path": "me", "status": 502}]}'
    arguments = command("--mode", "development", "--day", "2026-11-22", "--faults", faults)
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            session = signed_in(said["accounts_url"])
            statuses = [session.get(f"{said['api_url']}me", timeout=5).status_code for _ in range(2)]
            assert statuses == [502, 200]
            counted = requests.get(f"{said['accounts_url']}_local/calls", timeout=5).json()
            assert counted == {"me": 2, "api/token": 1}
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--day", "tomorrow"), "is not a day"),
        (("--mode", "premium"), "is not a mode"),
        (("--scale", "many"), "is not a size"),
        (("--port", "70000"), "Invalid value for '--port'"),
        (("--faults", '{"faults": [{"kind": "gremlins"}]}'), "the kinds are rate_limited"),
        (("--recorded", "/nowhere/at/all"), "there is no such folder"),
    ],
)
def test_a_wrong_argument_is_named(arguments: tuple[str, ...], complaint: str) -> None:
    done = subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    assert complaint in " ".join(done.stderr.split())
