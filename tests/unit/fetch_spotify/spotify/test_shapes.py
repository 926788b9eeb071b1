"""Both shapes of the API."""

from __future__ import annotations

from typing import Any

import pytest

from fetch_spotify.clock import Clock
from fetch_spotify.errors import BrokenAnswer
from fetch_spotify.spotify.api_mode import ApiMode
from fetch_spotify.spotify.shapes import (
    contents_of,
    parse_page,
    payload_of,
    record_ids_of,
    total_of,
    without_contents,
)
from fetch_spotify.storage.drift import Drift

API = "https://api.spotify.com/v1/"
PAGE = {"items": [1], "total": 1}


@pytest.mark.parametrize(
    ("playlist", "expected"),
    [
        ({"tracks": PAGE}, PAGE),
        ({"items": PAGE}, PAGE),
        ({"items": PAGE, "tracks": {"items": [1, 2]}}, PAGE),
        ({"items": {"total": 1}, "tracks": PAGE}, PAGE),
        ({"tracks": {"href": "h", "total": 3}}, {"href": "h", "total": 3}),
        ({"items": None}, None),
        ({}, None),
    ],
)
def test_the_contents_are_found_under_either_name(playlist: dict[str, Any], expected: object) -> None:
    assert contents_of(playlist) == expected


def test_a_record_keeps_its_contents_figures_but_not_the_items() -> None:
    playlist = {"id": "p", "items": PAGE, "tracks": {**PAGE, "href": "h"}, "images": None}
    assert without_contents(playlist) == {
        "id": "p",
        "items": {"total": 1},
        "tracks": {"total": 1, "href": "h"},
        "images": None,
    }
    assert total_of(playlist) == 1


def test_the_payload_is_never_the_flag_of_the_same_name() -> None:
    track = {"id": "t", "track": True, "episode": False}
    assert payload_of({"track": track}) == payload_of({"item": track, "track": track}) == track
    assert payload_of({"item": None}) is payload_of({"track": True}) is payload_of(None) is None


def test_a_track_refers_to_its_album_and_the_artists_of_both_and_to_nothing_without_a_usable_id() -> None:
    a, b, c = ("a" * 22, "b" * 22, "c" * 22)
    items = [
        {
            "item": {
                "artists": [{"id": a}, {"id": None}, {"name": "x"}, {"id": "short"}, {"id": "a,b" + a[3:]}],
                "album": {"id": c, "artists": [{"id": b}]},
            }
        },
        {"track": {"artists": [], "album": {"id": None, "name": "Demos"}}},
        {"track": {"artists": [], "album": {"id": ""}}},
        {"track": {"is_local": True, "artists": [{"id": "d" * 22}], "album": {"id": "e" * 22}}},
        {"track": {"artists": None, "album": None}},
        {"track": {"show": {}}},
        {"track": None},
        None,
    ]
    assert record_ids_of(items) == {"artists": {a, b}, "albums": {c}}


def test_the_next_offset_is_the_links_even_when_slots_were_left_out() -> None:
    page = parse_page({"items": [1, 2], "next": f"{API}playlists/x/items?offset=150&limit=50"}, 100, API)
    assert page.next_offset == 150


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": None},
        {"items": {"a": 1}},
        {"items": [1], "next": "https://evil.example/v1/x?offset=1"},
        {"items": [1], "next": "http://api.spotify.com/v1/x?offset=1"},
        {"items": [1], "next": "http://[half an address"},
    ],
)
def test_a_page_without_items_or_with_a_link_to_another_host_is_a_failed_page(body: dict[str, Any]) -> None:
    with pytest.raises(BrokenAnswer):
        parse_page(body, 0, API)


@pytest.mark.parametrize(
    ("names", "batch_allowed", "path", "hidden", "mode"),
    [
        ({"items"}, None, "items", None, "development"),
        ({"tracks"}, True, "items", False, "extended"),
        ({"tracks", "items"}, None, "items", False, "extended"),
        ({"tracks"}, True, "items", None, "extended_or_legacy"),
        ({"tracks"}, None, "items", None, "extended_or_legacy"),
        ({"tracks"}, True, "items", True, "legacy_development"),
        ({"tracks"}, False, "items", None, "legacy_development"),
        ({"tracks", "items"}, None, "tracks", None, "legacy_development"),
    ],
)
def test_the_mode_follows_from_the_evidence_and_is_open_without_any(
    names: set[str], batch_allowed: bool | None, path: str, hidden: bool | None, mode: str
) -> None:
    found = ApiMode(None, {}, Clock())
    found.saw_names(names)
    if batch_allowed is not None:
        found.saw_batch("artists", allowed=batch_allowed)
    if hidden is not None:
        found.saw_spotify_made(hidden=hidden)
    if path == "tracks":
        found.saw_path_refused("items")
        found.saw_path_refused("items")
    assert found.name == mode
    assert found.may_be_extended == mode.startswith("extended")


