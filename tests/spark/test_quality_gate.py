"""The quality gate on staged rows and in the whole job."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from spotify_lake.config import JobConfig
from spotify_lake.errors import QualityGateError
from spotify_lake.job import run
from spotify_lake.publishing.run_report import RunReport
from tests.spark.lake import NOW, Row, rows_as_dicts
from tests.spark.raw_rows import DAY, Json, album, artist, full_album, item, playlist, track, write_run

pytestmark = pytest.mark.spark


@dataclasses.dataclass
class Days:
    """A lake with days that a test writes."""

    spark: SparkSession
    root: Path

    def run(self, run_id: str, day: str, *, accept_shrink: bool = False) -> dict[str, Any]:
        config = JobConfig(
            f"{(self.root / 'raw').as_uri()}/",
            f"{self.curated.as_uri()}/",
            run_id,
            day,
            accept_shrink=accept_shrink,
        )
        return run(self.spark, config, lambda: NOW).as_dict()

    @property
    def curated(self) -> Path:
        return self.root / "curated"

    def rows(self, table: str, day: str = DAY) -> list[Row]:
        return rows_as_dicts(self.spark.read.parquet(str(self.curated / table / f"snapshot_date={day}")))

    def publish_previous(self, **items: int) -> None:
        """Publish a previous day with these items."""
        folder = self.curated / "_runs" / "snapshot_date=2026-11-21" / "run_id=before"
        folder.mkdir(parents=True)
        report = RunReport("before", "2026-11-21", published_at="", tables={}, items=items)
        (folder / "_published.json").write_text(report.to_json())


@pytest.fixture
def days(spark: SparkSession, tmp_path: Path) -> Days:
    return Days(spark, tmp_path)


def a_playlist(items: int) -> list[Json]:
    return [playlist("p1", item_count=items), *(item(track(id=f"t{n}"), position=n) for n in range(items))]


def test_a_row_that_breaks_a_rule_goes_to_the_rejected_records(days: Days) -> None:
    other_album = {"album": album(id="al2"), "id": "t2"}
    lines = [
        *a_playlist(2),
        item(track(id="bad", popularity=250), position=2),
        item(track(**other_album), position=3),
        artist("ar1", popularity=-3),
        full_album("al1"),
        full_album("al2", popularity=101),
    ]
    write_run(days.root / "raw", lines)
    report = days.run("r1", DAY)
    assert report["rejected"] == {"quality_rule": 3}
    assert {row["track_id"] for row in days.rows("tracks")} == {"t0", "t1", "t2"}
    rejects = {row["object_uri"].split("/")[-2]: row for row in days.rows("rejected_records")}
    assert json.loads(rejects["tracks"]["raw_text"])["popularity"] == 250
    assert rejects["tracks"]["detail"] == "tracks.popularity:range requires 0 to 100"
    sources = {table: reject["source"] for table, reject in rejects.items()}
    assert sources == {"tracks": None, "artists": "artists", "albums": "albums"}
    account = report["reconciliation"]
    assert account["artists"] == {"read": 1, "written": 0, "duplicates": 0, "rejected": 1, "unused": 0}
    assert account["albums"] == {"read": 2, "written": 1, "duplicates": 0, "rejected": 1, "unused": 0}
    assert report["tables"]["tracks"]["rows"] == 3
    failed = {each["rule"]: each for each in report["quality"]["failed"]}
    assert failed["tracks.popularity:range"]["detail"] == "1 of 4 rows"
    results = {row["rule"]: row for row in days.rows("quality_results")}
    assert not results["tracks.popularity:range"]["is_passed"]
    assert results["tracks.track_id:unique"]["is_passed"]
    assert len(results) == report["quality"]["rules"]


def test_a_reference_to_a_row_in_quarantine_causes_a_warning(days: Days) -> None:
    bad = item(track(id="bad", popularity=250), position=2)
    write_run(days.root / "raw", [playlist("p1", item_count=3), *a_playlist(2)[1:], bad])
    failed = {each["rule"]: each for each in days.run("r1", DAY)["quality"]["failed"]}
    assert set(failed) == {
        "tracks.popularity:range",
        "playlist_items.track_id:foreign_key",
        "track_artists.track_id:foreign_key",
    }
    result = failed["playlist_items.track_id:foreign_key"]
    assert (result["severity"], result["failing"]) == ("warn", 1)
    assert result["detail"] == "1 of 3 rows refer to a row in quarantine"


def test_a_field_that_changed_its_type_everywhere_stops_the_run_before_anything_is_published(
    days: Days,
) -> None:
    tracks = [item(track(id=f"t{n}", popularity={"score": 1}), position=n) for n in range(20)]
    write_run(days.root / "raw", [playlist("p1"), *tracks])
    with pytest.raises(QualityGateError, match=r"20 of 20 records of playlist_items.* update spotify-lake"):
        days.run("r1", DAY)
    assert list(days.curated.rglob("*.parquet")) == []


def test_a_playlist_that_was_missing_for_a_day_is_compared_with_its_last_snapshot(days: Days) -> None:
    first, second, third = "2026-11-20", "2026-11-21", "2026-11-22"
    write_run(days.root / "raw", a_playlist(30), day=first)
    days.run("r1", first)
    write_run(days.root / "raw", [playlist("p2"), item(track(), playlist_id="p2")], day=second)
    assert days.run("r2", second)["absent"] == {"p1": {"snapshot_date": first, "items": 30}}
    write_run(days.root / "raw", a_playlist(1), day=third)
    with pytest.raises(QualityGateError, match=f"p1 30 -> 1 since {first}"):
        days.run("r3", third)


def test_a_loss_that_was_accepted_once_is_accepted_when_the_day_is_rebuilt(days: Days) -> None:
    days.publish_previous(p1=30)
    write_run(days.root / "raw", a_playlist(14))
    assert days.run("r1", DAY, accept_shrink=True)["accepted_shrink"] == {"p1": 14}
    assert days.run("r2", DAY)["accepted_shrink"] == {"p1": 14}
    write_run(days.root / "raw", a_playlist(3), run_id="later", completed_at="2026-11-22T09:00:00.000Z")
    with pytest.raises(QualityGateError, match="p1 30 -> 3"):
        days.run("r3", DAY)


def test_a_playlist_that_lost_most_of_its_items_stops_the_run_with_the_numbers(days: Days) -> None:
    days.publish_previous(p1=30)
    write_run(days.root / "raw", a_playlist(14))
    with pytest.raises(QualityGateError, match="p1 30 -> 14 since 2026-11-21"):
        days.run("r1", DAY)
    assert list(days.curated.rglob("*.parquet")) == []


def test_a_loss_that_is_accepted_is_published_with_a_warning(days: Days) -> None:
    days.publish_previous(p1=30)
    write_run(days.root / "raw", a_playlist(14))
    report = days.run("r1", DAY, accept_shrink=True)
    assert report["items"] == {"p1": 14}
    (failed,) = report["quality"]["failed"]
    assert (failed["severity"], failed["detail"]) == ("warn", "p1 30 -> 14 since 2026-11-21")


def with_popularity(popularity: int | None, *, items: int = 30, run_id: str = "run-1") -> list[Json]:
    """A playlist as an app with extended quota sees it, or without popularity as in development mode."""
    tracks = [track(id=f"t{n}", popularity=popularity) for n in range(items)]
    fetched_at = f"2026-11-22T0{run_id[-1]}:00:00.000Z"
    return [
        playlist("p1", item_count=items, run_id=run_id, fetched_at=fetched_at),
        *(item(each, position=n, run_id=run_id, fetched_at=fetched_at) for n, each in enumerate(tracks)),
    ]


def fetch(days: Days, run_id: str, lines: list[Json]) -> None:
    write_run(days.root / "raw", lines, run_id=run_id, completed_at=f"2026-11-22T0{run_id[-1]}:30:00.000Z")


def test_a_day_is_not_replaced_by_a_version_with_far_fewer_values(days: Days) -> None:
    fetch(days, "run-1", with_popularity(40))
    assert days.run("r1", DAY)["values"]["tracks"]["popularity"] == 30
    fetch(days, "run-2", with_popularity(None, run_id="run-2"))
    with pytest.raises(QualityGateError, match=r"tracks:same_day: popularity 30 -> 0\..*accept_shrink: true"):
        days.run("r2", DAY)
    assert {row["popularity"] for row in days.rows("tracks")} == {40}
    report = days.run("r3", DAY, accept_shrink=True)
    (failed,) = report["quality"]["failed"]
    assert (failed["rule"], failed["severity"], failed["failing"]) == ("tracks:same_day", "warn", 30)
    assert {row["popularity"] for row in days.rows("tracks")} == {None}
    assert days.run("r4", DAY)["quality"]["failed"] == []  # the same records again


def test_a_playlist_that_changed_a_little_replaces_the_day_without_a_warning(days: Days) -> None:
    fetch(days, "run-1", with_popularity(40))
    days.run("r1", DAY)
    fetch(days, "run-2", with_popularity(40, items=28, run_id="run-2"))
    assert days.run("r2", DAY)["quality"]["failed"] == []
    assert len(days.rows("tracks")) == 28


def test_a_rebuild_from_the_same_records_is_not_compared_with_the_published_day(days: Days) -> None:
    fetch(days, "run-1", with_popularity(None))
    days.run("r1", DAY)
    published = days.curated / "_runs" / f"snapshot_date={DAY}" / "run_id=r1" / "_published.json"
    report = json.loads(published.read_text())
    report["values"]["tracks"]["popularity"] = 30  # as an earlier release may have read it
    published.write_text(json.dumps(report))
    assert days.run("r2", DAY)["quality"]["failed"] == []


def test_a_playlist_that_is_shorter_than_it_states_is_published_with_a_warning(days: Days) -> None:
    write_run(
        days.root / "raw", [playlist("p1", item_count=30), *a_playlist(14)[1:], playlist("p2", item_count=9)]
    )
    (failed,) = days.run("r1", DAY)["quality"]["failed"]
    assert (failed["rule"], failed["severity"]) == ("playlists.item_count:stored_items", "warn")
    assert (failed["failing"], failed["detail"]) == (1, "p1 states 30, 14 are stored")
    assert len(days.rows("playlist_items")) == 14
    (row,) = (each for each in days.rows("quality_results") if each["check_name"] == "stored_items")
    assert (row["is_passed"], row["failing"]) == (False, 1)
