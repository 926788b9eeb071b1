"""Publishing in its own process, on this machine's disk, killed at several moments."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spotify_lake.contract import tables
from spotify_lake.publishing.publish import CuratedPaths, recover
from tests.soak import SOAK_FACTOR
from tests.unit.spotify_lake.publishing import disk_files
from tests.unit.spotify_lake.publishing.disk_files import DAY, SIZE, DiskFiles

OLD, NEW = b"1" * SIZE, b"2" * SIZE
KILLS = 8 * SOAK_FACTOR
SECONDS_TO_PUBLISH = 0.02


def contents_of_tables(places: CuratedPaths) -> set[bytes]:
    """The contents that a reader finds in the one file of each table."""
    contents = set()
    for table in tables.TABLES:
        (file,) = Path(places.target(table.name)).iterdir()
        assert file.name == f"{table.name}.parquet"
        contents.add(file.read_bytes())
    return contents


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_process_killed_while_publishing_leaves_consistent_tables_that_can_be_recovered(
    tmp_path: Path, kill: int
) -> None:
    places = CuratedPaths(f"{tmp_path}/", "r2", DAY)
    for table in tables.TABLES:
        path = Path(places.file(table.name))
        path.parent.mkdir(parents=True)
        path.write_bytes(OLD)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", disk_files.__name__, places.curated_uri]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"staged\n"
        time.sleep(SECONDS_TO_PUBLISH * kill / KILLS)
        process.send_signal(signal.SIGKILL)
    assert contents_of_tables(places) <= {OLD, NEW}
    is_committed = Path(places.commit).exists() or Path(places.published).exists()
    recover(DiskFiles(), places.curated_uri)
    assert contents_of_tables(places) == {NEW if is_committed else OLD}
    assert Path(places.published).exists() is is_committed
    assert not Path(places.staging).exists()
    if is_committed:
        assert json.loads(Path(places.published).read_text("utf-8"))["run_id"] == "r2"
