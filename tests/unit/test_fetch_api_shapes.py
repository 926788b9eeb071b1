"""Both shapes of the API."""

from __future__ import annotations

from typing import Any

import pytest

from fetch_spotify.api_mode import ApiMode
from fetch_spotify.api_shapes import (
    artist_ids_of,
    contents_of,
    parse_page,
    payload_of,
    total_of,
    without_contents,
)
from fetch_spotify.drift import Drift
from fetch_spotify.errors import BrokenAnswer

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


def test_artists_of_tracks_and_albums_count_and_those_without_an_id_do_not() -> None:
    items = [
        {
            "item": {
                "artists": [{"id": "a"}, {"id": None}, {"name": "x"}],
                "album": {"artists": [{"id": "b"}]},
            }
        },
        {"track": {"artists": None, "album": None}},
        {"track": {"show": {}}},
        {"track": None},
        None,
    ]
    assert artist_ids_of(items) == {"a", "b"}


def test_the_next_offset_is_the_links_even_when_slots_were_left_out() -> None:
    page = parse_page({"items": [1, 2], "next": f"{API}playlists/x/items?offset=150&limit=50"}, 100, API)
    assert page.next_offset == 150
    assert parse_page({"items": [], "next": None, "total": 7}, 0, API).next_offset is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": None},
        {"items": {"a": 1}},
        {"items": [1], "next": "https://evil.example/v1/x?offset=1"},
        {"items": [1], "next": "http://api.spotify.com/v1/x?offset=1"},
        {"items": [1], "next": f"{API}x?offset=0"},
        {"items": [], "next": f"{API}x"},
    ],
)
def test_a_page_that_is_none_or_leads_astray_is_a_failed_page(body: dict[str, Any]) -> None:
    with pytest.raises(BrokenAnswer):
        parse_page(body, 0, API)


@pytest.mark.parametrize(
    ("names", "batch_allowed", "path", "mode"),
    [
        ({"items"}, None, "items", "development"),
        ({"tracks"}, True, "items", "extended"),
        ({"tracks"}, None, "items", "extended"),
        ({"tracks", "items"}, True, "items", "extended"),
        ({"tracks"}, False, "items", "legacy_development"),
        ({"tracks", "items"}, None, "tracks", "legacy_development"),
    ],
)
def test_the_mode_follows_from_the_evidence(
    names: set[str], batch_allowed: bool | None, path: str, mode: str
) -> None:
    found = ApiMode({})
    found.saw_names(names)
    found.batch_allowed, found.contents_path = batch_allowed, path
    assert found.name == mode


def test_what_one_run_found_the_next_one_starts_from() -> None:
    first = ApiMode({})
    first.saw_names({"tracks"})
    first.batch_allowed = False
    second = ApiMode(first.memory())
    assert (second.name, second.may_read_batches) == ("legacy_development", False)


def test_a_batch_is_not_even_tried_by_an_app_with_the_new_names() -> None:
    mode = ApiMode({})
    mode.saw_names({"items"})
    assert not mode.may_read_batches


def test_drift_counts_vanished_and_new_fields_and_leaves_local_files_alone() -> None:
    drift = Drift()
    drift.see_item({"added_at": "", "added_by": {}, "is_local": True, "track": {"is_local": True}})
    drift.see_item({"added_at": "", "added_by": {}, "is_local": False, "item": {"vibe": 1, "album": {}}})
    report = drift.report()
    assert report["new"] == {"track.vibe": 1}
    assert report["missing"]["track.popularity"] == report["missing"]["album.name"] == 1
