"""Every fault that the local Spotify supports, as a client sees it."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import spotipy

from infra.local.spotify_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    Fault,
    FaultPlan,
    FaultPlanError,
    SpotifyApi,
    SpotifyApiOptions,
)

DAY = dt.date(2026, 11, 22)


class Client:
    """A signed-in client of one server."""

    def __init__(self, spotify: SpotifyApi) -> None:
        self.spotify = spotify
        self.session = requests.Session()
        self.token = str(self.ask().json()["access_token"])
        self.session.headers["Authorization"] = f"Bearer {self.token}"
        library = self.get("me/playlists?limit=50").json()["items"]
        self.ids = {one["name"]: str(one["id"]) for one in library if one}
        self.kitchen = self.ids["Kitchen Radio, Vol. 2"]

    def ask(self) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
        url = f"{self.spotify.accounts_url}api/token"
        return requests.post(url, data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=5)

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.spotify.api_url}{path}", timeout=5)

    def page(self, offset: int, playlist_id: str | None = None) -> requests.Response:
        return self.get(f"playlists/{playlist_id or self.kitchen}/items?limit=50&offset={offset}")

    def play(self, *faults: Fault, **budgets: Any) -> None:
        self.spotify.use_faults(FaultPlan(faults, **budgets))


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(clock: Clock) -> Iterator[Client]:
    with SpotifyApi(SpotifyApiOptions(day=DAY), clock=clock) as spotify:
        yield Client(spotify)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with SpotifyApi(SpotifyApiOptions(day=DAY)) as spotify:
        yield Client(spotify)


def test_a_rate_limit_names_the_seconds_to_wait(client: Client) -> None:
    client.play(Fault("rate_limited", seconds=7))
    response = client.get("me")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert response.json() == {"error": {"status": 429, "message": "API rate limit exceeded"}}
    assert client.get("me").status_code == 200


def test_a_rate_limit_may_come_without_seconds_and_as_plain_text(client: Client) -> None:
    client.play(Fault("rate_limited", seconds=None, text="Too many requests"))
    response = client.get("me")
    assert (response.status_code, response.text) == (429, "Too many requests")
    assert "Retry-After" not in response.headers


def test_a_spent_quota_gives_its_reason(client: Client) -> None:
    client.play(Fault("quota_exceeded", seconds=48_925))
    response = client.get("me")
    assert response.headers["Retry-After"] == "48925"
    error = {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}
    assert response.json() == {"error": error}


def test_spotipy_with_a_session_of_ours_sees_the_reason_and_the_seconds(client: Client) -> None:
    client.play(Fault("quota_exceeded", seconds=48_925))
    sp = spotipy.Spotify(auth=client.token, requests_session=requests.Session())
    sp.prefix = client.spotify.api_url
    with pytest.raises(spotipy.SpotifyException) as caught:
        sp.me()
    assert (caught.value.http_status, caught.value.reason) == (429, "QUOTA_EXCEEDED")
    assert caught.value.headers["Retry-After"] == "48925"


def test_a_lasting_refusal_blocks_calls_until_its_time(timed: Client, clock: Clock) -> None:
    timed.play(Fault("quota_exceeded", path="me", seconds=600, lasting=True))
    assert timed.get("me/tracks").status_code == 200
    assert timed.get("me").status_code == 429
    clock.now += 200
    refused = timed.get("me/tracks")
    assert refused.json()["error"]["reason"] == "QUOTA_EXCEEDED"
    assert refused.headers["Retry-After"] == "400"
    assert timed.ask().status_code == 200  # the accounts host is another host
    clock.now += 400
    assert timed.get("me/tracks").status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_affects_the_nth_call_and_the_following_ones(client: Client, status: int) -> None:
    client.play(Fault("status", path="playlists/*/items", status=status, nth=2, times=2))
    statuses = [client.page(offset).status_code for offset in (0, 50, 50, 50)]
    assert statuses == [200, status, status, 200]
    assert client.spotify.injected == (2,)
    assert client.page(0).json()["offset"] == 0


def test_a_fault_may_wait_for_one_page_of_any_playlist(client: Client) -> None:
    client.play(Fault("status", path="playlists/*/items", offset=50, times=None))
    other = client.ids["A Hundred Even"]
    pages = [(0, None), (50, None), (50, other), (0, other), (100, None)]
    assert [client.page(*one).status_code for one in pages] == [200, 503, 503, 200, 200]


def test_an_error_may_be_a_bare_string(client: Client) -> None:
    client.play(Fault("string_error", status=502, message="upstream"))
    response = client.get("me")
    assert (response.status_code, response.json()) == (502, {"error": "upstream"})


def test_a_dropped_connection_gives_no_answer(client: Client) -> None:
    client.play(Fault("dropped"))
    client.spotify.calls.clear()
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get("me")
    assert [(call.status, call.fault) for call in client.spotify.calls] == [(0, "dropped")]
    assert client.get("me").status_code == 200


def test_a_cut_off_body_is_shorter_than_announced(client: Client) -> None:
    client.play(Fault("cut_off"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.page(0)
    assert client.page(0).status_code == 200


def test_a_body_may_be_empty_broken_or_html_under_status_200(client: Client) -> None:
    client.play(Fault("empty"), Fault("invalid_json", nth=2), Fault("html", nth=3))
    empty, broken, html, whole = (client.page(0) for _ in range(4))
    assert {one.status_code for one in (empty, broken, html, whole)} == {200}
    assert empty.content == b""
    assert broken.text == whole.text[: len(broken.text)] != ""
    assert html.headers["Content-Type"] == "text/html"
    for one in (empty, broken, html):
        with pytest.raises(requests.exceptions.JSONDecodeError):
            one.json()


def test_a_slow_answer_exceeds_a_short_timeout_and_is_complete(client: Client) -> None:
    client.play(Fault("slow", seconds=0.4, times=2))
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.session.get(f"{client.spotify.api_url}me", timeout=0.1)
    assert client.get("me").json()["type"] == "user"


def test_the_token_call_has_faults_of_its_own(client: Client) -> None:
    client.play(
        Fault("status", path="api/token", status=500),
        Fault("rate_limited", path="api/token", seconds=3, nth=2),
    )
    failed, limited, good = (client.ask() for _ in range(3))
    assert (failed.status_code, failed.json()["error"]) == (500, "server_error")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "3")
    assert good.status_code == 200


def test_a_quota_counts_api_calls_that_passed_and_comes_back_with_time(timed: Client, clock: Clock) -> None:
    timed.play(quota=3)
    timed.ask()
    statuses = []
    for _ in range(5):
        statuses.append(timed.get("me").status_code)
        clock.now += 10
    assert statuses == [200, 200, 200, 429, 429]
    refused = timed.get("me")
    assert refused.json()["error"]["reason"] == "QUOTA_EXCEEDED"
    assert refused.headers["Retry-After"] == str(86_400 - 50)


def test_a_quota_rolls_and_gives_back_one_call_at_a_time(timed: Client, clock: Clock) -> None:
    timed.play(quota=2, quota_window=100)
    timed.get("me")
    clock.now += 30
    timed.get("me")
    clock.now += 70
    assert [timed.get("me").status_code for _ in range(2)] == [200, 429]


def test_a_quota_of_a_day_asks_for_a_day(client: Client) -> None:
    client.play(quota=0)
    assert client.get("me").headers["Retry-After"] == "86400"


def test_a_rate_limit_has_a_window_of_its_own(client: Client) -> None:
    client.play(rate_limit=2, quota=1_000)
    client.get("me")
    client.get("me")
    refused = client.get("me")
    assert refused.json() == {"error": {"status": 429, "message": "API rate limit exceeded"}}
    assert 1 <= int(refused.headers["Retry-After"]) <= 30


def torn_read(client: Client) -> tuple[list[Any], str, str]:
    """The first two pages, and the snapshot before and after them."""
    before = client.get(f"playlists/{client.kitchen}?fields=snapshot_id").json()["snapshot_id"]
    items = [item for offset in (0, 50) for item in client.page(offset).json()["items"]]
    after = client.get(f"playlists/{client.kitchen}?fields=snapshot_id").json()["snapshot_id"]
    return items, before, after


def test_a_playlist_that_changes_between_pages_is_inconsistent_once(client: Client) -> None:
    client.play()
    undisturbed, snapshot, _ = torn_read(client)
    client.play(Fault("snapshot_moves", path="playlists/*/items", nth=2))
    torn, before, after = torn_read(client)
    assert before != after == snapshot
    assert torn != undisturbed
    assert torn[49] == undisturbed[50] == torn[50]  # a reader of the changed playlist gets an item twice
    assert torn_read(client) == (undisturbed, snapshot, snapshot)
    assert client.spotify.injected == (1,)


def test_a_playlist_can_change_several_times(client: Client) -> None:
    client.play()
    _, snapshot, _ = torn_read(client)
    client.play(Fault("snapshot_moves", path=f"playlists/{client.kitchen}/items", nth=2, times=3))
    seen = [torn_read(client)[1:] for _ in range(3)]
    assert [before == after for before, after in seen] == [False, False, True]
    assert seen[-1] == (snapshot, snapshot)


def test_a_playlist_can_change_every_time(client: Client) -> None:
    client.play(Fault("snapshot_moves", path="playlists/*/items", times=None))
    seen = [torn_read(client)[1:] for _ in range(4)]
    assert all(before != after for before, after in seen)


def test_a_change_is_visible_in_the_library_and_in_the_total(client: Client) -> None:
    client.play()
    name = "Kitchen Radio, Vol. 2"

    def listed() -> dict[str, Any]:
        items = client.get("me/playlists?limit=50").json()["items"]
        return next(one for one in items if one and one["name"] == name)

    final = listed()
    client.play(Fault("snapshot_moves", path=f"playlists/{client.kitchen}/items"))
    earlier = listed()
    assert earlier["snapshot_id"] != final["snapshot_id"]
    assert earlier["tracks"]["total"] == final["tracks"]["total"] - 1
    client.page(0)
    assert listed() == final


def test_a_playlist_changes_even_if_another_fault_affects_the_same_call(client: Client) -> None:
    client.play()
    _, snapshot, _ = torn_read(client)
    client.play(
        Fault("status", path="playlists/*/items", nth=2),
        Fault("snapshot_moves", path="playlists/*/items", nth=2),
    )
    assert [client.page(offset).status_code for offset in (0, 50, 50)] == [200, 503, 200]
    assert client.spotify.injected == (1, 1)
    assert client.get(f"playlists/{client.kitchen}").json()["snapshot_id"] == snapshot


def test_latency_is_taken_by_every_call() -> None:
    with SpotifyApi(SpotifyApiOptions(day=DAY, latency=0.3)) as spotify:
        for path in ("v1/me", "api/token"):
            with pytest.raises(requests.exceptions.ReadTimeout):
                requests.get(f"{spotify.accounts_url}{path}", timeout=0.05)
            assert requests.get(f"{spotify.accounts_url}{path}", timeout=5).status_code in {401, 404}


def test_a_plan_goes_through_json_and_pickle_unchanged() -> None:
    faults = (Fault("slow", path="me", seconds=0.5), Fault("rate_limited", nth=3, times=None, lasting=True))
    plan = FaultPlan(faults, quota=9, rate_limit=3)
    assert FaultPlan.from_json(plan.to_json()) == plan
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert hash(plan) == hash(FaultPlan.from_json(plan.to_json()))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not json", "JSON is malformed"),
        ("[]", "Expected `object`, got `array`"),
        ('{"fault": []}', "unknown field `fault`.*The keys of a plan are faults,"),
        ('{"faults": [{"kind": "slow", "second": 1}]}', "unknown field `second`.*, seconds,"),
        ('{"faults": [{"kind": "gremlins"}]}', "'gremlins'.*; the kinds are rate_limited,"),
        ('{"faults": [{"kind": "slow", "nth": "3"}]}', "Expected `int`, got `str`"),
        ('{"faults": [{"kind": "slow", "nth": 0}]}', "count from 1"),
        ('{"faults": [{"kind": "slow", "seconds": null}]}', "slow needs seconds"),
        ('{"faults": [{"path": "me"}]}', "missing required field `kind`"),
    ],
)
def test_an_invalid_plan_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(FaultPlanError, match=complaint):
        FaultPlan.from_json(text)
