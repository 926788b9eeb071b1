"""playlists, artists and episodes."""

from __future__ import annotations

import datetime as dt

from tests.spark.raw_rows import album, artist, chapter, credit, episode, item, playlist, track, without
from tests.unit.spotify_lake.day_rows import Normalize


def test_a_playlist_is_read_whole(normalize: Normalize) -> None:
    (row,) = normalize("playlists", playlist(name="Mornings\u00a0🌅"))
    assert row == {
        "playlist_id": "p1",
        "name": "Mornings\u00a0🌅",
        "description": None,
        "owner_id": "user1",
        "owner_name": "Owner One",
        "is_public": True,
        "is_collaborative": False,
        "snapshot_id": "s1",
        "item_count": 3,
        "followers": 7,
        "image_url": "https://img/p",
        "url": "https://open.spotify.com/playlist/p1",
        "uri": "spotify:playlist:p1",
        "fetched_at": dt.datetime(2026, 11, 22, 5, 0, 0, 123_000, tzinfo=dt.UTC),
        "followers_observed_at": dt.datetime(2026, 11, 22, 5, 0, 0, 123_000, tzinfo=dt.UTC),
    }


def test_the_item_count_stands_in_either_page_or_in_both(normalize: Normalize) -> None:
    old = playlist("a", tracks={"total": 5})
    new = playlist("b", items={"total": 6.0})
    new["record"] = without(new["record"], "tracks")
    both = playlist("c", items={"total": 7}, tracks={"total": 7})
    neither = playlist("d")
    neither["record"] = without(neither["record"], "tracks")
    rows = normalize("playlists", old, new, both, neither)
    assert [row["item_count"] for row in rows] == [5, 6, 7, None]


def test_what_may_be_null_in_a_playlist_is_null(normalize: Normalize) -> None:
    line = playlist(public=None, description=None, images=None, owner={"id": "user1", "display_name": None})
    line["record"] = without(line["record"], "followers")
    (row,) = normalize("playlists", line)
    missing = ("is_public", "description", "image_url", "owner_name", "followers", "followers_observed_at")
    assert [row[name] for name in missing] == [None] * len(missing)


def test_html_entities_in_a_description_are_resolved_once(normalize: Normalize) -> None:
    texts = {
        "Rock &amp; Roll": "Rock & Roll",
        "it&#x27;s &quot;live&quot; &lt;3": 'it\'s "live" <3',
        "&amp;lt; stays": "&lt; stays",
        "AT&T &unknown;": "AT&T &unknown;",
    }
    rows = normalize("playlists", *[playlist(sent, description=sent) for sent in texts])
    assert {row["playlist_id"]: row["description"] for row in rows} == texts


def test_the_latest_record_of_a_playlist_wins(normalize: Normalize) -> None:
    (row,) = normalize(
        "playlists",
        playlist(name="new", fetched_at="2026-11-22T07:00:00.000Z"),
        playlist(name="old", fetched_at="2026-11-22T06:00:00.000Z"),
    )
    assert row["name"] == "new"


def test_a_later_listing_does_not_hide_the_followers_that_were_read(normalize: Normalize) -> None:
    listing = playlist(name="renamed", fetched_at="2026-11-22T07:00:00.000Z")
    listing["record"] = without(listing["record"], "followers")
    read = playlist(followers={"total": 9}, fetched_at="2026-11-22T06:00:00.000Z")
    older = playlist(followers={"total": 8}, fetched_at="2026-11-22T05:00:00.000Z")
    (row,) = normalize("playlists", listing, older, read)
    assert (row["name"], row["followers"]) == ("renamed", 9)
    assert row["fetched_at"] == dt.datetime(2026, 11, 22, 7, tzinfo=dt.UTC)
    assert row["followers_observed_at"] == dt.datetime(2026, 11, 22, 6, tzinfo=dt.UTC)


