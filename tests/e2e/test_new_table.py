"""The example of a new table in docs/develop.md, applied to a copy of the job."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import normalize_spotify
from tests import develop
from tests.spark.raw_rows import DAY, episode, item, playlist, track, write_run

pytestmark = [pytest.mark.e2e, pytest.mark.spark]
SECTION = develop.section("Add a table")
SHOW = {"id": "sh1", "name": "Room Tone", "publisher": "Field Audio"}
LINES = [
    playlist("p1", item_count=4),
    item(track(id="t1"), position=0),
    item(episode(id="e1", show=SHOW), position=1),
    item(episode(id="e2", show=SHOW | {"id": "sh2", "name": "Night Shift"}), position=2),
    item(episode(id="e3", show={**SHOW, "name": "Room Tones"}), position=3, fetched_at=f"{DAY}T06:00:00Z"),
]


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The code of the job with the document's table added."""
    code = tmp_path / "glue_jobs"
    shutil.copytree(Path(normalize_spotify.__file__).parent, code)
    table, module = SECTION.blocks("python")
    in_tables, *in_registry = SECTION.blocks("diff")
    contract = code / "spotify_lake/contract/tables.py"
    text = contract.read_text("utf-8")
    assert text.count("\nTABLES: Final") == 1
    text = text.replace("\nTABLES: Final", f"\n{table}\n\nTABLES: Final")
    contract.write_text(develop.apply(in_tables, text), "utf-8")
    (code / "spotify_lake/transforms/shows.py").write_text(module, "utf-8")
    registry = code / "spotify_lake/transforms/registry.py"
    for diff in in_registry:
        registry.write_text(develop.apply(diff, registry.read_text("utf-8")), "utf-8")
    return code


def test_the_documented_table_is_published(job: Path, tmp_path: Path) -> None:
    write_run(tmp_path / "raw", LINES)
    curated = tmp_path / "curated"
    curated.mkdir()
    develop.run_job(job / "normalize_spotify.py", tmp_path / "raw", curated, DAY)
    shows = pq.read_table(curated / "shows" / f"snapshot_date={DAY}").drop_columns("fetched_at").to_pylist()
    assert sorted(shows, key=lambda row: str(row["show_id"])) == [
        {"show_id": "sh1", "name": "Room Tones", "publisher": "Field Audio"},
        {"show_id": "sh2", "name": "Night Shift", "publisher": "Field Audio"},
    ]
    results = pq.read_table(curated / "quality_results" / f"snapshot_date={DAY}").to_pylist()
    of_shows = {row["rule"] for row in results if row["table_name"] == "shows"}
    assert {"shows.show_id:not_null", "shows.show_id:unique"} <= of_shows
    assert [row["rule"] for row in results if not row["is_passed"]] == []


def test_the_documented_table_has_a_latest_view_and_a_crawler_target(job: Path) -> None:
    code = (
        "from infra.crawler_targets import ALL_TABLES, TEMPLATE, with_targets\n"
        "from publish_catalog.view_sql import all_views\n"
        "text = with_targets(TEMPLATE.read_text(), [table.name for table in ALL_TABLES])\n"
        "assert '/shows/' in text and text != TEMPLATE.read_text()\n"
        "assert 'latest_shows' in [view.name for view in all_views()]\n"
    )
    root = Path(__file__).parents[2]
    path = os.pathsep.join(map(str, (job, root / "lambdas", root)))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
