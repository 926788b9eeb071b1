"""The commands of README.md and docs/, as a user types them."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from infra.local.sql.session import LakeSession
from tests.project import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.spark]


FIRST, SECOND = "2026-11-22", "2026-11-23"
_HANGS_AFTER = 1200  # seconds; a slow machine that is busy with other tests is no failure
SOURCES = "SOURCES=playlists,saved_tracks"


def without_credentials() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("SPOTIFY_", "MAKE"))}


def make(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**without_credentials(), "COLUMNS": "200", **(env or {})}
    return subprocess.run(
        ["make", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_HANGS_AFTER,
        check=False,
    )


def made(*words: str) -> str:
    done = make(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("command-line") / "lake")


@pytest.fixture(scope="module")
def first_day(lake: str) -> str:
    return made("run", f"LAKE={lake}", f"DATE={FIRST}")


@pytest.fixture(scope="module")
def second_day(lake: str, first_day: str) -> str:
    return made("run", f"LAKE={lake}", f"DATE={SECOND}", "MODE=development", SOURCES)


def test_make_clean_does_not_touch_the_lakes() -> None:
    assert ".lake" not in made("-n", "clean")
    assert made("-n", "clean-lake") == "rm -rf .lake\n"


def test_make_run_shows_the_states_and_ends_with_a_summary(first_day: str) -> None:
    assert "✓ NormalizeToParquet" in first_day
    assert f"{FIRST} is in the lake" in first_day
    assert "most listed artist" in first_day


def test_the_picture_in_the_readme_shows_what_make_run_prints(first_day: str) -> None:
    texts = ElementTree.parse(ROOT / "docs" / "make-run.svg").iter("{http://www.w3.org/2000/svg}text")
    shown = words(" ".join(text.text or "" for text in texts))
    assert shown == words(first_day) | {"run"}, "run: make screenshot"  # the picture's title is make run


def words(printed: str) -> set[str]:
    """The words of a run's summary, without the id of the run and the lake's folder."""
    lines = printed.partition("Next:")[0].splitlines()
    summary = " ".join(line for line in lines if not line.startswith("This first run takes"))
    plain = (word for word in summary.split() if not re.search(r"[/=]|^run-", word))
    return {name for word in plain for name in re.findall(r"[^\W\d]\w*", word)}


def test_make_run_reads_the_sources_that_are_named(lake: str, second_day: str) -> None:
    assert SOURCES in second_day.partition("Next:")[2]
    sql = (
        "SQL=select name, count(*) as items from latest_playlists join playlist_items using (playlist_id)"
        " where playlist_id = 'saved_tracks' and playlist_items.snapshot_date = '2026-11-23' group by 1"
    )
    assert made("query", f"LAKE={lake}", sql, "FORMAT=csv") == "name,items\nLiked Songs,73\n"


def test_a_saved_query_is_listed_and_run_by_its_name(lake: str, first_day: str) -> None:
    assert "explicit_share\n  What share of each playlist is explicit?\n" in made("queries")
    header, *rows = made("query", f"LAKE={lake}", "NAME=explicit_share", "FORMAT=csv").splitlines()
    assert header == "playlist_name,tracks,explicit_tracks,explicit_percent"
    assert rows


def test_an_unknown_source_is_refused_before_anything_starts(lake: str) -> None:
    refused = make("run", f"LAKE={lake}", "SOURCES=playlists,liked_songs")
    assert refused.returncode == 2
    assert "There is no source 'liked_songs'" in refused.stderr
    assert "Starting" not in refused.stdout


def test_a_second_day_adds_to_the_first(lake: str, second_day: str) -> None:
    assert f"{SECOND} is in the lake" in second_day
    assert "NotReadable" in second_day  # a development app may not read a followed playlist
    answer = made(
        "query",
        f"LAKE={lake}",
        "SQL=select distinct snapshot_date from playlist_changes where change = 'added'",
    )
    assert SECOND in answer


def test_make_rebuild_rebuilds_the_days_without_spotify(lake: str, first_day: str) -> None:
    output = made("rebuild", f"LAKE={lake}", "TABLES=tracks,albums", f"DAYS={FIRST}..{FIRST}")
    assert f"1 day rebuilt ({FIRST})" in output
    assert "FetchSpotify" not in output


def test_make_query_shows_athenas_reason_for_a_refusal(lake: str, first_day: str) -> None:
    refused = make("query", f"LAKE={lake}", "SQL=select no_such_column from tracks")
    assert refused.returncode == 2
    assert "no_such_column" in refused.stderr


def test_make_query_without_a_statement_shows_how_to_write_one(lake: str) -> None:
    refused = make("query", f"LAKE={lake}")
    assert refused.returncode == 2
    assert "make query SQL='select " in refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr


def test_make_query_writes_csv_and_json_for_other_programs(lake: str, first_day: str) -> None:
    sql = f"SQL=select count(*) as days from daily_summary where snapshot_date = '{FIRST}'"
    assert made("query", f"LAKE={lake}", sql, "FORMAT=csv") == "days\n1\n"
    assert json.loads(made("query", f"LAKE={lake}", sql, "FORMAT=json")) == [{"days": 1}]


def test_make_query_takes_the_statement_as_it_is_typed(lake: str, first_day: str) -> None:
    sql = (
        """SQL=select '$HOME, $$x' as "$(dollar)", count(distinct "$path") as files from tracks"""
        f" where snapshot_date = '{FIRST}'"
    )
    assert made("query", f"LAKE={lake}", sql, "FORMAT=csv") == '$(dollar),files\n"$HOME, $$x",1\n'


def test_make_run_refuses_a_bad_date_in_one_sentence(lake: str, first_day: str) -> None:
    refused = make("run", f"LAKE={lake}", "DATE=2999-01-01")
    assert refused.returncode == 2
    assert "DATE is 2999-01-01, a day in the future" in refused.stderr
    assert refused.stdout == ""
    assert "Traceback" not in refused.stdout + refused.stderr


def test_incomplete_credentials_are_refused_in_one_sentence(lake: str) -> None:
    refused = make("run", f"LAKE={lake}", env={"SPOTIFY_CLIENT_ID": "id"})
    assert refused.returncode == 2
    assert "SPOTIFY_CLIENT_SECRET is missing" in refused.stderr


def test_a_lake_in_use_is_refused_in_one_sentence_and_can_be_asked(lake: str, first_day: str) -> None:
    import fcntl

    with (Path(lake) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = make("run", f"LAKE={lake}")
        assert made("query", f"LAKE={lake}", "SQL=select 1 as one", "FORMAT=csv") == "one\n1\n"
    assert refused.returncode == 2
    assert "is in use by another command" in refused.stderr


def test_a_python_that_is_too_old_is_refused_in_one_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    refused = make("setup", f"PYTHON={old}", f"VENV={tmp_path}/venv")
    assert refused.returncode == 2
    assert "needs Python 3.11" in refused.stderr
    assert not (tmp_path / "venv").exists()


@pytest.fixture(scope="module")
def recorded_lake(recorded_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("recorded") / "lake"
    made("run", f"LAKE={lake}", f"RECORDED={recorded_folder}")
    return lake


def test_the_recorded_answers_are_replayed_and_agree_with_a_plain_count(
    recorded_folder: Path, recorded_lake: Path
) -> None:
    found = query_json(
        recorded_lake,
        "select playlist_id, item_type, count(*) from playlist_items "
        "where snapshot_date = (select max(snapshot_date) from playlist_items) group by 1, 2",
    )
    assert {(row[0], row[1]): int(row[2]) for row in found} == plain_count(recorded_folder)


def test_the_changes_between_recorded_days_are_those_of_a_plain_comparison(
    recorded_folder: Path, recorded_lake: Path
) -> None:
    expected = plain_changes(recorded_folder)
    assert expected["added"] > 0
    found = query_json(recorded_lake, "select change, count(*) from playlist_changes group by 1")
    assert {change: int(count) for change, count in found} == expected


def query_json(lake: Path, sql: str) -> list[list[str]]:
    """The rows of a query of a lake's folder, in this process."""
    return [[str(cell) for cell in row] for row in LakeSession(lake).run(sql).rows]


