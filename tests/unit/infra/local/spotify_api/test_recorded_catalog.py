"""A folder of recorded answers: what is played back on which day, and what is reported."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.local.spotify_api import RecordedCatalog, RecordingUnreadableError
from infra.local.spotify_api.recorded_files import recorded_at
from tests.recordings import CHART, LONG, exchange, items, page, playlist, track, write

DAY = dt.date(2024, 5, 5)
CONTENTS_URL = f"https://api.spotify.com/v1/playlists/{CHART}/tracks"


def item(number: int) -> dict[str, Any]:
    return items(number, 1)[0]


def chart(snapshot: str, *numbers: int) -> dict[str, Any]:
    return playlist(CHART, snapshot, tracks=page([item(number) for number in numbers], len(numbers)))


def head(snapshot: str, total: int) -> dict[str, Any]:
    return playlist(CHART, snapshot, tracks={"href": CONTENTS_URL, "total": total})


def contents(*numbers: int, total: int, offset: int = 0, **more: Any) -> dict[str, Any]:
    return page([item(number) for number in numbers], total, offset, **more)


def numbers_on(content: RecordedCatalog, day: dt.date = DAY, key: str = CHART) -> list[int]:
    return [int(one["track"]["id"]) for one in content.playlist_items(key, day, 0, 1_000) if one]


def unused(content: RecordedCatalog) -> dict[str, str]:
    return {one.file: one.reason for one in content.report.unused}


def read(folder: Path, files: dict[str, Any]) -> RecordedCatalog:
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(folder / name, body)
    return RecordedCatalog.read(folder)


# --- the last recording of a day ---


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ("chart_2024-05-05T05.json", "chart_2024-05-05T17.json"),
        ("b_20240505T050000Z.json", "a_20240505T170000Z.json"),
        ("b_2024-05-05_05-00.json", "a_2024-05-05_17-00.json"),
        ("b_20240505_0500.json", "a_20240505_1700.json"),
        ("b_20240505050000.json", "a_20240505170000.json"),
        ("b_2024_05_05 05.00.00.json", "a_2024_05_05 17.00.00.json"),
        ("chart_2024-05-05_2.json", "chart_2024-05-05_10.json"),
        ("2024-05-05/chart_1.json", "2024-05-05/chart_2.json"),
        ("chart_2024-05-05.json", "chart_2024-05-05T00-30.json"),
    ],
)
def test_the_last_capture_of_a_day_is_served_completely(tmp_path: Path, early: str, late: str) -> None:
    content = read(tmp_path, {early: chart("one", 1, 2, 3), late: chart("two", 9, 1, 2, 3)})
    assert content.replay_days() == [DAY]
    stored = content.playlist(CHART, DAY)
    assert stored
    assert (stored.record["snapshot_id"], stored.total) == ("two", 4)
    assert numbers_on(content) == [9, 1, 2, 3]
    assert unused(content) == {early: f"replaced by a later recording in {late}"}


def test_a_shorter_later_capture_replaces_a_longer_one(tmp_path: Path) -> None:
    files = {"2024-05-05T05.json": chart("one", 1, 2, 3), "2024-05-05T17.json": chart("two", 9)}
    assert numbers_on(read(tmp_path, files)) == [9]


@pytest.mark.parametrize(
    ("name", "day", "time"),
    [
        ("chart_20240505.json", "2024-05-05", "00:00:00"),
        ("chart.2024.05.05.json.gz", "2024-05-05", "00:00:00"),
        ("chart_2024-05-05_100.json", "2024-05-05", "00:00:00"),
        ("chart_20240505T17.json", "2024-05-05", "17:00:00"),
        ("20240505T170102.345Z_chart.json", "2024-05-05", "17:01:02"),
        ("2024-05-05/17/chart.json", "2024-05-05", "00:00:00"),
        ("2024-01-01/chart_2024-05-05.json", "2024-05-05", "00:00:00"),
        ("chart_2024-13-45_2024-05-05.json", "2024-05-05", "00:00:00"),
        ("chart_1714885200.json", None, "00:00:00"),
        ("chart_202405059999.json", None, "00:00:00"),
        ("chart.json", None, "00:00:00"),
    ],
)
def test_dates_and_times_are_found_in_names(name: str, day: str | None, time: str) -> None:
    expected = (day and dt.date.fromisoformat(day), dt.time.fromisoformat(time))
    assert recorded_at(Path(name)) == expected


def test_two_days_are_never_merged_into_one(tmp_path: Path) -> None:
    files = {"chart_20240505.json": chart("one", 1), "chart_20240506.json": chart("two", 1, 2)}
    content = read(tmp_path, files)
    assert content.replay_days() == [DAY, DAY + dt.timedelta(days=1)]
    assert [numbers_on(content, day) for day in content.replay_days()] == [[1], [1, 2]]
    assert not content.report.unused


def test_pages_go_with_the_capture_before_them(tmp_path: Path) -> None:
    files = {
        "2024-05-05T05-00-00.json": head("one", 3),
        "2024-05-05T05-00-01.json": contents(1, 2, total=3, href=CONTENTS_URL),
        "2024-05-05T05-00-02.json": contents(3, total=3, offset=2, href=CONTENTS_URL),
        "2024-05-05T17-00-00.json": head("two", 4),
        "2024-05-05T17-00-01.json": contents(9, 1, total=4, href=CONTENTS_URL),
        "2024-05-05T17-00-02.json": contents(2, 3, total=4, offset=2, href=CONTENTS_URL),
    }
    content = read(tmp_path, files)
    assert numbers_on(content) == [9, 1, 2, 3]
    assert sorted(unused(content)) == [name for name in files if "T05" in name]


def test_pages_of_an_unrecorded_version_are_not_mixed_in(tmp_path: Path) -> None:
    files = {
        "2024-05-05T05.json": chart("one", 1, 2, 3),
        "2024-05-05T17.json": contents(9, 1, 2, 3, total=4, href=CONTENTS_URL),
    }
    content = read(tmp_path, files)
    assert numbers_on(content) == [1, 2, 3]
    assert "a version of the playlist with 4 items" in unused(content)["2024-05-05T17.json"]


def test_contents_that_were_recorded_twice_are_not_mixed(tmp_path: Path) -> None:
    lines = [
        *(chart("one", 1, 2, 3), contents(1, 2, total=3, href=CONTENTS_URL)),
        contents(3, total=3, offset=2, href=CONTENTS_URL),
        *(contents(9, 1, total=3, href=CONTENTS_URL), contents(2, total=3, offset=2, href=CONTENTS_URL)),
    ]
    (tmp_path / "2024-05-05.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert numbers_on(RecordedCatalog.read(tmp_path)) == [9, 1, 2]


def test_saved_tracks_are_those_of_the_last_capture_of_the_day(tmp_path: Path) -> None:
    def saved(*numbers: int, offset: int = 0, total: int = 3) -> dict[str, Any]:
        found = [{"added_at": f"2024-05-0{5 - n % 5}T10:00:00Z", "track": track(n)} for n in numbers]
        return page(found, total, offset)

    files = {
        "chart_2024-05-05.json": chart("one", 1),
        "saved_2024-05-05_1.json": saved(1, 2),
        "saved_2024-05-05_2.json": saved(3, offset=2),
        "saved_2024-05-05_3.json": saved(9, 1, total=4),
        "saved_2024-05-05_4.json": saved(2, 3, offset=2, total=4),
    }
    content = read(tmp_path, files)
    assert [int(one["track"]["id"]) for one in content.saved_tracks(DAY) if one] == [9, 1, 2, 3]
    assert sorted(unused(content)) == ["saved_2024-05-05_1.json", "saved_2024-05-05_2.json"]


# --- everything that can be used is used ---


@pytest.mark.parametrize("path", ["tracks", "items"])
def test_contents_in_pages_next_to_the_playlist_are_used(tmp_path: Path, path: str) -> None:
    url = f"https://api.spotify.com/v1/playlists/{CHART}/{path}"
    files = {
        "chart.json": playlist(CHART, "one"),
        "chart-page-1.json": contents(1, 2, total=3, href=f"{url}?offset=0&limit=2"),
        "chart-page-2.json": contents(3, total=3, offset=2, href=f"{url}?offset=2&limit=2"),
    }
    content = read(tmp_path, files)
    assert numbers_on(content, content.days()[-1]) == [1, 2, 3]
    assert not content.report.unused


def test_the_address_of_an_exchange_replaces_href(tmp_path: Path) -> None:
    lines = [
        exchange(f"https://api.spotify.com/v1/playlists/{CHART}", head("one", 1)),
        exchange(f"{CONTENTS_URL}?limit=100", contents(1, total=1)),
    ]
    (tmp_path / "all_2024-05-05.ndjson").write_text("\n".join(map(json.dumps, lines)))
    content = RecordedCatalog.read(tmp_path)
    assert numbers_on(content) == [1]
    assert not content.report.unused


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("chart.jsonl", json.dumps(chart("one", 1))),
        ("CHART.JSON", json.dumps(chart("one", 1))),
        ("list.json", json.dumps([chart("one", 1)])),
        ("exchanges.json", json.dumps([exchange("", chart("one", 1))])),
        ("status.json", json.dumps({**exchange("", chart("one", 1)), "status": "200"})),
        ("bom.json", "\ufeff" + json.dumps(chart("one", 1))),
        ("bom.ndjson", "\ufeff" + json.dumps(chart("one", 1)) + "\r\n"),
    ],
)
def test_every_format_of_recorded_answers_is_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / f"{name}.GZ").write_bytes(gzip.compress(text.encode().replace(CHART.encode(), LONG.encode())))
    content = RecordedCatalog.read(tmp_path)
    assert [numbers_on(content, key=key) for key in (CHART, LONG)] == [[1], [1]]
    assert not content.report.unused


def test_saved_tracks_may_have_further_keys(tmp_path: Path) -> None:
    saved = page([{"added_at": "2024-05-05T10:00:00Z", "track": track(1), "new_field": 1}], 1)
    content = read(tmp_path, {"chart_2024-05-05.json": chart("one", 1), "saved.json": saved})
    assert len(content.saved_tracks(DAY)) == 1
    assert not content.report.unused


def test_what_is_not_used_is_reported_with_its_file_and_reason(tmp_path: Path) -> None:
    library = [playlist(CHART, "one"), playlist(LONG, "two")]
    pages = [exchange(f"https://api.spotify.com/v1/albums/{CHART}/tracks", page([], 0))] * 2
    files = {
        "2024-05-05.json": chart("one", 1),
        "2024-05-05/late.json": contents(2, total=9, offset=7, href=CONTENTS_URL),
        "2024-05-06/page.json": contents(2, total=1, href=CONTENTS_URL),
        "album_tracks.json": pages,
        "contents.json": contents(1, total=1),
        "error.json": {"error": {"status": 429, "message": "API rate limit exceeded"}},
        "gone.json": exchange("", {"error": {"status": 404, "message": "Not found"}}, 404),
        "library.json": page(library, 3, href="https://api.spotify.com/v1/me/playlists"),
        "list.json": [1],
        "long.json": playlist(LONG, "two", tracks={"href": "", "total": 3}),
        "other.json": {"items": ["a", "b"]},
    }
    (tmp_path / "notes.txt").write_text("not an answer")
    (tmp_path / "README.md").write_text("what these files are")
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "empty.json").touch()
    (tmp_path / "empty.json.gz").touch()
    content = read(tmp_path, files)
    assert [str(one) for one in content.report.unused] == [
        "2024-05-05/late.json: it is of a version of the playlist with 9 items, and the recorded one has 1",
        f"2024-05-06/page.json: the playlist {CHART} itself was not recorded on 2024-05-06",
        "album_tracks.json: 2 answers: GET albums/{id}/tracks is not played back",
        "contents.json: a page of a playlist's contents that does not name its playlist; record it with its "
        "`href` or as {uri, status, body}",
        "empty.json: empty",
        "empty.json.gz: empty",
        "empty.jsonl: empty",
        "error.json: an answer of status 429",
        "gone.json: an answer of status 404",
        "library.json: the contents of 1 of its 2 playlists were not recorded",
        "list.json: not a JSON object",
        f"long.json: the contents of the playlist {LONG} were not recorded with it",
        "notes.txt: not a .json, .jsonl or .ndjson file, gzipped or not",
        "other.json: an answer of this shape is not played back",
    ]


def test_a_recorded_total_larger_than_what_was_recorded_is_reported(tmp_path: Path) -> None:
    saved = page([{"added_at": "2024-05-05T10:00:00Z", "track": track(1)}], 5_320)
    files = {
        "chart_2024-05-05.json": playlist(CHART, "one", tracks=contents(1, 2, total=9)),
        "late_2024-05-05.json": contents(8, 9, total=9, offset=7, href=CONTENTS_URL),
        "library.json": page([playlist(CHART, "one")], 40),
        "saved.json": saved,
    }
    content = read(tmp_path, files)
    assert [str(one) for one in content.report.incomplete] == [
        f"chart_2024-05-05.json: the playlist {CHART} on 2024-05-05: 2 of 9 recorded",
        "saved.json: the saved tracks on 2024-05-05: 1 of 5,320 recorded",
        "library.json: the library: 1 of 40 recorded",
    ]
    assert unused(content) == {
        "late_2024-05-05.json": "the items before it, at positions 2 to 6, were not recorded"
    }


# --- artists and the account are dated ---


def artist(followers: int) -> dict[str, Any]:
    return {"id": CHART, "type": "artist", "name": "A", "followers": {"href": None, "total": followers}}


def followers_on(content: RecordedCatalog, days: Sequence[dt.date]) -> list[int | None]:
    found = [content.artist(CHART, day) for day in days]
    return [one["followers"]["total"] if one else None for one in found]


def test_a_recorded_artist_applies_to_its_day(tmp_path: Path) -> None:
    files = {
        "chart_2024-05-05.json": chart("one", 1),
        "chart_2024-05-08.json": chart("two", 2),
        "artists_2024-05-05.json": {"artists": [artist(3_402_661)]},
        "artists_2024-05-07.json": {"artists": [artist(6_485_631)]},
    }
    content = read(tmp_path, files)
    days = [DAY + dt.timedelta(days=number) for number in (-1, 0, 1, 2, 3)]
    assert followers_on(content, days) == [None, 3_402_661, 3_402_661, 6_485_631, 6_485_631]


def test_an_artist_without_a_date_applies_to_every_day_without_its_own(tmp_path: Path) -> None:
    files = {
        "chart_2024-05-05.json": chart("one", 1),
        "a_2024-05-06.json": artist(2),
        "undated.json": artist(1),
    }
    content = read(tmp_path, files)
    assert followers_on(content, [DAY, DAY + dt.timedelta(days=1)]) == [1, 2]


def test_the_last_recorded_day_is_played_back(tmp_path: Path) -> None:
    content = read(tmp_path, {"c_2024-05-05.json": chart("one", 1), "a_2024-05-09.json": artist(2)})
    assert content.replay_days() == [dt.date(2024, 5, 9)]
    assert not content.report.unused


# --- used, or refused with a reason ---


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"items": [None]}, "an answer of this shape is not played back"),
        ({"items": [{"type": "playlist"}]}, "items[0] is a playlist without an id"),
        ({"items": [{"type": "playlist", "id": LONG, "owner": "me"}]}, "items[0].owner is 'me', not a user"),
        ({"items": [{"added_at": "x", "track": 7}]}, "items[0].track is 7, not an object"),
        ({"items": [{"played_at": 17, "track": None}]}, "items[0].played_at is 17, not a time"),
        ({"items": [3], "href": CONTENTS_URL}, "items[0] is 3, not an object"),
        ({"items": [], "offset": "x", "href": CONTENTS_URL}, "a page whose offset is 'x'"),
        ({"total": 3, "href": CONTENTS_URL}, "a page without a list of items"),
        ({"type": "user", "email": "a@example.com"}, "an account without an id"),
        ({**chart("one", 1), "id": None}, "a playlist without an id"),
        ({**chart("one", 1), "id": "short"}, "a playlist whose id is 'short'"),
        ({**chart("one", 1), "snapshot_id": None}, f"the playlist {CHART} has no snapshot_id"),
        (playlist(LONG, "one", tracks={"items": ["x"]}), "items[0] is 'x', not an object"),
        ({"items": {"a": 1}}, "an answer of this shape is not played back"),
        ({"href": 5, "items": [[]]}, "an answer of this shape is not played back"),
        ({"href": "http://[", "items": [3]}, "an answer of this shape is not played back"),
    ],
)
def test_answers_that_cannot_be_played_back_are_reported_and_the_good_playlist_is_used(
    tmp_path: Path, body: dict[str, Any], reason: str
) -> None:
    content = read(tmp_path, {"good_2024-05-05.json": chart("one", 1), "odd_2024-05-06.json": body})
    assert numbers_on(content) == [1]
    assert reason in unused(content)["odd_2024-05-06.json"]


def test_null_entries_are_played_back(tmp_path: Path) -> None:
    plays = {"items": [None, {"played_at": "2024-05-05T01:00:00Z", "track": track(1)}]}
    files = {
        "chart_2024-05-05.json": playlist(CHART, "one", tracks=page([None, item(1)], 2)),
        "saved_2024-05-05.json": page([None], 1, href="https://api.spotify.com/v1/me/tracks?limit=50"),
        "plays_2024-05-05.json": plays,
    }
    content = read(tmp_path, files)
    assert [one and one["track"]["id"] for one in content.playlist_items(CHART, DAY, 0, 9)] == [
        None,
        track(1)["id"],
    ]
    assert list(content.saved_tracks(DAY)) == [None]
    assert len(content.recently_played(DAY)) == 1


@pytest.mark.parametrize("added_at", ["0000-00-00T00:00:00Z", 1_714_885_200, "", None, {}, "yesterday"])
def test_an_invalid_time_does_not_date_an_answer(tmp_path: Path, added_at: Any) -> None:
    dated, odd = item(1), {**item(2), "added_at": added_at}
    content = read(tmp_path, {"chart.json": playlist(CHART, "one", tracks=page([dated, odd], 2))})
    assert content.days() == [dt.date(2024, 4, 22)]
    assert content.playlist_items(CHART, content.days()[0], 0, 9)[1] == odd


def test_a_folder_without_a_playlist_names_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnreadableError, match=r"holds a playlist.*; odd\.json: .* no snapshot_id"):
        read(tmp_path, {"odd.json": {**chart("one", 1), "snapshot_id": ""}})


def test_a_damaged_gzip_file_and_json_nested_too_deep_are_named(tmp_path: Path) -> None:
    damaged = bytearray(gzip.compress(json.dumps(chart("one", 1)).encode()))
    damaged[20:60] = b"\xff" * 40
    (tmp_path / "damaged.json.gz").write_bytes(damaged)
    with pytest.raises(RecordingUnreadableError, match=r"damaged\.json\.gz"):
        RecordedCatalog.read(tmp_path)
    (tmp_path / "damaged.json.gz").unlink()
    (tmp_path / "deep.json").write_text("[" * 200_000)
    with pytest.raises(RecordingUnreadableError, match=r"deep\.json"):
        RecordedCatalog.read(tmp_path)
