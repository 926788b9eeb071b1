"""Rebuilds of several days in one run: the same rows in any order, and nothing else changes."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from spotify_lake.contract.raw_zone import manifest_key
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.errors import (
    FetchGone,
    QualityGateError,
    RebuildStopped,
    SchemaChangeRefused,
    TablesWouldDisagree,
)
from spotify_lake.publishing.publish import recover
from tests.spark.history import History, Rows, a_day
from tests.spark.raw_rows import DAY

pytestmark = pytest.mark.spark

FIRST, SECOND, THIRD = DAYS = ("2026-11-20", "2026-11-21", DAY)


@pytest.fixture(scope="module")
def day_by_day(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Three days, published one by one as by the schedule; on the third one a playlist is missing."""
    lake = History(spark, tmp_path_factory.mktemp("lake"))
    for number, (day, items, others) in enumerate(zip(DAYS, (22, 30, 16), (5, 40, 0), strict=True)):
        lake.fetch(day, a_day(items, others=others, name=f"On {day}"))
        lake.run(f"daily-{number}", day)
    return lake


@pytest.fixture(scope="module")
def published(day_by_day: History) -> dict[str, Rows]:
    """The rows of the three days."""
    return {day: day_by_day.rows(day) for day in DAYS}


@pytest.fixture
def history(day_by_day: History, tmp_path: Path) -> History:
    """A copy of the published days that a test may change."""
    shutil.copytree(day_by_day.root, tmp_path / "lake")
    return dataclasses.replace(day_by_day, root=tmp_path / "lake")


def test_all_days_are_rebuilt_identically_into_an_empty_lake(
    history: History, published: dict[str, Rows]
) -> None:
    history.empty()
    reports = history.run("rebuild", "all")
    assert [report["snapshot_date"] for report in reports] == list(DAYS)
    assert {day: history.rows(day) for day in DAYS} == published
    (broken,) = (
        row for row in history.rows_of("quality_results", THIRD) if row["rule"] == "tracks:row_count"
    )
    assert broken["detail"] == f"16 rows, 70 on {SECOND}", "the days were compared"
    assert not list((history.curated / "_staging").iterdir())


def test_days_in_the_middle_may_be_rebuilt_in_any_order(history: History, published: dict[str, Rows]) -> None:
    for number, days in enumerate((SECOND, f"{FIRST}..{SECOND}")):
        history.run(f"rebuild-{number}", days)
        assert {day: history.rows(day) for day in DAYS} == published, days


def test_a_day_is_compared_with_the_previous_day_that_the_same_run_rebuilt(
    history: History, published: dict[str, Rows]
) -> None:
    history.fetch(SECOND, a_day(80), run_id="run-2")
    with pytest.raises(RebuildStopped) as stop:
        history.run("rebuild", f"{SECOND}..{THIRD}")
    assert stop.value.day == THIRD
    assert isinstance(stop.value.error, QualityGateError)
    assert f"p1 80 -> 16 since {SECOND}" in str(stop.value)
    assert len(history.rows_of("playlist_items", SECOND)) == 120, "the days before are published"
    assert history.rows(THIRD) == published[THIRD]
    history.run("go-on", f"{THIRD}..{THIRD}", accept_shrink=True)
    assert history.rows(THIRD)["tracks"] == published[THIRD]["tracks"]


def test_a_day_is_compared_even_if_the_previous_report_is_of_the_first_version(
    history: History, published: dict[str, Rows]
) -> None:
    history.rewrite_report(SECOND, "daily-1", items=None, kept=None)
    history.run("rebuild", THIRD)
    assert history.rows(THIRD) == published[THIRD]
    history.fetch(THIRD, a_day(14), run_id="run-2")
    with pytest.raises(QualityGateError, match=f"p1 30 -> 14 since {SECOND}"):
        history.run("smaller", THIRD)


def test_only_the_requested_tables_are_replaced_and_the_report_lists_only_them(
    history: History, published: dict[str, Rows]
) -> None:
    history.drop("tracks")
    before = history.files()
    reports = history.run("rebuild", "all", tables=("tracks",))
    assert {day: history.rows(day) for day in DAYS} == published
    assert {name: history.files()[name] for name in before} == before
    assert [report["tables"] for report in reports] == [{"tracks": {"rows": n}} for n in (27, 70, 16)]
    assert reports[0]["kept"]["playlist_items"] == {"rows": 27}
    stored = json.loads(history.report(FIRST, "rebuild").read_text("utf-8"))
    assert stored == reports[0]


def test_after_a_rebuild_of_one_table_the_next_day_is_compared_with_all_of_them(
    history: History, published: dict[str, Rows]
) -> None:
    history.run("partial", SECOND, tables=("episodes",))
    history.run("rebuild", THIRD)
    assert history.rows(THIRD) == published[THIRD]


def test_the_rules_of_all_tables_apply_to_a_run_that_publishes_one(
    history: History, published: dict[str, Rows]
) -> None:
    (report,) = history.run("rebuild", SECOND, tables=("tracks",))
    assert report["quality"]["rules"] == len(published[SECOND]["quality_results"])
    history.rewrite_report(FIRST, "daily-0", items={"p1": 300})
    before = history.files()
    with pytest.raises(QualityGateError, match=f"p1 300 -> 30 since {FIRST}"):
        history.run("shrunk", SECOND, tables=("tracks",))
    assert history.files() == before


