"""Recorded answers at the local Spotify: recognized by their shape, served unchanged, day by day."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.spotify_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    RecordedCatalog,
    RecordingUnreadableError,
    SpotifyApi,
    SpotifyApiOptions,
)
from tests.recordings import BOTH, CHART, FRIEND, FRIENDS, LONG, exchange, items, page, playlist, track, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    early, late = (page(items(first, 3), 3) for first in (0, 1))
    write(tmp_path / "a_2024-04-22.json.gz", playlist(CHART, "one", FRIEND, tracks=early))
    write(tmp_path / "b_2024-05-15.json", playlist(CHART, "two", FRIEND, tracks=late))
    both = page([{**item, "item": item["track"]} for item in items(10, 2)], 2)
    write(tmp_path / "c_2026-02-25.json", playlist(BOTH, "three", tracks=both, items=both))
    # No date in the name: the latest added_at is the day. Page two is there, page four without page three.
    long = playlist(LONG, "four", tracks=page(items(20, 100, "2025-01-01T10:00:00Z"), 350))
    href = f"https://api.spotify.com/v1/playlists/{LONG}/tracks?limit=100&offset="
    write(tmp_path / "long.json", long)
    exchanges = [
        exchange("page 2", page(items(120, 100, "2025-01-01T09:00:00Z"), 350, 100, href=f"{href}100")),
        exchange("page 4", page(items(320, 50, "2025-01-01T09:00:00Z"), 350, 300, href=f"{href}300")),
        exchange(
            "artist", {**track(0)["artists"][0], "genres": ["tin pan house"], "followers": {"total": 3}}
        ),
        exchange("album", {**track(0)["album"], "label": "Tin Almanac", "tracks": page([], 0)}),
        exchange("gone", {"error": {"status": 404, "message": "Resource not found"}}, 404),
    ]
    lines = "\n".join(map(json.dumps, exchanges))
    (tmp_path / "more.ndjson.gz").write_bytes(gzip.compress(lines.encode()))
    listed = [playlist(BOTH, "three"), playlist(LONG, "four"), playlist(FRIENDS, "five", FRIEND)]
    write(tmp_path / "library.json", page(listed, 3, href="https://api.spotify.com/v1/me/playlists"))
    saved = [{"added_at": "2026-02-23T13:28:26Z", "track": track(number)} for number in range(4)]
    write(tmp_path / "saved.json", page(saved, 5_320))
    plays = [{"played_at": "2026-02-25T20:15:20.497Z", "track": track(1), "context": None}]
    write(tmp_path / "plays.json", {"items": plays, "limit": 50, "cursors": None, "next": None})
    write(tmp_path / "error.json", {"error": {"status": 429, "message": "API rate limit exceeded"}})
    (tmp_path / "SOURCES.md").write_text("not an answer")
    return tmp_path


class Client:
    """A signed-in client of one server."""

    def __init__(self, spotify: SpotifyApi) -> None:
        form = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
        url = f"{spotify.accounts_url}api/token"
        token = requests.post(url, data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=5).json()
        self.headers = {"Authorization": f"Bearer {token['access_token']}"}
        self.url = spotify.api_url

    def get(self, path: str) -> requests.Response:
        url = path if path.startswith("http") else f"{self.url}{path}"
        return requests.get(url, headers=self.headers, timeout=5)

    def all_items(self, key: str) -> list[dict[str, Any]]:
        found, url = [], f"playlists/{key}/items?limit=50&additional_types=track,episode"
        while url:
            body = self.get(url).json()
            found += body["items"]
            url = body["next"]
        assert len(found) == body["total"]
        return found


def options(folder: Path, day: str = "2026-11-22", **more: Any) -> SpotifyApiOptions:
    return SpotifyApiOptions(recorded=folder, day=dt.date.fromisoformat(day), **more)


def test_a_playlist_is_served_completely_and_unchanged(folder: Path) -> None:
    with SpotifyApi(options(folder)) as spotify:
        client = Client(spotify)
        served = client.get(f"playlists/{CHART}").json()
        recorded = json.loads((folder / "b_2024-05-15.json").read_text())
        assert served["tracks"]["items"] == recorded["tracks"]["items"] == client.all_items(CHART)
        served.pop("tracks")
        recorded.pop("tracks")
        assert served == recorded


def test_both_names_at_once_stay_as_recorded(folder: Path) -> None:
    with SpotifyApi(options(folder)) as spotify:
        served = Client(spotify).get(f"playlists/{BOTH}").json()
        assert served["tracks"] == served["items"]
        assert served["items"]["items"][0]["track"] == served["items"]["items"][0]["item"] == track(10)


def test_a_development_app_sees_the_new_shape_of_what_was_recorded(folder: Path) -> None:
    with SpotifyApi(options(folder, mode="development")) as spotify:
        client = Client(spotify)
        served = client.get(f"playlists/{BOTH}").json()
        assert "tracks" not in served
        first = served["items"]["items"][0]
        assert "track" not in first
        assert "popularity" not in first["item"]
        assert first["item"]["odd_new_field"] == {"kept": True}
        assert client.get(f"playlists/{CHART}/items").status_code == 403  # a friend's


@pytest.mark.parametrize(
    ("day", "snapshot"),
    [("2024-04-22", "one"), ("2024-05-14", "one"), ("2024-05-15", "two"), ("2026-11-22", "two")],
)
def test_a_day_shows_the_capture_at_or_before_it(folder: Path, day: str, snapshot: str) -> None:
    with SpotifyApi(options(folder, day)) as spotify:
        client = Client(spotify)
        assert client.get(f"playlists/{CHART}").json()["snapshot_id"] == snapshot
        assert client.all_items(CHART)[0]["track"]["name"] == {"one": "Track 0", "two": "Track 1"}[snapshot]


def test_before_its_first_capture_a_playlist_does_not_exist(folder: Path) -> None:
    with SpotifyApi(options(folder, "2024-04-21")) as spotify:
        client = Client(spotify)
        assert client.get(f"playlists/{CHART}").status_code == 404
        assert client.get("me/playlists").json()["items"] == []
        assert client.get("me/tracks").json()["total"] == 0


def test_every_day_of_a_capture_is_known(folder: Path) -> None:
    content = RecordedCatalog.read(folder)
    assert [str(day) for day in content.days()] == ["2024-04-22", "2024-05-15", "2025-01-01", "2026-02-25"]
    assert [str(day) for day in content.replay_days()] == ["2024-04-22", "2024-05-15", "2026-02-25"]


def test_the_total_is_what_can_be_served_without_a_gap(folder: Path) -> None:
    with SpotifyApi(options(folder)) as spotify:
        found = Client(spotify).all_items(LONG)
        assert [item["track"]["name"] for item in found] == [f"Track {number}" for number in range(20, 220)]


def test_the_library_lists_what_has_contents_in_the_recorded_order(folder: Path) -> None:
    with SpotifyApi(options(folder)) as spotify:
        client = Client(spotify)
        listed = client.get("me/playlists").json()
        assert [one["id"] for one in listed["items"]] == [BOTH, LONG, CHART]
        assert listed["total"] == 3
        assert client.get(f"playlists/{FRIENDS}").status_code == 404
        assert client.get("me").json()["id"] == "keeper"


def test_saved_tracks_and_plays_are_served(folder: Path) -> None:
    with SpotifyApi(options(folder)) as spotify:
        client = Client(spotify)
        saved = client.get("me/tracks?limit=50").json()
        assert (saved["total"], len(saved["items"]), saved["next"]) == (4, 4, None)
        plays = client.get("me/player/recently-played").json()["items"]
        assert [play["track"]["name"] for play in plays] == ["Track 1"]


def test_what_is_known_in_its_simple_form_only_is_not_found(folder: Path) -> None:
    with SpotifyApi(options(folder)) as spotify:
        client = Client(spotify)
        full, simple = track(0), track(1)
        known, unknown = full["artists"][0]["id"], simple["artists"][0]["id"]
        assert client.get(f"artists/{known}").json()["genres"] == ["tin pan house"]
        assert client.get(f"artists/{unknown}").status_code == 404
        batch = client.get(f"artists?ids={unknown},{known}").json()["artists"]
        assert [one and one["id"] for one in batch] == [None, known]
        assert client.get(f"albums/{full['album']['id']}").json()["label"] == "Tin Almanac"
        assert client.get(f"albums/{simple['album']['id']}").status_code == 404
        assert client.get(f"tracks/{simple['id']}").json() == simple


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("broken.json", b'{"type": "playlist"', "it is not JSON"),
        ("broken.ndjson", b'{"a": 1}\n{"b"\n', "line 2 is not JSON"),
        ("broken.json.gz", b"not gzip", "gzip"),
        ("cut.json.gz", gzip.compress(b'{"a": 1}' * 99, mtime=0)[:-12], "end-of-stream"),
        ("latin.json", '{"a": "ø"}'.encode("latin-1"), "utf-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, name: str, data: bytes, reason: str) -> None:
    (folder / name).write_bytes(data)
    with pytest.raises(RecordingUnreadableError, match=f"{name}.*{reason}"):
        SpotifyApi(options(folder))


def test_a_folder_that_does_not_exist_or_holds_no_playlist_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnreadableError, match="there is no such folder"):
        RecordedCatalog.read(tmp_path / "nowhere")
    with pytest.raises(RecordingUnreadableError, match=f"{tmp_path.name}.*no file in it holds a playlist"):
        RecordedCatalog.read(tmp_path)


def load(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


def test_every_real_playlist_is_served_as_it_was_recorded(recorded_folder: Path) -> None:
    bodies = {path.name: load(path) for path in sorted(recorded_folder.glob("playlist_*.json.gz"))}
    content = RecordedCatalog.read(recorded_folder)
    compared = 0
    with SpotifyApi(SpotifyApiOptions(), catalog=content) as spotify:
        client = Client(spotify)
        for name, body in bodies.items():
            if body.get("type") != "playlist":
                continue
            dates = [day for day in content.days() if str(day) in name]
            spotify.day = dates[0] if dates else content.days()[-1]
            served = client.get(f"playlists/{body['id']}?additional_types=track,episode").json()
            for key in ("tracks", "items"):
                assert (key in served) == (key in body)
                if key in body:
                    assert served.pop(key)["items"] == body[key]["items"]
                    assert client.all_items(body["id"]) == body.pop(key)["items"]
            assert served == body
            compared += 1
    assert compared >= 5


def test_the_real_account_is_found_from_its_library(recorded_folder: Path) -> None:
    content = RecordedCatalog.read(recorded_folder)
    library = load(recorded_folder / "my_playlists_page_1.json.gz")
    owners = [one["owner"]["id"] for one in library["items"]]
    assert content.me(content.days()[-1])["id"] == max(set(owners), key=owners.count)
    assert len(content.saved_tracks(content.days()[-1])) == len(
        load(recorded_folder / "saved_tracks.json.gz")["items"]
    )
