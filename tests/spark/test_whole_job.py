"""The job from its arguments to its report, on folders."""

from __future__ import annotations

import dataclasses
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

import normalize_spotify
from spotify_lake.contract import raw_zone, tables
from spotify_lake.contract.spark_schema import spark_schema
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.errors import (
    ManifestUnreadable,
    NoCompleteRun,
    PublishFailed,
    RawObjectMissing,
    ReconciliationError,
)
from spotify_lake.publishing.publish import recover
from tests.spark.lake import LINES, Lake
from tests.spark.raw_rows import (
    DAY,
    Json,
    artist,
    item,
    playlist,
    track,
    write_manifest,
    write_object,
    write_run,
)

pytestmark = pytest.mark.spark


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    return Lake(spark, tmp_path)


def test_a_day_is_published_completely_and_the_report_has_the_figures(lake: Lake) -> None:
    write_run(lake.raw, LINES)
    report = lake.run()
    assert report == {
        "run_id": "job-1",
        "snapshot_date": DAY,
        "published_at": "2026-11-22T06:30:00.000Z",
        "runs_read": ["run-1"],
        "tables": {
            "playlists": {"rows": 3},
            "playlist_items": {"rows": 7},
            "tracks": {"rows": 2},
            "albums": {"rows": 1},
            "artists": {"rows": 2},
            "track_artists": {"rows": 2},
            "album_artists": {"rows": 1},
            "episodes": {"rows": 1},
            "rejected_records": {"rows": 0},
            "quality_results": {"rows": report["quality"]["rules"]},
        },
        "kept": {},
        "columns": {table.name: [list(column) for column in table.types] for table in tables.TABLES},
        "values": report["values"],
        "reconciliation": {
            "playlists": {"read": 3, "written": 3, "duplicates": 0, "rejected": 0, "unused": 0},
            "playlist_items": {"read": 6, "written": 6, "duplicates": 0, "rejected": 0, "unused": 0},
            "saved_tracks": {"read": 1, "written": 1, "duplicates": 0, "rejected": 0, "unused": 0},
            "artists": {"read": 2, "written": 1, "duplicates": 0, "rejected": 0, "unused": 1},
            "albums": {"read": 3, "written": 1, "duplicates": 1, "rejected": 0, "unused": 1},
        },
        "rejected": {},
        "rejected_before": {},
        "quality": {"rules": report["quality"]["rules"], "failed": []},
        "drift": {},
        "items": {"p1": 5, "p2": 1, "saved_tracks": 1},
        "absent": {},
        "accepted_shrink": {},
    }
    assert report["quality"]["rules"] > 50
    assert report["values"]["playlist_items"]["track_id"] == 4
    assert report["values"]["playlist_items"]["episode_id"] == 1
    stored = lake.curated / "_runs" / f"snapshot_date={DAY}" / "run_id=job-1" / "_published.json"
    assert json.loads(stored.read_text("utf-8")) == report
    assert not (lake.curated / "_staging" / "run_id=job-1").exists()
    for table in tables.TABLES:
        folder = lake.curated / table.name / f"snapshot_date={DAY}"
        assert lake.spark.read.parquet(str(folder)).schema == spark_schema(table)
        assert len(lake.rows(table.name)) == report["tables"][table.name]["rows"]


def test_running_a_day_again_replaces_it_with_the_same_rows(lake: Lake) -> None:
    write_run(lake.raw, LINES)
    lake.run()
    first = {table.name: lake.rows(table.name) for table in tables.TABLES}
    names = set(lake.files())
    assert names == {f"{table.name}/snapshot_date={DAY}/{table.name}.parquet" for table in tables.TABLES}
    lake.run("job-2")
    assert {table.name: lake.rows(table.name) for table in tables.TABLES} == first
    assert set(lake.files()) == names


def test_a_later_run_of_the_day_replaces_the_playlists_it_read(lake: Lake) -> None:
    write_run(lake.raw, LINES)
    write_run(
        lake.raw,
        [
            playlist("p1", run_id="run-2", name="Renamed", fetched_at="2026-11-22T08:00:00.000Z"),
            item(track(id="t3"), run_id="run-2"),
        ],
        run_id="run-2",
        completed_at="2026-11-22T08:00:01.000Z",
    )
    report = lake.run()
    assert report["runs_read"] == ["run-1", "run-2"]
    assert report["reconciliation"]["playlists"]["duplicates"] == 1
    places = {(row["playlist_id"], row["position"]): row["track_id"] for row in lake.rows("playlist_items")}
    assert places == {("p1", 0): "t3", ("p2", 0): "t1", ("saved_tracks", 0): "t1"}
    names = sorted(row["name"] for row in lake.rows("playlists"))
    assert names == ["Liked Songs", "Renamed", "Slow Mornings"]


