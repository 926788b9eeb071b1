"""The job `build_marts`: which days it builds, that it is idempotent, and what it refuses."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from spotify_lake.contract import tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.marts import playlists as contract
from spotify_lake.contract.marts.registry import MART_QUALITY_RESULTS
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.errors import (
    MartRulesBroken,
    MartsStopped,
    NoDayForMarts,
    SchemaChangeRefused,
    TablesMissing,
)
from spotify_lake.marts import charts, playlist_daily, playlist_stays
from spotify_lake.publishing.publish import recover
from tests.spark.marts.curated_lake import CuratedLake
from tests.spark.marts.days import day_tables

pytestmark = pytest.mark.spark
# Three that carry state, and one that needs others.
MARTS = (playlist_daily.MART, playlist_stays.MART, charts.TOTALS, charts.POSITIONS)
DAYS = ("2026-11-01", "2026-11-02", "2026-11-03")
FIRST, SECOND, THIRD = DAYS


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> CuratedLake:
    """Three days of two playlists without marts; a track comes on each day."""
    return three_days(CuratedLake(spark, tmp_path, MARTS))


@pytest.fixture(scope="module")
def built_once(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> CuratedLake:
    lake = three_days(CuratedLake(spark, tmp_path_factory.mktemp("built"), MARTS))
    lake.build("all")
    return lake


@pytest.fixture
def built(built_once: CuratedLake, tmp_path: Path) -> CuratedLake:
    """The three days with their marts."""
    shutil.copytree(built_once.root, tmp_path, dirs_exist_ok=True)
    return dataclasses.replace(built_once, root=tmp_path)


def three_days(lake: CuratedLake) -> CuratedLake:
    for number, day in enumerate(DAYS):
        lake.write_day(
            day, day_tables(day, {"p1": [f"t{each}" for each in range(number + 1)], "p2": ["t0", "e1"]})
        )
    return lake


def all_marts(lake: CuratedLake) -> dict[str, Any]:
    return {day: lake.marts(day) for day in DAYS}


def test_days_built_together_or_one_by_one_or_again_are_the_same(lake: CuratedLake) -> None:
    built = lake.build("all")
    together = all_marts(lake)
    assert list(built) == list(DAYS)
    assert all(len(report.changed) == len(MARTS) for report in built.values())
    again = lake.build("all", "marts-2")
    assert [report.changed for report in again.values()] == [(), (), ()]
    assert all_marts(lake) == together
    for day in DAYS:
        for mart in MARTS:
            lake.drop(mart.table, day)
    for day in DAYS:
        assert list(lake.build(day, "one-by-one")) == [day]
    assert all_marts(lake) == together


def test_a_day_that_comes_late_is_built_with_the_days_after_it_that_read_it(built: CuratedLake) -> None:
    expected = all_marts(built)
    for table in (*tables.TABLES, *(mart.table for mart in MARTS)):
        built.drop(table, SECOND)
    built.build(f"{FIRST}..{THIRD}", "without")
    assert built.marts(THIRD) != expected[THIRD]
    built.write_day(SECOND, day_tables(SECOND, {"p1": ["t0", "t1"], "p2": ["t0", "e1"]}))
    assert list(built.build(SECOND, "late")) == [SECOND, THIRD]
    assert all_marts(built) == expected


def test_a_rebuilt_day_without_other_rows_leaves_the_days_after_it(built: CuratedLake) -> None:
    assert list(built.build(FIRST, "again")) == [FIRST]


def test_a_partition_that_was_deleted_by_hand_is_built_before_the_day_that_needs_it(
    built: CuratedLake,
) -> None:
    expected = all_marts(built)
    built.drop(contract.CHART_TOTALS, SECOND)
    found = built.build(THIRD, "next")
    assert list(found) == [SECOND, THIRD]
    assert all_marts(built) == expected


def test_a_mart_that_is_new_leaves_the_history_of_the_others(
    built: CuratedLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = all_marts(built)
    monkeypatch.setattr("spotify_lake.marts.days.WINDOW_DAYS", 1)
    for day in DAYS:
        built.drop(contract.CHART_POSITIONS, day)
    assert list(built.build(THIRD, "upgraded")) == [SECOND, THIRD]
    assert built.marts(THIRD) == expected[THIRD]


def test_an_upgraded_lake_begins_with_the_last_days_and_says_how_to_build_the_others(
    lake: CuratedLake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("spotify_lake.marts.days.WINDOW_DAYS", 1)
    assert list(lake.build(THIRD)) == [SECOND, THIRD]
    assert f"the marts begin at {SECOND}" in caplog.text
    assert FIRST in caplog.text
    assert '{"rebuild": "all", "tables": ["marts"]}' in caplog.text


def test_the_reports_say_what_was_built_and_read(lake: CuratedLake) -> None:
    report = lake.build(THIRD)[THIRD]
    assert report.days_read == DAYS
    assert report.tables["chart_positions"] == 4
    assert report.quality["failed"] == []
    stored = json.loads((lake.root / "_runs" / "run_id=marts-1" / "_marts_built.json").read_text())
    assert list(stored["days"]) == list(DAYS)
    assert stored["newest"] == THIRD
    assert stored["rows"]["chart_positions"] == 2 + 3 + 4
    of_day = lake.root / "_runs" / f"snapshot_date={THIRD}" / "run_id=marts-1" / "_marts.json"
    assert json.loads(of_day.read_text())["tables"]["chart_positions"] == {"rows": 4}
    results = lake.rows(MART_QUALITY_RESULTS, THIRD)
    assert len(results) == report.quality["rules"]
    assert {row["table_name"] for row in results} == {mart.table.name for mart in MARTS}
    assert all(row["is_passed"] for row in results)


def test_an_empty_lake_has_nothing_to_build(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(NoDayForMarts, match="no published day"):
        CuratedLake(spark, tmp_path).build("all")


def test_a_day_that_was_not_published_is_refused_with_the_days_that_were(lake: CuratedLake) -> None:
    with pytest.raises(NoDayForMarts) as refused:
        lake.build("2026-11-09")
    assert refused.value.published == DAYS


def test_a_day_that_lacks_a_table_is_not_built_and_names_it(built: CuratedLake) -> None:
    before = all_marts(built)
    built.drop(tables.TRACKS, SECOND)
    with pytest.raises(TablesMissing) as refused:
        built.build(SECOND, "again")
    assert (refused.value.snapshot_date, refused.value.tables) == (SECOND, ("tracks",))
    assert all_marts(built) == before


def test_of_several_days_the_failing_one_is_named_and_those_before_it_are_built(lake: CuratedLake) -> None:
    lake.drop(tables.TRACKS, SECOND)
    with pytest.raises(MartsStopped) as stopped:
        lake.build("all")
    assert stopped.value.day == SECOND
    assert f'{{"rebuild": "{SECOND}..{THIRD}", "tables": ["marts"]}}' in str(stopped.value)
    assert lake.rows(contract.PLAYLIST_DAILY, FIRST)
    assert not lake.folder(contract.PLAYLIST_DAILY, SECOND).exists()


def test_rows_that_break_a_rule_are_not_published(lake: CuratedLake) -> None:
    lake.write_day(FIRST, day_tables(FIRST, {"p1": ["t1"]}, tracks=[{"track_id": "t1"}, {"track_id": "t1"}]))
    with pytest.raises(MartRulesBroken) as broken:
        lake.build(FIRST)
    assert [problem.split(":")[:2] for problem in broken.value.problems] == [
        ["chart_positions.playlist_id+track_id", "unique"]
    ]
    assert not lake.folder(contract.CHART_POSITIONS, FIRST).exists()
    assert not any((lake.root / "_staging").iterdir())


def test_a_column_of_another_type_is_refused_before_anything_is_written(lake: CuratedLake) -> None:
    lake.build(FIRST)
    noted = lake.root / "_runs" / "_columns.json"
    columns = json.loads(noted.read_text())
    columns["chart_totals"][2] = ["first_day", "date"]
    noted.write_text(json.dumps(columns))
    with pytest.raises(SchemaChangeRefused) as refused:
        lake.build(SECOND)
    assert refused.value.table == "chart_totals"
    assert not lake.folder(contract.PLAYLIST_DAILY, SECOND).exists()


def test_a_column_that_a_release_adds_is_null_in_earlier_marts_until_a_rebuild(lake: CuratedLake) -> None:
    lake.build(f"{FIRST}..{SECOND}")
    expected = {day: lake.marts(day) for day in (FIRST, SECOND)}
    (path,) = lake.folder(contract.PLAYLIST_DAILY, FIRST).glob("*.parquet")
    rows = pq.read_table(path, partitioning=None).cast(arrow_schema(contract.PLAYLIST_DAILY))
    pq.write_table(rows.drop_columns(["is_listed"]), path)
    assert lake.build(THIRD, "next")[THIRD].quality["failed"] == []
    assert lake.build(SECOND, "again")[SECOND].changed == ()
    assert lake.build(FIRST, "filled")[FIRST].changed == ("playlist_daily",)
    assert {day: lake.marts(day) for day in (FIRST, SECOND)} == expected


def test_a_run_that_was_killed_after_its_commit_is_completed_by_the_next(
    lake: CuratedLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    lake.build(FIRST)
    expected = lake.marts(FIRST)
    for mart in MARTS:
        lake.drop(mart.table, FIRST)
    monkeypatch.setattr("spotify_lake.publishing.publish._finish", killed)
    with pytest.raises(Killed):
        lake.build(FIRST, "killed")
    monkeypatch.undo()
    assert recover(HadoopFiles(lake.spark), f"{lake.root.as_uri()}/") == ["killed"]
    assert lake.marts(FIRST) == expected
    reports = lake.root / "_runs" / f"snapshot_date={FIRST}" / "run_id=killed"
    assert [path.name for path in reports.iterdir() if not path.name.startswith(".")] == ["_marts.json"]
