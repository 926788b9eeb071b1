"""tracks, albums and their credits."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.spark.raw_rows import album, credit, episode, full_album, item, track, without
from tests.unit.spotify_lake.day_rows import Normalize, decide_day


def test_a_track_is_read_whole(normalize: Normalize) -> None:
    full = track(
        is_playable=False,
        restrictions={"reason": "market"},
        linked_from={"id": "t0", "uri": "spotify:track:t0"},
        preview_url="https://p/1",
    )
    (row,) = normalize("tracks", item(full))
    assert row == {
        "track_id": "t1",
        "name": "Northern Line",
        "album_id": "al1",
        "duration_ms": 215_000,
        "explicit": False,
        "isrc": "GBAYE0601477",
        "popularity": 41,
        "disc_number": 1,
        "track_number": 3,
        "is_playable": False,
        "restriction_reason": "market",
        "linked_from_id": "t0",
        "preview_url": "https://p/1",
        "uri": "spotify:track:t1",
        "fetched_at": dt.datetime(2026, 11, 22, 5, 0, 0, 123_000, tzinfo=dt.UTC),
    }


def test_what_a_development_app_does_not_get_is_null(normalize: Normalize) -> None:
    (row,) = normalize(
        "tracks", item(without(track(), "popularity", "preview_url", "external_ids"), under="item")
    )
    assert (row["popularity"], row["preview_url"], row["isrc"], row["name"]) == (
        None,
        None,
        None,
        "Northern Line",
    )


def test_local_files_episodes_and_gaps_are_no_tracks(normalize: Normalize) -> None:
    lines = (
        item({"uri": "spotify:local:A:B:C:1"}, is_local=True, position=0),
        item(episode(), position=1),
        item(None, position=2),
        item(track(id=None, uri=None), position=3),
    )
    assert normalize("tracks", *lines) == []
    assert normalize("albums", *lines) == []
    assert normalize("artists", *lines) == []


def test_an_isrc_is_canonical(normalize: Normalize) -> None:
    sent = ["ushm91403271", "GB-SMU-24-01851", "", "--"]
    rows = normalize(
        "tracks",
        *[item(track(id=f"t{n}", external_ids={"isrc": isrc}), position=n) for n, isrc in enumerate(sent)],
    )
    assert [row["isrc"] for row in rows] == ["USHM91403271", "GBSMU2401851", None, None]


def test_an_isrc_may_stand_on_several_tracks(normalize: Normalize) -> None:
    rows = normalize("tracks", item(track(id="t1")), item(track(id="t2"), position=1))
    assert [(row["track_id"], row["isrc"]) for row in rows] == [
        ("t1", "GBAYE0601477"),
        ("t2", "GBAYE0601477"),
    ]


def test_a_linked_track_whose_id_is_null_is_known_by_its_uri(normalize: Normalize) -> None:
    (row,) = normalize("tracks", item(track(linked_from={"id": None, "uri": "spotify:track:t0"})))
    assert row["linked_from_id"] == "t0"


def test_a_dead_track_keeps_its_id_and_loses_what_is_empty(normalize: Normalize) -> None:
    dead = track(
        name="",
        duration_ms=0,
        external_ids={},
        artists=[credit("ar1", "")],
        album=album(name="", images=[], artists=[], release_date="0000", release_date_precision="year"),
    )
    (row,) = normalize("tracks", item(dead))
    assert (row["track_id"], row["name"], row["duration_ms"], row["isrc"]) == ("t1", None, None, None)
    (row,) = normalize("albums", item(dead))
    assert (row["name"], row["image_url"], row["release_date"], row["release_date_precision"]) == (None,) * 4
    (row,) = normalize("artists", item(dead))
    assert (row["artist_id"], row["name"]) == ("ar1", None)


def test_numbers_sent_as_floats_and_beyond_any_range_do_not_break_a_record(normalize: Normalize) -> None:
    (row,) = normalize("tracks", item(track(popularity=0.0, duration_ms=1e3, track_number=1e30)))
    assert (row["popularity"], row["duration_ms"], row["track_number"]) == (0, 1000, None)


def test_names_come_through_as_they_are(normalize: Normalize) -> None:
    names = ["NA", "null", 'say "ah", twice', "Ünïcôdé\u00a0🎧", " spaced ", "x" * 200]
    rows = normalize(
        "tracks", *[item(track(id=f"t{n}", name=name), position=n) for n, name in enumerate(names)]
    )
    assert [row["name"] for row in rows] == names


def test_an_album_is_read_whole(normalize: Normalize) -> None:
    full = full_album("al1", label="Harbour", popularity=61.0, fetched_at="2026-11-20T05:00:00.000Z")
    (row,) = normalize("albums", item(track()), full)
    assert row == {
        "album_id": "al1",
        "name": "First Light",
        "album_type": "album",
        "release_date": dt.date(2019, 5, 17),
        "release_date_precision": "day",
        "total_tracks": 11,
        "upc": "5099749534728",
        "label": "Harbour",
        "popularity": 61,
        "image_url": "https://img/640",
        "uri": "spotify:album:al1",
        "fetched_at": dt.datetime(2026, 11, 22, 5, 0, 0, 123_000, tzinfo=dt.UTC),
        "full_record_observed_at": dt.datetime(2026, 11, 20, 5, tzinfo=dt.UTC),
    }


def test_an_album_without_a_full_record_has_no_label_upc_and_popularity(normalize: Normalize) -> None:
    (row,) = normalize("albums", item(track()), full_album("another"))
    names = ("label", "upc", "popularity", "full_record_observed_at")
    assert [row[name] for name in names] == [None] * 4
    assert row["name"] == "First Light"


def test_the_latest_full_record_of_an_album_counts(normalize: Normalize) -> None:
    lines = [
        full_album(label="Second", popularity=2, fetched_at="2026-11-21T05:00:00.000Z"),
        full_album(label="Third", external_ids={}, popularity=None, fetched_at="2026-11-22T05:00:00.000Z"),
        full_album(label="First", popularity=1, fetched_at="2026-11-20T05:00:00.000Z"),
    ]
    (row,) = normalize("albums", item(track()), *lines)
    assert (row["label"], row["upc"], row["popularity"]) == ("Third", None, None)


def test_every_full_album_record_is_accounted_for() -> None:
    decided = decide_day(
        item(track()),
        full_album("al1"),
        full_album("al1", run_id="run-2"),
        full_album("unused"),
        full_album("", run_id="run-3"),
    )
    figures = {(row["kind"], row["name"]): row["count"] for row in decided.driver["figures"].to_pylist()}
    counted = {kind: figures[kind, "albums"] for kind in ("observed", "distinct", "written", "unused")}
    assert counted == {"observed": 3, "distinct": 2, "written": 1, "unused": 1}
    (reject,) = decided.rows["rejected_records"].to_pylist()
    assert (reject["source"], reject["detail"]) == ("albums", "missing or wrong: album_id")


def test_a_release_date_is_a_date_with_its_precision(normalize: Normalize) -> None:
    cases = [
        ("1981", "year", dt.date(1981, 1, 1), "year"),
        ("1981-12", "month", dt.date(1981, 12, 1), "month"),
        ("1981-12-15", "day", dt.date(1981, 12, 15), "day"),
        ("1981-12-15", None, dt.date(1981, 12, 15), "day"),
        ("1981", None, dt.date(1981, 1, 1), "year"),
        ("1981", "day", dt.date(1981, 1, 1), "year"),
        ("1981-01-01", "YEAR", dt.date(1981, 1, 1), "year"),
        ("0000", "year", None, None),
        ("0000-00-00", "day", None, None),
        ("1981-02-30", "day", None, None),
        ("soon", "day", None, None),
        ("", "", None, None),
        (None, "day", None, None),
    ]
    albums = [
        album(id=f"al{place:02}", release_date=date, release_date_precision=precision)
        for place, (date, precision, _, _) in enumerate(cases)
    ]
    undated = without(album(id="al99"), "release_date", "release_date_precision", "album_type")
    rows = normalize(
        "albums", *[item(track(album=each), position=place) for place, each in enumerate([*albums, undated])]
    )
    assert [(row["release_date"], row["release_date_precision"]) for row in rows] == [
        *[(date, precision) for _, _, date, precision in cases],
        (None, None),
    ]
    assert rows[-1]["album_type"] is None


def test_an_album_type_is_lower_case(normalize: Normalize) -> None:
    sent = ["ALBUM", "single", "Compilation"]
    rows = normalize(
        "albums",
        *[item(track(album=album(id=kind, album_type=kind)), position=n) for n, kind in enumerate(sent)],
    )
    assert sorted(row["album_type"] for row in rows) == ["album", "compilation", "single"]


def test_a_track_without_an_album_is_a_track_all_the_same(normalize: Normalize) -> None:
    lines = (item(track(album=None)), item(track(id="t2", album={"id": None, "uri": None}), position=1))
    assert [row["album_id"] for row in normalize("tracks", *lines)] == [None, None]
    assert normalize("albums", *lines) == []
    assert normalize("album_artists", *lines) == []


def test_credits_keep_their_order(normalize: Normalize) -> None:
    credits_ = [credit("ar9", "Zed"), credit("ar1", "Ada"), credit("ar5", "Mo")]
    line = item(track(artists=credits_, album=album(artists=credits_[:2])))
    assert [(row["artist_position"], row["artist_id"]) for row in normalize("track_artists", line)] == [
        (1, "ar1"),
        (2, "ar5"),
        (0, "ar9"),
    ]
    assert [(row["artist_position"], row["artist_id"]) for row in normalize("album_artists", line)] == [
        (1, "ar1"),
        (0, "ar9"),
    ]


def test_an_artist_credited_twice_counts_once_and_one_without_id_is_left_out(
    normalize: Normalize,
) -> None:
    nameless = {"id": None, "name": "Various", "uri": None}
    line = item(track(artists=[nameless, credit("ar1"), credit("ar2"), credit("ar1")]))
    assert [(row["artist_position"], row["artist_id"]) for row in normalize("track_artists", line)] == [
        (1, "ar1"),
        (2, "ar2"),
    ]


@pytest.mark.parametrize("reading", ["fast", "line by line"])
def test_a_null_entry_among_the_credits_leaves_its_neighbours_their_places(
    normalize: Normalize, reading: str
) -> None:
    lines = [item(track(artists=[None, credit("ar1")], album=album(artists=[credit("ar2"), None])))]
    if reading == "line by line":
        lines.append(item(track(duration_ms="a line of the wrong type"), position=1))
    (row,) = normalize("track_artists", *lines)
    assert (row["artist_position"], row["artist_id"]) == (1, "ar1")
    assert [row["artist_id"] for row in normalize("album_artists", *lines)] == ["ar2"]


def test_a_track_without_credits_has_no_rows_in_track_artists(normalize: Normalize) -> None:
    lines = (item(track(artists=None)), item(track(id="t2", artists=[]), position=1))
    assert normalize("track_artists", *lines) == []


def test_a_length_of_less_than_a_millisecond_is_unknown(normalize: Normalize) -> None:
    short, shortest = normalize(
        "tracks", item(track(id="t1", duration_ms=0.4)), item(track(id="t2", duration_ms=1.0), position=1)
    )
    assert (short["duration_ms"], shortest["duration_ms"]) == (None, 1)