def test_one_table_of_a_day_that_was_fetched_again_is_refused(
    history: History,
) -> None:
    history.fetch(FIRST, a_day(3), run_id="run-2")
    before = history.files()
    with pytest.raises(TablesWouldDisagree, match=r"run-1.*run-1, run-2"):
        history.run("rebuild", FIRST, tables=("tracks",))
    assert history.files() == before


def test_a_run_that_is_killed_after_its_commit_is_completed_by_the_next_one(
    history: History, published: dict[str, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    history.drop("tracks")
    monkeypatch.setattr("spotify_lake.publishing.publish._finish", killed)
    with pytest.raises(Killed):
        history.run("killed", FIRST, tables=("tracks",))
    monkeypatch.undo()
    assert recover(HadoopFiles(history.spark), f"{history.curated.as_uri()}/") == ["killed"]
    assert history.rows(FIRST) == published[FIRST]
    assert list(json.loads(history.report(FIRST, "killed").read_text("utf-8"))["tables"]) == ["tracks"]


def test_a_day_whose_raw_records_are_missing_stays_published(
    history: History, published: dict[str, Rows], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree((history.raw / manifest_key(FIRST, "run-1")).parents[1])
    items = history.raw / "spotify" / "playlist_items" / f"snapshot_date={SECOND}"
    next(items.rglob("*.gz")).unlink()
    with caplog.at_level("INFO"):
        reports = history.run("rebuild", "all")
    assert [report["snapshot_date"] for report in reports] == [THIRD]
    assert {day: history.rows(day) for day in DAYS} == published
    assert f"{FIRST} is left unchanged: its raw records have expired" in caplog.messages
    note = json.loads((history.curated / "_runs" / "run_id=rebuild" / "_rebuilt.json").read_text("utf-8"))
    assert note["days"] == [THIRD]
    assert set(note["left"]) == {FIRST, SECOND}


def test_a_day_made_from_two_fetches_is_not_rebuilt_from_one_of_them(
    history: History, caplog: pytest.LogCaptureFixture
) -> None:
    history.fetch(FIRST, a_day(20), run_id="run-2")
    history.run("both", FIRST)
    before = history.files()
    shutil.rmtree((history.raw / manifest_key(FIRST, "run-1")).parent)
    with pytest.raises(FetchGone, match=f"{FIRST}.*{FIRST}/.*run-1"):
        history.run("one", FIRST)
    with caplog.at_level("INFO"):
        reports = history.run("all", "all")
    assert [report["snapshot_date"] for report in reports] == [SECOND, THIRD]
    assert f"{FIRST} (1 of 3): left unchanged: {FIRST} was published from fetches" in caplog.text
    assert {name: body for name, body in history.files().items() if FIRST in name} == {
        name: body for name, body in before.items() if FIRST in name
    }
    shutil.rmtree(history.report(FIRST, "both").parents[1])
    (report,) = history.run("again", FIRST)
    assert report["runs_read"] == ["run-2"]


def test_a_day_whose_fetch_is_missing_is_rebuilt_from_a_later_one_with_all_its_playlists(
    history: History,
) -> None:
    history.fetch(FIRST, a_day(3, others=30), run_id="run-2")
    shutil.rmtree((history.raw / manifest_key(FIRST, "run-1")).parent)
    (report,) = history.run("later", FIRST)
    assert (report["runs_read"], set(report["items"])) == (["run-2"], {"p1", "p2"})


def test_a_table_is_not_rebuilt_alone_if_other_records_are_rejected_now(
    history: History, published: dict[str, Rows]
) -> None:
    history.rewrite_report(FIRST, "daily-0", rejected={"wrong_type": 1})
    with pytest.raises(TablesWouldDisagree, match="1 wrong_type"):
        history.run("rebuild", FIRST, tables=("tracks",))


def test_records_that_an_earlier_release_rejected_are_reprocessed(
    history: History, published: dict[str, Rows], caplog: pytest.LogCaptureFixture
) -> None:
    history.drop("playlist_items", SECOND)
    history.rewrite_report(SECOND, "daily-1", rejected={"wrong_type": 70})
    before = history.files()
    with caplog.at_level("INFO"):
        (report,) = history.run("reprocess", "all", reprocess_rejected=True)
    assert (report["snapshot_date"], report["rejected_before"], report["rejected"]) == (
        SECOND,
        {"wrong_type": 70},
        {},
    )
    assert any("rejected records: 0 (70 before)" in message for message in caplog.messages)
    assert {day: history.rows(day) for day in DAYS} == published
    untouched = {name: text for name, text in before.items() if SECOND not in name}
    assert {name: history.files()[name] for name in untouched} == untouched


def test_a_contract_that_changes_a_published_type_is_refused_before_anything_is_written(
    history: History,
) -> None:
    noted = history.curated / "_runs" / "_columns.json"
    columns = json.loads(noted.read_text("utf-8"))
    was_text = [[name, "string" if name == "duration_ms" else kind] for name, kind in columns["tracks"]]
    noted.write_text(json.dumps({**columns, "tracks": was_text}))
    before = history.files()

    with pytest.raises(SchemaChangeRefused, match=r"duration_ms.*string.*bigint"):
        history.run("next", THIRD)

    assert history.files() == before