def test_an_empty_day_has_every_table(lake: Lake) -> None:
    write_run(lake.raw, [])
    report = lake.run()
    of_content = [table.name for table in tables.TABLES if table is not tables.QUALITY_RESULTS]
    assert [report["tables"][name]["rows"] for name in of_content] == [0] * len(of_content)
    for table in tables.TABLES:
        folder = lake.curated / table.name / f"snapshot_date={DAY}"
        assert lake.spark.read.parquet(str(folder)).schema == spark_schema(table)


def test_lines_that_cannot_be_normalised_are_kept_with_their_reason_and_place(lake: Lake) -> None:
    good = item(track())
    no_json = '{"source": "playlist_items", "playlist_id": "p1"'
    wrong_type = item(track(id="t2", duration_ms="long"), position=2)
    no_place = {**item(track(id="t3")), "position": None}
    write_broken_run(lake, [good, no_json, "[1, 2]", wrong_type, no_place, item(track(id="t4"), position=5)])
    report = lake.run()
    assert report["reconciliation"]["playlist_items"] == {
        "read": 6,
        "written": 2,
        "duplicates": 0,
        "rejected": 4,
        "unused": 0,
    }
    assert report["rejected"] == {"envelope_incomplete": 1, "not_json": 2, "wrong_type": 1}
    rejects = sorted(lake.rows("rejected_records"), key=lambda row: row["line_number"])
    uri = f"{lake.raw.as_uri()}/spotify/playlist_items/snapshot_date={DAY}/run_id=run-1/broken.ndjson.gz"
    assert {row["object_uri"] for row in rejects} == {uri}
    assert [(row["line_number"], row["reason"], row["detail"], row["position"]) for row in rejects] == [
        (2, "not_json", None, None),
        (3, "not_json", None, None),
        (4, "wrong_type", "not as the API documents it: record.track.duration_ms", 2),
        (5, "envelope_incomplete", "missing or wrong: position", None),
    ]
    assert [row["raw_text"] for row in rejects] == [
        no_json,
        "[1, 2]",
        json.dumps(wrong_type),
        json.dumps(no_place),
    ]
    assert {row["source"] for row in rejects} == {"playlist_items"}
    assert {row["track_id"] for row in lake.rows("tracks")} == {"t1", "t4"}


def test_a_line_in_another_sources_folder_is_rejected(lake: Lake) -> None:
    write_broken_run(lake, [item(track()), artist("ar1")])
    report = lake.run()
    assert report["rejected"] == {"envelope_incomplete": 1}
    (reject,) = lake.rows("rejected_records")
    assert (reject["detail"], reject["line_number"]) == ("missing or wrong: source", 2)


def write_broken_run(lake: Lake, lines: list[Json | str], rows: int | None = None) -> raw_zone.RunManifest:
    """Write lines unchanged into one object of p1's items."""
    broken = write_object(lake.raw, "playlist_items", lines, name="broken")
    broken = dataclasses.replace(broken, rows=rows or broken.rows)
    manifest = write_run(lake.raw, [])
    entry = raw_zone.PlaylistEntry("playlist_items", "p1", "s1", "fetched", "", broken.rows, (broken,))
    manifest = dataclasses.replace(manifest, playlists=(entry,))
    write_manifest(lake.raw, manifest)
    return manifest


def test_if_rows_are_missing_the_job_fails_with_the_figures_and_publishes_nothing(lake: Lake) -> None:
    write_run(lake.raw, LINES)
    lake.run()
    before = lake.files()
    write_broken_run(lake, [item(track())], rows=3)
    with pytest.raises(ReconciliationError) as failure:
        lake.run("job-2")
    assert "broken.ndjson.gz holds 1 records, its manifest says 3" in str(failure.value)
    assert failure.value.figures["playlist_items"]["read"] == 1
    assert lake.files() == before
    assert not (lake.curated / "_staging" / "run_id=job-2").exists()
    assert not (lake.curated / "_runs" / f"snapshot_date={DAY}" / "run_id=job-2").exists()