def plain_count(folder: Path) -> Counter[tuple[str, str]]:
    """Count the items of each playlist's newest capture, by type, straight from the files."""
    newest: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    for body, name in recorded_bodies(folder):
        if "snapshot_id" in body:
            playlist, items = items_of(body)
            if playlist not in newest or name > newest[playlist][0]:
                newest[playlist] = (name, items)
    return Counter((playlist, kind(item)) for playlist, (_, items) in newest.items() for item in items)


def plain_changes(folder: Path) -> Counter[str]:
    """Count what was added to, removed from and moved within the chart that was recorded on two days."""
    before, after = (
        [str(played["uri"]) for item in items if (played := item.get("item") or item.get("track"))]
        for _, items in (
            items_of(json.loads(gzip.decompress(path.read_bytes())))
            for path in sorted(folder.glob("playlist_top50_global_*.json.gz"))
        )
    )
    kept = [before.index(uri) for uri in after if uri in before]
    in_order: list[int] = []  # the length of the longest increasing sequence that ends at each place
    for place, number in enumerate(kept):
        earlier = (in_order[other] for other in range(place) if kept[other] < number)
        in_order.append(1 + max(earlier, default=0))
    return Counter(
        added=len(set(after) - set(before)),
        removed=len(set(before) - set(after)),
        moved=len(kept) - max(in_order),
    )


def items_of(body: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The id and the items of a playlist's answer, of either shape."""
    return body["id"], (body.get("items") or body["tracks"])["items"]


def recorded_bodies(folder: Path) -> list[tuple[dict[str, Any], str]]:
    bodies: list[tuple[dict[str, Any], str]] = []
    for path in sorted(folder.glob("*.json.gz")):
        body = json.loads(gzip.decompress(path.read_bytes()))
        bodies.append((body, path.name))
    for path in sorted(folder.glob("*.ndjson.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            body = json.loads(line)["body"]
            bodies.append((json.loads(body) if isinstance(body, str) else body, path.name))
    return [(body, name) for body, name in bodies if isinstance(body, dict)]


def kind(item: dict[str, Any] | None) -> str:
    played = (item or {}).get("item") or (item or {}).get("track")
    if not item or not played:
        return "unavailable"
    if item.get("is_local"):
        return "local"
    return str(played["type"])