def test_a_full_artist_record_wins_over_a_later_credit(normalize: Normalize) -> None:
    (row,) = normalize(
        "artists",
        item(track(artists=[credit("ar1", "Ada renamed")]), fetched_at="2026-11-22T09:00:00.000Z"),
        artist("ar1", followers={"total": 123.0}, popularity=0.0),
    )
    assert row == {
        "artist_id": "ar1",
        "name": "Ada",
        "genres": ["dream pop"],
        "followers": 123,
        "popularity": 0,
        "image_url": "https://img/a",
        "uri": "spotify:artist:ar1",
        "is_full": True,
        "fetched_at": dt.datetime(2026, 11, 22, 5, 0, 0, 123_000, tzinfo=dt.UTC),
    }


def test_an_artist_of_whom_only_the_credit_is_known_has_nulls(normalize: Normalize) -> None:
    (row,) = normalize("artists", item(track(album=album(artists=[]))))
    unknown = ("genres", "followers", "popularity", "image_url")
    assert [row[name] for name in unknown] == [None] * len(unknown)
    assert (row["artist_id"], row["name"], row["is_full"]) == ("ar1", "Ada", False)


def test_every_artist_of_a_track_or_an_album_is_there_and_nobody_else(normalize: Normalize) -> None:
    line = item(track(artists=[credit("by_track")], album=album(artists=[credit("by_album")])))
    rows = normalize("artists", line, artist("of_former_days"))
    assert [row["artist_id"] for row in rows] == ["by_album", "by_track"]


def test_genres_are_empty_where_spotify_says_so_and_null_where_the_record_does_not_carry_them(
    normalize: Normalize,
) -> None:
    missing = artist("ar3")
    missing["record"] = without(missing["record"], "genres", "followers", "popularity")
    rows = normalize(
        "artists",
        item(track(artists=[credit("ar1"), credit("ar2"), credit("ar3")])),
        artist("ar1", genres=[]),
        artist("ar2", genres=None),
        missing,
    )
    assert [row["genres"] for row in rows] == [[], None, None]
    assert rows[2]["followers"] is None


def test_an_episode_is_read_whole(normalize: Normalize) -> None:
    (row,) = normalize("episodes", item(episode()))
    assert row == {
        "episode_id": "e1",
        "name": "On Echoes",
        "show_id": "sh1",
        "show_name": "Room Tone",
        "publisher": "Field Audio",
        "release_date": dt.date(2026, 1, 31),
        "release_date_precision": "day",
        "duration_ms": 2_071_013,
        "explicit": True,
        "uri": "spotify:episode:e1",
        "fetched_at": dt.datetime(2026, 11, 22, 5, 0, 0, 123_000, tzinfo=dt.UTC),
    }


def test_a_chapter_is_an_episode_of_its_audiobook(normalize: Normalize) -> None:
    (row,) = normalize("episodes", item(chapter()))
    named = ("episode_id", "name", "show_id", "show_name", "publisher", "uri")
    assert [row[name] for name in named] == [
        *("c1", "Opening Credits", "b1", "Salt Roads", "Harbour", "spotify:episode:c1")
    ]


def test_an_episode_in_the_shape_of_a_track_has_its_show_as_its_album(normalize: Normalize) -> None:
    show = album(id="sh1", name="Room Tone", uri="spotify:show:sh1", artists=[])
    line = item(track(id="e1", type="episode", uri="spotify:episode:e1", album=show))
    (row,) = normalize("episodes", line)
    assert (row["episode_id"], row["show_id"], row["show_name"]) == ("e1", "sh1", "Room Tone")
    assert normalize("albums", line) == []


def test_an_album_is_not_taken_for_a_show(normalize: Normalize) -> None:
    (row,) = normalize("episodes", item(track(id="e1", type="episode", uri="spotify:episode:e1")))
    assert (row["show_id"], row["show_name"]) == (None, None)


def test_an_episode_that_stands_in_two_playlists_is_one_row(normalize: Normalize) -> None:
    rows = normalize("episodes", item(episode()), item(episode(), playlist_id="p2"))
    assert len(rows) == 1
