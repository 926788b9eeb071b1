"""The numbers on the page are what Athena answers: the same lake, read by the report and by queries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from moto import mock_aws
from playwright.sync_api import Page

from build_report.wording import label
from infra.saved_queries import saved_queries
from spotify_lake.contract import tables
from spotify_lake.contract.marts import collections
from spotify_lake.contract.marts.entities import ARTIST_DAILY, TRACK_DAILY
from spotify_lake.contract.marts.playlists import PLAYLIST_CHANGES, PLAYLIST_DAILY
from spotify_lake.contract.marts.registry import MART_QUALITY_RESULTS
from tests.athena_lake import DATABASE, curated_folder, register_tables
from tests.browser.conftest import Open
from tests.browser.test_figures import column, values
from tests.unit.build_report.lake import CURATED, DAY, Row, WritableLake, manifest
from tests.unit.build_report.rows import NAMES, entities, playlist_changes
from tests.unit.build_report.test_day import report_of

DAYS: Final = ("2026-11-18", "2026-11-19", DAY)
PLAYLISTS: Final = tuple(f"p{number}" for number in range(8))
ON_DAY: Final = f"WHERE snapshot_date = '{DAY}'"


class Queries:
    """Statements on the lake in the local Athena."""

    def __init__(self, folder: Path) -> None:
        self._engine = register_tables(folder)

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._engine.run(sql, DATABASE).rows]

    def saved(self, name: str) -> list[tuple[Any, ...]]:
        (query,) = (each for each in saved_queries() if each.name == name)
        return self.run(query.sql)


def put_day(lake: WritableLake, day: str) -> None:
    """Write a day whose figures differ from those of the other days."""
    random_ = random.Random(day)
    lake.put_empty_day(day)
    named = [{"playlist_id": each, "name": NAMES[number]} for number, each in enumerate(PLAYLISTS)]
    lake.put(tables.PLAYLISTS, named, day)
    listed = {"is_listed": True, "days_without_contents": 0, "previous_snapshot_date": DAYS[0]}
    sizes = [{**each, **listed, "items": random_.randrange(5, 2_000)} for each in named]
    lake.put(PLAYLIST_DAILY, sizes, day)
    tracks: list[Row] = [
        {
            "track_id": f"t{number}",
            "name": random_.choice(NAMES),
            "is_playable": random_.choice((True, False, None)),
            "restriction_reason": random_.choice(("market", None)),
        }
        for number in range(40)
    ]
    lake.put(tables.TRACKS, tracks, day)
    items = [
        {"playlist_id": playlist, "position": position, "item_name": random_.choice(NAMES)}
        | random_.choice(({"item_type": "unavailable"}, {"item_type": "track", "track_id": f"t{position}"}))
        for playlist in PLAYLISTS
        for position in random_.sample(range(45), 12)
    ]
    lake.put(tables.PLAYLIST_ITEMS, items, day)
    lake.put(TRACK_DAILY, entities(len(items) + int(day[-2:]), "track_id"), day)
    lake.put(ARTIST_DAILY, entities(int(day[-2:]), "artist_id"), day)
    lake.put(PLAYLIST_CHANGES, playlist_changes(int(day[-2:])), day)
    genres: list[Row] = [
        {"genre": f"genre {number}", "placements": random_.randrange(1_000)} for number in range(12)
    ]
    lake.put(
        collections.GENRE_DAILY,
        [{**each, "placement_share": each["placements"] / 1_000} for each in genres],
        day,
    )
    years = [
        {"release_year": year, "placements": random_.randrange(1, 3_000), "tracks": random_.randrange(1, 900)}
        for year in (0, *random_.sample(range(1960, 2027), 20))
    ]
    lake.put(collections.RELEASE_PROFILE_DAILY, years, day)
    copies = [sorted(random_.sample(range(90), random_.randrange(2, 5))) for _ in range(15)]
    duplicates = [
        {
            "playlist_id": f"p{number % 8}",
            "playlist_name": NAMES[number % 8],
            "track_name": random_.choice(NAMES),
            "copies": len(positions),
            "positions": positions,
            "track_ids": ["t1"],
        }
        for number, positions in enumerate(copies)
    ]
    lake.put(collections.DUPLICATES, duplicates, day)
    for table, count in ((tables.QUALITY_RESULTS, 40), (MART_QUALITY_RESULTS, 25)):
        rules = [{"rule": f"tracks.c{number}:range", "table_name": "tracks"} for number in range(count)]
        failing = {"severity": "warn", "is_passed": False, "failing": 3}
        passed = {"severity": "warn", "is_passed": True, "failing": 0}
        lake.put(table, [rule | random_.choice((failing, passed, passed)) for rule in rules], day)
    rejected = [{"reason": random_.choice(("no_id", "not_json"))} for _ in range(random_.randrange(5, 40))]
    lake.put(
        tables.REJECTED_RECORDS, [{**each, "object_uri": "x", "raw_text": "{"} for each in rejected], day
    )
    lake.put_run(day, "r", f"{day}T05:10:00Z", f"{day}T05:12:00Z", runs_read=["r"])
    lake.put_manifest(manifest(*PLAYLISTS, day=day))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WritableLake, Queries]]:
    """A lake of three days in S3, and a folder with the same files for the local Athena."""
    folder = tmp_path_factory.mktemp("lake")
    with mock_aws():
        lake = WritableLake()
        for day in DAYS:
            put_day(lake, day)
        pages = lake.s3.get_paginator("list_objects_v2").paginate(Bucket=CURATED)
        for key in (each["Key"] for page in pages for each in page["Contents"]):
            if not key.startswith("_"):
                path = curated_folder(folder) / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(lake.s3.get_object(Bucket=CURATED, Key=key)["Body"].read())
        yield lake, Queries(folder)


def tiles(page: Page) -> dict[str, str]:
    """The key figures and their remarks."""
    found: dict[str, str] = {}
    for tile in page.locator(".tiles li").all():
        value, title, remark = (
            tile.locator(f".{part}").inner_text() for part in ("value", "label", "remark")
        )
        found |= {title: value, f"{title}, remark": remark}
    return found


def test_the_numbers_on_the_page_are_those_of_queries(
    open_page: Open, written: tuple[WritableLake, Queries]
) -> None:
    lake, queries = written
    opened = open_page(report_of(lake))
    page = opened.page
    check_key_figures(page, queries)
    check_changes(page, queries)
    check_ranks(page, queries)
    check_shares(page, queries)
    check_problems(page, queries)
    assert opened.problems == []


def check_key_figures(page: Page, queries: Queries) -> None:
    shown = tiles(page)
    ((read, items),) = queries.run(f"SELECT count(*), sum(items) FROM playlist_daily {ON_DAY} AND is_listed")
    assert (shown["playlists"], shown["items"]) == (f"{read:,}", f"{items:,}")
    ((passed, failed),) = queries.run(
        "SELECT count_if(is_passed), count_if(NOT is_passed) FROM (SELECT is_passed, snapshot_date FROM"
        f" quality_results UNION ALL SELECT is_passed, snapshot_date FROM mart_quality_results) {ON_DAY}"
    )
    assert (shown["rules passed"], shown["rules passed, remark"]) == (f"{passed:,}", f"{failed:,} failed")
    unread = sum(row[0] == DAY for row in queries.saved("unreadable_records"))
    ((in_summary,),) = queries.run(f"SELECT rejected_records FROM daily_summary {ON_DAY}")
    assert unread == in_summary
    assert page.locator(".summary").inner_text() == (
        f"Complete: {read} playlists of {DAY} were read; {failed} quality rules failed; {unread} records"
        " could not be read."
    )


def check_changes(page: Page, queries: Queries) -> None:
    changes = dict(queries.run(f"SELECT change, count(*) FROM playlist_changes {ON_DAY} GROUP BY change"))
    assert {each: int(tiles(page)[each]) for each in ("added", "removed")} == {
        each: changes[each] for each in ("added", "removed")
    }
    assert changes["added"] == sum(row[0] == DAY for row in queries.saved("new_in_playlists"))
    table = page.locator("#changes table")
    shown = zip(
        column(table, "Playlist"),
        *(values(table, each) for each in ("Added", "Removed", "Moved")),
        strict=True,
    )
    assert sorted(shown) == sorted(
        (label(name), *counts)
        for name, *counts in queries.run(
            "SELECT playlist_name, count_if(change = 'added'), count_if(change = 'removed'),"
            f" count_if(change = 'moved') FROM playlist_changes {ON_DAY} GROUP BY playlist_id, playlist_name"
        )
    )


def check_ranks(page: Page, queries: Queries) -> None:
    for kind in ("track", "artist"):
        table = page.locator(f"#{kind}s table")
        shown = [
            column(table, kind.capitalize()),
            *(values(table, each) for each in ("Rank", "Playlists", "Reach")),
        ]
        ranked = queries.run(
            f"SELECT name, rank_by_reach, playlists, reach FROM {kind}_daily {ON_DAY} AND reach IS NOT NULL"
            f" ORDER BY rank_by_reach, playlists DESC, popularity DESC NULLS LAST, name, {kind}_id LIMIT 20"
        )
        assert list(zip(*shown, strict=True)) == [(label(name), *figures) for name, *figures in ranked]


def check_shares(page: Page, queries: Queries) -> None:
    genres = queries.run(
        f"SELECT genre, placement_share FROM genre_daily {ON_DAY} ORDER BY placements DESC, genre LIMIT 8"
    )
    last = page.locator("#genres tbody tr").last.locator("td").all_text_contents()
    titles = page.locator("#genres thead th").all_text_contents()
    assert titles == ["Day", *(genre for genre, _ in genres)]
    assert [last[0], *(float(share.removesuffix("%")) for share in last[1:])] == [
        DAY,
        *(pytest.approx(100 * float(share), abs=0.051) for _, share in genres),
    ]
    table = page.locator("#years table")
    shown_years = zip(
        column(table, "Year"), values(table, "Placements"), values(table, "Tracks"), strict=True
    )
    assert list(shown_years) == [
        (str(year) if year else "not known", placements, tracks)
        for year, placements, tracks in queries.run(
            f"SELECT release_year, placements, tracks FROM release_profile_daily {ON_DAY} ORDER BY 1 DESC"
        )
    ]


def check_problems(page: Page, queries: Queries) -> None:
    unavailable = queries.saved("unavailable_tracks")
    duplicates = queries.saved("duplicates")
    assert page.locator("#problems .sentence").inner_text() == (
        f"{len(unavailable)} items cannot be played. {len(duplicates)} recordings are in a playlist"
        " more than once."
    )
    first, second = page.locator("#problems table").all()
    shown = zip(
        column(first, "Playlist"),
        values(first, "Position"),
        column(first, "Item"),
        column(first, "Reason"),
        strict=True,
    )
    assert sorted(shown) == sorted(
        (label(playlist), position + 1, label(item), reason)
        for playlist, position, item, reason, *_ in unavailable
    )
    shown_twice = zip(
        column(second, "Playlist"), column(second, "Recording"), values(second, "Times"), strict=True
    )
    assert sorted(shown_twice) == sorted(
        (label(playlist), label(track), copies) for playlist, track, _, _, copies, *_ in duplicates
    )
