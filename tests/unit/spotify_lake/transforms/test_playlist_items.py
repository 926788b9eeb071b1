"""playlist_items: every kind of item in a playlist."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.spark.raw_rows import chapter, episode, item, track, video, without
from tests.unit.spotify_lake.day_rows import Normalize

LOCAL_URI = "spotify:local:The+Fjords+%28Live%29:Demos:No+Word%2C+No+Cry:273"


def local_file(**changes: Any) -> dict[str, Any]:
    return {
        "id": None,
        "href": None,
        "name": "No Word, No Cry",
        "type": "track",
        "uri": LOCAL_URI,
        "duration_ms": 273_000,
        "is_local": True,
        "album": {"id": None, "name": "Demos", "album_type": None, "release_date": None, "artists": []},
        "artists": [{"id": None, "name": "The Fjords (Live)", "uri": None}],
        "available_markets": [],
    } | changes


def test_a_track_in_the_shape_of_before_2026_is_read_with_its_place(
    normalize: Normalize,
) -> None:
    (row,) = normalize("playlist_items", item(track(), position=4))
    assert row == {
        "playlist_id": "p1",
        "snapshot_id": "s1",
        "position": 4,
        "item_type": "track",
        "track_id": "t1",
        "episode_id": None,
        "item_uri": "spotify:track:t1",
        "item_name": "Northern Line",
        "local_artist_name": None,
        "local_album_name": None,
        "added_at": dt.datetime(2024, 5, 16, 20, 46, 24, tzinfo=dt.UTC),
        "added_by_id": "user1",
        "is_local": False,
        "duration_ms": 215_000,
        "fetched_at": dt.datetime(2026, 11, 22, 5, 0, 0, 123_000, tzinfo=dt.UTC),
    }


def test_the_shape_of_2026_and_both_shapes_at_once_give_the_same_row(normalize: Normalize) -> None:
    old, new, both, null_beside = normalize(
        "playlist_items",
        item(track(), playlist_id="p1"),
        item(track(), playlist_id="p2", under="item"),
        item(track(), playlist_id="p3", under="item", track=track()),
        item(track(), playlist_id="p4", under="item", track=None),
    )
    assert old["track_id"] == "t1"
    for row in (new, both, null_beside):
        assert row | {"playlist_id": "p1"} == old


def test_a_null_item_is_kept_as_unavailable(normalize: Normalize) -> None:
    (row,) = normalize("playlist_items", item(None, added_by={"id": "", "uri": "spotify:user:"}))
    assert (row["item_type"], row["track_id"], row["item_uri"], row["added_by_id"]) == (
        "unavailable",
        None,
        None,
        None,
    )


def test_a_record_without_the_item_key_is_kept_as_unavailable(normalize: Normalize) -> None:
    envelope = item(track())
    envelope["record"] = without(envelope["record"], "track")
    (row,) = normalize("playlist_items", envelope)
    assert row["item_type"] == "unavailable"


@pytest.mark.parametrize("source", ["playlist_items", "saved_tracks"])
def test_a_null_entry_of_a_list_is_kept_as_unavailable(normalize: Normalize, source: str) -> None:
    playlist_id = "saved_tracks" if source == "saved_tracks" else "p1"
    lines = [item(track(), source=source, playlist_id=playlist_id, position=place) for place in range(2)]
    lines[0]["record"] = None
    rows = normalize("playlist_items", *lines)
    assert [(row["position"], row["item_type"]) for row in rows] == [(0, "unavailable"), (1, "track")]
    assert {name for name, value in rows[0].items() if value is not None} == {
        *("playlist_id", "snapshot_id", "position", "item_type", "is_local", "fetched_at")
    }
    assert normalize("rejected_records", *lines) == []


@pytest.mark.parametrize(
    "content",
    [
        chapter(),
        chapter(type=None),
        chapter(id=None),
        chapter(uri="spotify:chapter:c1"),
        chapter(id=None, type=None, uri="spotify:chapter:c1"),
    ],
)
def test_a_chapter_is_known_by_its_type_or_its_uri(normalize: Normalize, content: dict[str, Any]) -> None:
    (row,) = normalize("playlist_items", item(content))
    is_chapter = content["type"] or content["uri"].startswith("spotify:chapter:")
    kind = "chapter" if is_chapter else "episode"  # only its type distinguishes it from an episode
    assert (row["item_type"], row["episode_id"], row["track_id"]) == (kind, "c1", None)
    assert row["item_name"] == "Opening Credits"


@pytest.mark.parametrize(
    "content", [video(), without(video(), "type"), video(uri=None), video(id=None), video(type="hologram")]
)
def test_an_item_of_another_kind_is_other_with_its_name_and_uri(
    normalize: Normalize, content: dict[str, Any]
) -> None:
    (row,) = normalize("playlist_items", item(content))
    assert (row["item_type"], row["item_name"]) == ("other", "Northern Line (video)")
    assert row["item_uri"] == content["uri"]
    assert (row["track_id"], row["episode_id"]) == (None, None)
    assert normalize("tracks", item(content)) == []


@pytest.mark.parametrize(
    "content", [track(id=None, uri=None), chapter(id=None, uri=None), video(id=None, uri=None), {}]
)
def test_an_item_that_nothing_identifies_is_unavailable(
    normalize: Normalize, content: dict[str, Any]
) -> None:
    (row,) = normalize("playlist_items", item(content))
    assert (row["item_type"], row["item_name"]) == ("unavailable", content.get("name"))


def test_an_episode_is_told_by_its_type_or_by_its_uri(normalize: Normalize) -> None:
    rows = normalize(
        "playlist_items",
        item(episode(), position=0),
        item(without(episode(), "type"), position=1),
        item(episode(id=None), position=2),
    )
    assert [(row["item_type"], row["episode_id"], row["track_id"]) for row in rows] == [
        ("episode", "e1", None)
    ] * 3


def test_a_local_file_is_an_item_with_its_tags(normalize: Normalize) -> None:
    (row,) = normalize("playlist_items", item(local_file(), is_local=True))
    assert row["item_type"] == "local"
    assert row["is_local"] is True
    assert row["track_id"] is None
    assert row["item_uri"] == LOCAL_URI
    assert row["item_name"] == "No Word, No Cry"
    assert row["local_artist_name"] == "The Fjords (Live)"
    assert row["local_album_name"] == "Demos"
    assert row["duration_ms"] == 273_000


def test_a_local_file_whose_null_keys_are_missing_is_read_from_its_uri(normalize: Normalize) -> None:
    (row,) = normalize("playlist_items", item({"uri": LOCAL_URI}, is_local=True))
    assert (row["item_name"], row["local_artist_name"], row["local_album_name"], row["duration_ms"]) == (
        "No Word, No Cry",
        "The Fjords (Live)",
        "Demos",
        273_000,
    )


def test_the_parts_of_a_local_uri_are_decoded_where_they_can_be(normalize: Normalize) -> None:
    parts = {
        "spotify:local:::Title:348": (None, None, "Title", 348_000),
        "spotify:local:A%3AB:C:D+%26+E:12": ("A:B", "C", "D & E", 12_000),
        "spotify:local:Bj%C3%B6rn::%C3%9Cber+alles:0": ("Björn", None, "Über alles", None),
        "spotify:local:100%:C:50%ZZ+off:x": ("100%", "C", "50%ZZ+off", None),
        "spotify:local:A": ("A", None, None, None),
    }
    rows = normalize(
        "playlist_items",
        *[item({"uri": uri}, is_local=True, position=place) for place, uri in enumerate(parts)],
    )
    assert {
        row["item_uri"]: (
            row["local_artist_name"],
            row["local_album_name"],
            row["item_name"],
            row["duration_ms"],
        )
        for row in rows
    } == parts


def test_an_unknown_time_of_adding_is_null(normalize: Normalize) -> None:
    unknown = ["1970-01-01T00:00:00Z", None, "", "yesterday"]
    rows = normalize(
        "playlist_items",
        *[
            item(track(), added_at=sent, added_by=None, position=place)
            for place, sent in enumerate([*unknown, "2012-03-04T05:06:07Z"])
        ],
    )
    assert [row["added_at"] for row in rows] == [None] * 4 + [dt.datetime(2012, 3, 4, 5, 6, 7, tzinfo=dt.UTC)]
    assert {row["added_by_id"] for row in rows} == {None}


def test_the_same_track_may_stand_twice_in_a_playlist(normalize: Normalize) -> None:
    rows = normalize("playlist_items", item(track(), position=0), item(track(), position=1))
    assert [(row["position"], row["track_id"]) for row in rows] == [(0, "t1"), (1, "t1")]


def test_a_position_read_twice_is_one_row_the_later_reading(normalize: Normalize) -> None:
    (row,) = normalize(
        "playlist_items",
        item(track(id="late"), fetched_at="2026-11-22T05:00:01.000Z"),
        item(track(id="early"), fetched_at="2026-11-22T05:00:00.999Z"),
    )
    assert row["track_id"] == "late"


def test_a_saved_track_is_an_item_of_the_saved_tracks(normalize: Normalize) -> None:
    saved = item(track(), source="saved_tracks", playlist_id="saved_tracks")
    saved["record"] = {"added_at": "2024-05-16T20:46:24Z", "track": track()}
    (row,) = normalize("playlist_items", saved)
    assert (row["playlist_id"], row["item_type"], row["is_local"]) == ("saved_tracks", "track", False)


def test_numbers_sent_as_floats_are_whole(normalize: Normalize) -> None:
    (row,) = normalize("playlist_items", item(track(duration_ms=215_000.0), position=3.0))
    assert (row["position"], row["duration_ms"]) == (3, 215_000)


@pytest.mark.parametrize(
    ("source", "playlist_id"),
    [("playlist_items", "saved_tracks"), ("saved_tracks", "p1"), ("saved_tracks", "")],
)
def test_items_of_saved_tracks_and_of_playlists_do_not_share_an_id(
    normalize: Normalize, source: str, playlist_id: str
) -> None:
    wrong = item(track(), source=source, playlist_id=playlist_id)
    right = item(track(), source="saved_tracks", playlist_id="saved_tracks", position=1)
    (row,) = normalize("playlist_items", wrong, right)
    assert (row["playlist_id"], row["position"]) == ("saved_tracks", 1)
    (reject,) = normalize("rejected_records", wrong, right)
    assert (reject["reason"], reject["detail"]) == ("envelope_incomplete", "missing or wrong: playlist_id")
