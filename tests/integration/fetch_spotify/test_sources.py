"""Sources: the account's lists that are read like playlists, and a source with a bug."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fetch_spotify import errors
from fetch_spotify.context import FetchContext
from fetch_spotify.playlists import registry
from fetch_spotify.playlists.account_list import AccountList
from fetch_spotify.playlists.reader import PlaylistRead
from fetch_spotify.playlists.source import SourceListing, SourceSpec
from infra.local.spotify_api import SpotifyApi, SpotifyApiOptions
from tests.integration.fetch_support import (
    DAY,
    NEXT_DAY,
    NOTHING_YET,
    JsonObject,
    SmallLibrary,
    World,
    quick_world,
)


@pytest.fixture(scope="module")
def spotify() -> Iterator[SpotifyApi]:
    options = SpotifyApiOptions(day=dt.date.fromisoformat(DAY))
    with SpotifyApi(options, catalog=SmallLibrary(NOTHING_YET)) as server:
        yield server


def records_of(fetch: World, playlist_id: str, run_id: str = "run-1", day: str = DAY) -> list[JsonObject]:
    """The playlist records of a run's manifest with this id."""
    objects = fetch.manifest(run_id, day).playlist_records
    lines = [line for obj in objects for line in fetch.lines(obj.key)]
    return [line for line in lines if line["playlist_id"] == playlist_id]


def test_saved_tracks_are_read_like_a_playlist(spotify: SpotifyApi) -> None:
    fetch = quick_world(spotify, sources=("saved_tracks",))
    fetch.run()
    (entry,) = fetch.manifest().playlists
    assert (entry.source, entry.playlist_id, entry.rows) == ("saved_tracks", "saved_tracks", 73)
    spotify.calls.clear()
    fetch.run("run-2")
    assert spotify.calls.by_endpoint() == {"api/token": 1, "me/tracks": 1}


def test_saved_tracks_have_a_playlist_record_with_a_name_and_no_user(spotify: SpotifyApi) -> None:
    fetch = quick_world(spotify, sources=("playlists", "saved_tracks"))
    fetch.run()
    (line,) = records_of(fetch, "saved_tracks")
    (entry,) = (each for each in fetch.manifest().playlists if each.source == "saved_tracks")
    record = line["record"]
    assert (record["name"], record["items"]["total"]) == ("Liked Songs", 73)
    assert (record["uri"], record["external_urls"]["spotify"]) == (
        "spotify:collection:tracks",
        "https://open.spotify.com/collection/tracks",
    )
    assert line["snapshot_id"] == record["snapshot_id"] == entry.snapshot_id
    assert record["owner"] is None
    assert fetch.manifest().details.drift == {"missing": {}, "new": {}}


def test_saved_tracks_that_have_not_changed_keep_their_record(spotify: SpotifyApi) -> None:
    fetch = quick_world(spotify, sources=("saved_tracks",))
    fetch.run()
    fetch.run("run-2", NEXT_DAY)
    (entry,) = fetch.manifest("run-2", NEXT_DAY).playlists
    assert entry.status == "unchanged"
    assert len(records_of(fetch, "saved_tracks", "run-2", NEXT_DAY)) == 1


def test_a_source_that_is_named_twice_is_read_once(spotify: SpotifyApi) -> None:
    fetch = quick_world(spotify, sources=("saved_tracks", "saved_tracks"))
    assert fetch.run()["items"] == 73


def test_an_unknown_source_is_refused_with_those_that_exist(spotify: SpotifyApi) -> None:
    fetch = quick_world(spotify, sources=("playlists", "saved_albums"))
    with pytest.raises(
        errors.InvalidRequest, match=r"no source 'saved_albums'\. .*one or more of playlists, saved_tracks,"
    ):
        fetch.run()


class Failing:
    """A source whose code has a bug in one place."""

    def __init__(self, place: str) -> None:
        self._place = place

    def build(self, context: FetchContext) -> Failing:
        self._fail_at("build")
        return self

    def list_playlists(self) -> SourceListing:
        self._fail_at("list_playlists")
        return SourceListing(("failing",))

    def read(self, playlist: str) -> PlaylistRead:
        self._fail_at("read")
        raise errors.PlaylistSkipped("NotReadable", "There is nothing to read.")

    def _fail_at(self, place: str) -> None:
        if place == self._place:
            json.loads("{}")["no such key"]


Use = Callable[[SourceSpec], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    def add(spec: SourceSpec) -> None:
        monkeypatch.setattr(registry, "REGISTRY", {**registry.REGISTRY, spec.name: spec})

    return add


@pytest.mark.parametrize("place", ["build", "list_playlists", "read"])
def test_a_bug_in_a_source_ends_the_fetch_at_once_with_its_name_and_traceback(
    spotify: SpotifyApi, use: Use, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    use(SourceSpec("failing", "nothing", (), Failing(place).build))
    fetch = quick_world(spotify, sources=("playlists", "failing"))
    with caplog.at_level(logging.ERROR), pytest.raises(errors.SourceFailed) as failure:
        fetch.invoke()
    message = str(failure.value)
    assert "The source 'failing' failed with KeyError" in message
    assert f"{Path(__file__).name}:" in message
    assert "no such key" in message
    assert not failure.value.is_retryable
    assert fetch.clock.slept == []
    (record,) = caplog.records
    assert record.exc_info
    assert record.exc_info[0] is KeyError


def test_a_bug_in_reading_an_entry_is_not_reported_as_a_failure_of_spotify(
    spotify: SpotifyApi, use: Use
) -> None:
    def as_item(entry: JsonObject) -> JsonObject:
        return {"item": entry["episode"]}

    use(a_list(as_item=as_item).spec())
    fetch = quick_world(spotify, sources=("loved_tracks",))
    with pytest.raises(errors.SourceFailed, match=r"'loved_tracks' failed with KeyError .*: 'episode'"):
        fetch.invoke()
    assert spotify.calls.by_endpoint() == {"api/token": 1, "me/tracks": 1}


def test_a_list_without_its_own_raw_source_is_stored_as_playlist_items(spotify: SpotifyApi, use: Use) -> None:
    use(a_list().spec())
    fetch = quick_world(spotify, sources=("loved_tracks",))
    fetch.run()
    (entry,) = fetch.manifest().playlists
    assert (entry.source, entry.playlist_id, entry.rows) == ("playlist_items", "loved_tracks", 73)
    assert [line["record"]["name"] for line in records_of(fetch, "loved_tracks")] == ["Loved"]


def a_list(**changes: Any) -> AccountList:
    fields: dict[str, Any] = {
        "name": "loved_tracks",
        "title": "Loved",
        "path": "me/tracks",
        "uri": "spotify:collection:loved",
        "purpose": "loved tracks",
        "scopes": ("user-library-read",),
    }
    return AccountList(**{**fields, **changes})