def test_a_run_starts_with_the_evidence_of_the_last_one_for_a_week() -> None:
    first = ApiMode(None, {}, Clock(now=lambda: 0.0))
    first.saw_names({"tracks"})
    first.saw_batch("artists", allowed=False)
    first.saw_path_refused("items")
    first.saw_path_refused("items")
    first.saw_spotify_made(hidden=True)
    for days, name, path, batches in (
        (6.9, "legacy_development", "tracks", False),
        (7.1, "extended_or_legacy", "items", True),
    ):
        now = days * 86_400
        later = ApiMode(first.name, first.evidence, Clock(now=lambda now=now: now))  # type: ignore[misc]  # bound now
        assert (later.name, later.contents_path, later.may_read_batches("artists")) == (name, path, batches)


def test_one_refusal_of_a_path_may_be_temporary_and_a_second_one_changes_the_path() -> None:
    mode = ApiMode(None, {}, Clock(now=lambda: 0.0))
    mode.saw_path_refused("items")
    assert mode.contents_path == "items"
    mode.saw_path_refused("items")
    assert mode.contents_path == "tracks"
    later = ApiMode(mode.name, mode.evidence, Clock(now=lambda: 8 * 86_400.0))
    assert later.contents_path == "items"
    later.saw_path_refused("items")
    assert later.contents_path == "tracks"


def test_a_readable_playlist_made_by_spotify_outweighs_a_missing_one() -> None:
    mode = ApiMode(None, {}, Clock())
    mode.saw_spotify_made(hidden=False)
    mode.saw_spotify_made(hidden=True)
    assert mode.name == "extended"


def test_a_batch_is_not_even_tried_by_an_app_with_the_new_names() -> None:
    mode = ApiMode(None, {}, Clock())
    mode.saw_names({"items"})
    assert not mode.may_read_batches("artists")
    assert not mode.may_read_batches("albums")


def test_a_refused_batch_of_one_kind_does_not_affect_the_other() -> None:
    mode = ApiMode(None, {}, Clock())
    mode.saw_names({"tracks"})
    mode.saw_batch("albums", allowed=False)
    assert (mode.may_read_batches("artists"), mode.may_read_batches("albums")) == (True, False)
    assert mode.name == "legacy_development"


def test_drift_counts_missing_and_new_fields_but_not_those_of_local_files() -> None:
    drift = Drift()
    drift.see_item({"added_at": "", "added_by": {}, "is_local": True, "track": {"is_local": True}})
    drift.see_item({"added_at": "", "added_by": {}, "is_local": False, "item": {"vibe": 1, "album": {}}})
    report = drift.report()
    assert report["new"] == {"track.vibe": 1}
    assert report["missing"]["track.popularity"] == report["missing"]["album.name"] == 1


def test_drift_counts_fields_of_episodes_and_their_shows() -> None:
    drift = Drift()
    drift.see_item({"item": {"type": "episode", "mood": 1, "show": {"type": "show", "host": 1}}})
    report = drift.report()
    assert report["new"] == {"episode.mood": 1, "show.host": 1}
    assert report["missing"]["episode.release_date"] == report["missing"]["show.publisher"] == 1


def test_drift_counts_fields_of_chapters_and_their_audiobooks_but_not_of_unknown_types() -> None:
    drift = Drift()
    drift.see_item({"item": {"type": "chapter", "mood": 1, "audiobook": {"type": "audiobook", "host": 1}}})
    drift.see_item({"item": {"type": "video", "frames": 1}})
    report = drift.report()
    assert report["new"] == {"chapter.mood": 1, "audiobook.host": 1}
    assert {name.split(".")[0] for name in report["missing"]} == {"chapter", "audiobook"}


def test_drift_counts_a_playlists_own_fields() -> None:
    drift = Drift()
    drift.see("playlist", {"id": "p", "snapshot_id": "s", "tracks": {}, "followers": {}, "vibe": 1})
    report = drift.report()
    assert report["new"] == {"playlist.vibe": 1}
    assert report["missing"] == {
        f"playlist.{name}": 1
        for name in (
            *("collaborative", "description", "external_urls", "href", "images", "name", "owner"),
            *("primary_color", "public", "type", "uri"),
        )
    }


def test_drift_continues_with_the_counts_of_an_earlier_invocation() -> None:
    first = Drift()
    first.see("artist", {"id": "a", "mood": 1})
    second = Drift(first.counts())
    second.see("artist", {"id": "b", "mood": 1})
    assert second.report()["new"] == {"artist.mood": 2}
