"""The bundled catalog: reproducible, changing from day to day, and with the edge cases of real answers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from infra.local.spotify_api import edge_cases, ids
from infra.local.spotify_api.synthetic_catalog import ScaledCatalog, SyntheticCatalog
from infra.local.spotify_api.synthetic_playlists import PLANS

DAY = dt.date(2026, 11, 22)
NEXT_DAY = dt.date(2026, 11, 23)


Catalog: TypeAlias = SyntheticCatalog | ScaledCatalog


def playlist_ids(catalog: Catalog) -> list[str]:
    return [key for key in catalog.my_playlists(DAY) if key is not None]


def slots(catalog: Catalog, playlist_id: str, day: dt.date) -> list[dict[str, Any] | None]:
    return list(catalog.playlist_items(playlist_id, day, 0, 10_000))


def contents(catalog: Catalog, playlist_id: str, day: dt.date) -> list[dict[str, Any]]:
    """The items of the slots that are not null."""
    return [item for item in slots(catalog, playlist_id, day) if item]


def credited(track: dict[str, Any]) -> list[dict[str, Any]]:
    """The artists of a track that are not null."""
    return [artist for artist in track.get("artists", []) if artist]


def read_track(catalog: Catalog, track_id: str, day: dt.date) -> dict[str, Any]:
    track = catalog.track(track_id, day)
    assert track is not None
    return track


def named(catalog: SyntheticCatalog, name: str) -> str:
    [found] = [key for key in playlist_ids(catalog) if record(catalog, key, DAY)["name"] == name]
    return found


def record(catalog: Catalog, playlist_id: str, day: dt.date) -> dict[str, Any]:
    stored = catalog.playlist(playlist_id, day)
    assert stored is not None
    return stored.record


def whole(catalog: SyntheticCatalog, day: dt.date) -> str:
    playlists = [(record(catalog, key, day), contents(catalog, key, day)) for key in playlist_ids(catalog)]
    return json.dumps([catalog.me(day), playlists, catalog.saved_tracks(day), catalog.recently_played(day)])


@pytest.fixture(scope="module")
def catalog() -> SyntheticCatalog:
    return SyntheticCatalog()


@pytest.fixture(scope="module")
def items(catalog: SyntheticCatalog) -> list[dict[str, Any]]:
    return [item for key in playlist_ids(catalog) for item in contents(catalog, key, DAY)]


@pytest.fixture(scope="module")
def tracks(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item["track"] for item in items if item["track"] and item["track"]["type"] == "track"]


def test_a_seed_always_gives_the_same_catalog() -> None:
    assert whole(SyntheticCatalog(seed=7), DAY) == whole(SyntheticCatalog(seed=7), DAY)


def test_another_seed_gives_other_ids_and_names() -> None:
    one, other = SyntheticCatalog(seed=7), SyntheticCatalog(seed=8)
    assert set(playlist_ids(one)).isdisjoint(playlist_ids(other))
    name, *_ = [artist["name"] for artist in contents(one, playlist_ids(one)[0], DAY)[0]["track"]["artists"]]
    assert name != contents(other, playlist_ids(other)[0], DAY)[0]["track"]["artists"][0]["name"]


def test_the_catalog_does_not_depend_on_the_order_in_which_days_are_requested() -> None:
    forth, back = SyntheticCatalog(), SyntheticCatalog()
    first = whole(forth, DAY)
    whole(back, NEXT_DAY)
    assert whole(back, DAY) == first


def test_the_bundled_catalog_is_small_enough_for_a_quick_run(
    catalog: SyntheticCatalog, items: list[dict[str, Any]]
) -> None:
    artists = {artist.get("id") for item in items for artist in credited(item["track"] or {})}
    assert 8 <= len(playlist_ids(catalog)) <= 12
    assert 700 <= len(items) <= 900
    assert len(artists) <= 300


def test_every_credited_artist_and_album_can_be_read(
    catalog: SyntheticCatalog, tracks: list[dict[str, Any]]
) -> None:
    for track in tracks:
        if not track["is_local"]:
            assert catalog.album(track["album"]["id"], DAY) is not None
            assert catalog.track(track["id"], DAY) is not None
            assert all(catalog.artist(artist["id"], DAY) for artist in credited(track))


def test_the_total_is_the_number_of_items(catalog: SyntheticCatalog) -> None:
    for key in playlist_ids(catalog):
        stored = catalog.playlist(key, DAY)
        assert stored is not None
        assert stored.total == len(slots(catalog, key, DAY))


def test_slices_join_to_the_whole_playlist(catalog: SyntheticCatalog) -> None:
    key = named(catalog, "Odds & Ends, Bits & Bobs")
    joined = [item for offset in range(0, 70, 7) for item in catalog.playlist_items(key, DAY, offset, 7)]
    assert joined == slots(catalog, key, DAY)


def identity(item: dict[str, Any]) -> tuple[str | None, str | None]:
    return (item["track"] or {}).get("uri"), item["added_at"]


@pytest.mark.parametrize("start", [dt.date(2026, 11, 1), dt.date(2013, 2, 27), dt.date(2031, 12, 30)])
def test_the_snapshot_id_changes_when_and_only_when_the_contents_do(
    catalog: SyntheticCatalog, start: dt.date
) -> None:
    for key in playlist_ids(catalog):
        for number in range(15):
            day, following = start + dt.timedelta(days=number), start + dt.timedelta(days=number + 1)
            same_snapshot = (
                record(catalog, key, day)["snapshot_id"] == record(catalog, key, following)["snapshot_id"]
            )
            same_contents = list(map(identity, contents(catalog, key, day))) == list(
                map(identity, contents(catalog, key, following))
            )
            assert same_snapshot == same_contents, (record(catalog, key, day)["name"], day)


def test_from_any_day_to_the_next_some_playlists_change_and_some_do_not(catalog: SyntheticCatalog) -> None:
    for number in range(30):
        day, following = DAY + dt.timedelta(days=number), DAY + dt.timedelta(days=number + 1)
        changed = [
            record(catalog, key, day)["snapshot_id"] != record(catalog, key, following)["snapshot_id"]
            for key in playlist_ids(catalog)
        ]
        assert any(changed)
        assert not all(changed)


def test_a_playlist_gains_loses_and_moves_tracks(catalog: SyntheticCatalog) -> None:
    key = named(catalog, "Kitchen Radio, Vol. 2")
    week = [list(map(identity, contents(catalog, key, DAY + dt.timedelta(days=n)))) for n in range(8)]
    assert set(week[7]) - set(week[0])
    assert set(week[0]) - set(week[7])
    assert len({len(day) for day in week}) > 1
    stayed = [one for one in week[0] if one in set(week[1])]
    assert stayed != [one for one in week[1] if one in set(week[0])]


def test_a_track_added_today_says_so(catalog: SyntheticCatalog) -> None:
    key = named(catalog, "Kitchen Radio, Vol. 2")
    today, tomorrow = (set(map(identity, contents(catalog, key, day))) for day in (DAY, NEXT_DAY))
    gained = tomorrow - today
    assert {str(added_at)[:10] for _, added_at in gained} == {NEXT_DAY.isoformat()}


def test_popularity_and_followers_move_from_day_to_day(
    catalog: SyntheticCatalog, tracks: list[dict[str, Any]]
) -> None:
    plain = [track for track in tracks if track.get("id")]
    moved = [
        track
        for track in plain
        if track["popularity"] != read_track(catalog, track["id"], NEXT_DAY)["popularity"]
    ]
    assert 0 < len(moved) < len(plain)
    artist_id = plain[-1]["artists"][0]["id"]
    artists = [catalog.artist(artist_id, DAY + dt.timedelta(days=number)) or {} for number in range(5)]
    assert len({artist["followers"]["total"] for artist in artists}) > 1


def test_popularity_stays_between_0_and_100(catalog: SyntheticCatalog, tracks: list[dict[str, Any]]) -> None:
    for number in range(0, 60, 5):
        day = DAY + dt.timedelta(days=number)
        for track in tracks[:200]:
            if track.get("id"):
                seen = catalog.track(track["id"], day)
                assert seen is not None
                assert 0 <= seen["popularity"] <= 100


def test_every_day_some_track_has_a_new_title(
    catalog: SyntheticCatalog, tracks: list[dict[str, Any]]
) -> None:
    known = {track["id"] for track in tracks if track.get("id")}
    for number in range(7):
        day, following = DAY + dt.timedelta(days=number), DAY + dt.timedelta(days=number + 1)
        assert any(
            read_track(catalog, key, day)["name"] != read_track(catalog, key, following)["name"]
            for key in known
        )


def has_local_uri_of_empty_parts(item: dict[str, Any]) -> bool:
    return bool(item["track"]) and item["track"]["uri"] == "spotify:local:::Title:348"


ITEM_EDGE_CASES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "a local file with null ids": lambda i: i["is_local"] and i["track"].get("id", "") is None,
    "a local file whose uri has empty parts": has_local_uri_of_empty_parts,
    "a local file without the null keys": lambda i: i["is_local"] and "id" not in i["track"],
    "an episode": lambda i: bool(i["track"]) and i["track"]["type"] == "episode",
    "no track": lambda i: i["track"] is None,
    "a chapter with the URI of an episode": lambda i: (
        (i["track"] or {}).get("type") == "chapter" and i["track"]["uri"].startswith("spotify:episode:")
    ),
    "a type that the API does not document": lambda i: (i["track"] or {}).get("type") == "video",
    "added_by with an empty id": lambda i: bool(i["added_by"]) and i["added_by"]["uri"] == "spotify:user:",
    "added in 1970": lambda i: i["added_at"] == "1970-01-01T00:00:00Z",
    "added_at and added_by null": lambda i: i["added_at"] is None and i["added_by"] is None,
}


@pytest.mark.parametrize("case", ITEM_EDGE_CASES)
def test_the_catalog_has_an_item_with(case: str, items: list[dict[str, Any]]) -> None:
    assert any(ITEM_EDGE_CASES[case](item) for item in items)


def isrc(track: dict[str, Any]) -> str:
    return str(track.get("external_ids", {}).get("isrc", ""))


TRACK_EDGE_CASES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "no name, no date and no length": lambda t: (
        t["name"] == "" and t["album"]["release_date"] == "0000" and t["duration_ms"] == 0
    ),
    "a release date of a year": lambda t: len(t["album"].get("release_date") or "") == 4,
    "a release date of a month": lambda t: len(t["album"].get("release_date") or "") == 7,
    "no release date": lambda t: not t["is_local"] and "release_date" not in t["album"],
    "an album type in capitals": lambda t: t["album"].get("album_type") in {"ALBUM", "SINGLE"},
    "no album type": lambda t: not t["is_local"] and "album_type" not in t["album"],
    "a float for an integer": lambda t: isinstance(t.get("popularity"), float),
    "linked_from": lambda t: bool(t.get("linked_from", {}).get("id")),
    "linked_from without an id": lambda t: "linked_from" in t and t["linked_from"]["id"] is None,
    "an ISRC in small letters": lambda t: isrc(t).islower(),
    "an ISRC with hyphens": lambda t: "-" in isrc(t),
    "no ISRC": lambda t: not t["is_local"] and t["external_ids"] == {} and t["name"] != "",
    "restrictions": lambda t: t.get("restrictions") == {"reason": "market"} and t["is_playable"] is False,
    "no markets though it is playable": lambda t: t.get("available_markets") == [] and "is_playable" not in t,
    "nearly two hundred markets": lambda t: len(t.get("available_markets", [])) > 180,
    "the name NA": lambda t: t["name"] == "NA",
    "an artist named NA": lambda t: any(artist["name"] == "NA" for artist in credited(t)),
    "a quote and a comma in its name": lambda t: '"' in t["name"] and "," in t["name"],
    "a newline in its name": lambda t: "\n" in t["name"],
    "a no-break space in its name": lambda t: "\u00a0" in t["name"],
    "an emoji in its name": lambda t: "🌙" in t["name"],
    "a name of 144 characters or more": lambda t: len(t["name"]) >= 144,
    "a name in another script": lambda t: "灯" in t["name"],
    "an album without images": lambda t: t["album"]["images"] == [] and t["name"] != "" and not t["is_local"],
    "several artists": lambda t: len(t["artists"]) > 2,
    "a null artist before its artist": lambda t: t["artists"][0] is None and bool(credited(t)),
}


@pytest.mark.parametrize("case", TRACK_EDGE_CASES)
def test_the_catalog_has_a_track_with(case: str, tracks: list[dict[str, Any]]) -> None:
    assert any(TRACK_EDGE_CASES[case](track) for track in tracks)


PLAYLIST_EDGE_CASES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "a description that is HTML-escaped": lambda p: "&amp;" in (p["description"] or ""),
    "no description": lambda p: p["description"] is None,
    "null for its images": lambda p: p["images"] is None,
    "images without sizes": lambda p: bool(p["images"]) and p["images"][0]["width"] is None,
    "public unknown": lambda p: p["public"] is None,
    "collaborators": lambda p: p["collaborative"] is True,
    "Spotify for its maker": lambda p: p["owner"]["id"] == "spotify",
    "another owner": lambda p: p["owner"]["id"] == "31quillfeatherbram0harrow" and not p["collaborative"],
    "an emoji in its owner's name": lambda p: "🎧" in (p["owner"]["display_name"] or ""),
    "a no-break space in its name": lambda p: "\u00a0" in p["name"],
}


@pytest.mark.parametrize("case", PLAYLIST_EDGE_CASES)
def test_the_catalog_has_a_playlist_with(case: str, catalog: SyntheticCatalog) -> None:
    assert any(PLAYLIST_EDGE_CASES[case](record(catalog, key, DAY)) for key in playlist_ids(catalog))


def test_a_playlist_has_a_null_entry(catalog: SyntheticCatalog) -> None:
    assert any(None in slots(catalog, key, DAY) for key in playlist_ids(catalog))


def test_the_library_has_a_null_entry_and_an_empty_playlist(catalog: SyntheticCatalog) -> None:
    assert None in catalog.my_playlists(DAY)
    assert [] in [contents(catalog, key, DAY) for key in playlist_ids(catalog)]


def test_the_chart_has_fifty_tracks_every_day_and_nobody_added_them(catalog: SyntheticCatalog) -> None:
    chart = named(catalog, "Daily Fifty: Everywhere")
    for number in range(5):
        items = contents(catalog, chart, DAY + dt.timedelta(days=number))
        assert len(items) == 50
        assert {item["added_by"]["id"] for item in items} == {""}


def test_there_are_playlists_of_exactly_one_page_and_of_more(catalog: SyntheticCatalog) -> None:
    lengths = {len(contents(catalog, key, DAY)) for key in playlist_ids(catalog)}
    assert max(lengths) > 200
    assert {50, 100} <= lengths


def test_a_playlist_by_an_owner_without_a_name_is_found_by_its_id_only(catalog: SyntheticCatalog) -> None:
    number = next(n for n, plan in enumerate(PLANS) if not plan.in_library)
    key = ids.encode(catalog.universe.seed, "playlist", number)
    assert key not in catalog.my_playlists(DAY)
    assert record(catalog, key, DAY)["owner"]["display_name"] is None


def repeats(values: Iterator[str]) -> bool:
    seen = list(values)
    return len(seen) != len(set(seen))


def test_a_track_is_in_one_playlist_twice(catalog: SyntheticCatalog) -> None:
    for name in ("Odds & Ends, Bits & Bobs", "Kitchen Radio, Vol. 2"):
        items = contents(catalog, named(catalog, name), DAY)
        assert repeats(item["track"]["id"] for item in items if item["track"] and item["track"].get("id"))


def test_two_tracks_share_one_isrc(tracks: list[dict[str, Any]]) -> None:
    assert len({track["id"] for track in tracks if isrc(track) == edge_cases.SHARED_ISRC}) == 2


def test_some_artists_have_no_genres_and_some_float_followers(
    catalog: SyntheticCatalog, tracks: list[dict[str, Any]]
) -> None:
    keys = {artist["id"] for track in tracks if not track["is_local"] for artist in credited(track)}
    artists = [catalog.artist(key, DAY) or {} for key in keys]
    without = [artist for artist in artists if artist["genres"] == []]
    assert 0.2 < len(without) / len(artists) < 0.6
    assert any(isinstance(artist["followers"]["total"], float) for artist in artists)


def test_recent_plays_have_milliseconds_and_some_no_context(catalog: SyntheticCatalog) -> None:
    plays = catalog.recently_played(DAY)
    assert len(plays) == 50
    assert {play["context"] is None for play in plays} == {True, False}
    assert all(len(play["played_at"]) == len("2026-11-22T23:54:59.993Z") for play in plays)
    assert [play["played_at"] for play in plays] == sorted((p["played_at"] for p in plays), reverse=True)


def test_an_id_contains_its_number_and_other_texts_do_not() -> None:
    key = ids.encode(1, "track", 799)
    assert len(key) == 22
    assert ids.decode(1, "track", key) == 799
    assert ids.decode(1, "album", key) is None
    assert ids.decode(2, "track", key) is None
    assert ids.decode(1, "track", "not an id") is None


def test_a_large_catalog_is_generated_on_demand() -> None:
    large = ScaledCatalog(2_000, 100)
    assert len(large.my_playlists(DAY)) == 2_000
    key = playlist_ids(large)[1_999]
    items = large.playlist_items(key, DAY, 50, 50)
    assert len(items) == 50
    assert large.artist(items[0]["track"]["artists"][0]["id"], DAY) is not None


def test_one_in_ten_playlists_of_a_large_catalog_changes_in_a_day() -> None:
    large = ScaledCatalog(100, 10)
    changed = [
        key
        for key in playlist_ids(large)
        if record(large, key, DAY)["snapshot_id"] != record(large, key, NEXT_DAY)["snapshot_id"]
    ]
    assert len(changed) == 10
    for key in changed:
        assert contents(large, key, DAY)[1]["track"]["id"] == contents(large, key, NEXT_DAY)[0]["track"]["id"]