def test_an_object_that_is_not_the_one_that_was_fetched_fails_the_job(lake: Lake) -> None:
    write_run(lake.raw, LINES)
    (stored,) = lake.raw.glob(f"spotify/playlist_items/snapshot_date={DAY}/run_id=run-1/p2*")
    stored.write_bytes(gzip.compress(json.dumps(item(track(id="t9"), playlist_id="p2")).encode() + b"\n"))
    with pytest.raises(ReconciliationError, match=r"run_id=run-1/p2\S* is not what was fetched"):
        lake.run()
    assert lake.files() == {}


def test_a_table_that_cannot_be_replaced_is_replaced_by_the_next_run(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(lake.raw, LINES)
    lake.run()
    before = {table.name: lake.rows(table.name) for table in tables.TABLES}
    replace = HadoopFiles.replace

    def refusing(self: HadoopFiles, source: str, target: str) -> None:
        if "/run_id=job-2/albums" in source:
            message = "no rename today"
            raise OSError(message)
        replace(self, source, target)

    monkeypatch.setattr(HadoopFiles, "replace", refusing)
    with pytest.raises(PublishFailed, match=r"albums.*no rename today"):
        lake.run("job-2")
    assert {table.name: lake.rows(table.name) for table in tables.TABLES} == before
    monkeypatch.undo()
    assert recover(HadoopFiles(lake.spark), f"{lake.curated.as_uri()}/") == ["job-2"]
    assert {table.name: lake.rows(table.name) for table in tables.TABLES} == before
    assert (lake.curated / "_runs" / f"snapshot_date={DAY}" / "run_id=job-2" / "_published.json").exists()


def test_a_day_without_a_manifest_is_refused(lake: Lake) -> None:
    write_object(lake.raw, "playlist_items", [item(track())])
    with pytest.raises(NoCompleteRun, match=f"{DAY}.*/spotify/manifests/snapshot_date="):
        lake.run()


def test_a_manifest_that_is_not_json_is_named(lake: Lake) -> None:
    path = lake.raw / raw_zone.manifest_key(DAY, "run-1")
    path.parent.mkdir(parents=True)
    path.write_text("{", "utf-8")
    with pytest.raises(ManifestUnreadable, match=r"run_id=run-1/manifest\.json"):
        lake.run()


def test_a_missing_object_of_a_manifest_is_named(lake: Lake) -> None:
    manifest = write_run(lake.raw, LINES)
    gone = manifest.playlists[0].objects[0].key
    (lake.raw / gone).unlink()
    with pytest.raises(RawObjectMissing, match=f"{gone}"):
        lake.run()


def test_a_truncated_object_fails_the_job_and_is_named(lake: Lake) -> None:
    manifest = write_run(lake.raw, [item(track(id=f"t{n}"), position=n) for n in range(300)])
    path = lake.raw / manifest.playlists[0].objects[0].key
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ReconciliationError, match=r"p1\.ndjson\.gz is cut off or damaged after 28\d records"):
        lake.run()
    assert lake.files() == {}


def test_the_chosen_rows_depend_neither_on_files_nor_on_partitions(
    lake: Lake, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        item(track(id="t1", name=f"{'ABC'[n % 3]}{n}", popularity=n), playlist_id=f"p{n % 4}", position=n)
        for n in range(12)
    ] + [item(track(id="t1", name=name), playlist_id="p0", position=0) for name in ("Z", "A")]
    seen: list[Any] = []
    for number, (order, small) in enumerate([(lines, 0), (lines[::-1], 0), (lines[::-1], 100)]):
        monkeypatch.setattr("spotify_lake.engine.session.SMALL_ROWS", small)
        each = Lake(spark, tmp_path / str(number))
        write_run(each.raw, order)
        each.run()
        seen.append({name: each.rows(name) for name in ("tracks", "albums", "artists", "playlist_items")})
        assert len(each.files()) == len(tables.TABLES), "a table has one file, however many tasks wrote it"
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]["tracks"][0]["name"] == "A"


def test_the_entry_point_takes_glue_s_arguments(lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    write_run(lake.raw, LINES)
    argv = ["--JOB_NAME", "normalize", "--JOB_ID", "j_1", "--raw_uri", lake.raw.as_uri(), "--run_id", "job-1"]
    argv += ["--curated_uri", lake.curated.as_uri(), "--snapshot_date", DAY]
    with caplog.at_level("INFO"):
        (report,) = normalize_spotify.main(argv)
    assert report.tables["playlist_items"] == 7
    assert caplog.messages[-1].startswith(f"published 10 tables of {DAY} under file://")
