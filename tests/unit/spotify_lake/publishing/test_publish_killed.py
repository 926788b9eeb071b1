"""Publishing in a process of its own, on this machine's disk, killed at random moments."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spotify_lake.contract import tables
from spotify_lake.publishing.publish import CuratedPaths, publish, recover
from spotify_lake.publishing.run_report import RunReport

DAY = "2026-11-22"
SIZE = 200_000


class DiskFiles:
    """What publishing asks of a file system, on a POSIX disk; URIs are paths."""

    def exists(self, uri: str) -> bool:
        return Path(uri).exists()

    def names(self, uri: str) -> list[str]:
        return sorted(path.name for path in Path(uri).iterdir()) if Path(uri).is_dir() else []

    def read_text(self, uri: str) -> str:
        return Path(uri).read_text("utf-8")

    def write_text(self, uri: str, text: str) -> None:
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        Path(uri).write_text(text, "utf-8")

    def replace(self, source: str, target: str) -> None:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(source).replace(target)

    def delete(self, uri: str) -> None:
        path = Path(uri)
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def publish_once(root: str) -> None:
    """Stage new files and publish them; what the process to be killed does."""
    places = CuratedPaths(root, "r2", DAY)
    for table in tables.TABLES:
        path = Path(places.staged(table.name)) / f"{table.name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"2" * SIZE)
    sys.stdout.write("staged\n")
    sys.stdout.flush()
    report = RunReport("r2", DAY, published_at="", tables={table.name: 1 for table in tables.TABLES})
    publish(DiskFiles(), places, report)


def states(root: Path) -> set[bytes]:
    """The states that a reader of the tables finds; each has to be a whole one."""
    places = CuratedPaths(f"{root}/", "r2", DAY)
    found = {table.name: Path(places.target(table.name)) for table in tables.TABLES}
    contents = set()
    for name, folder in found.items():
        (file,) = folder.iterdir()
        assert file.name == f"{name}.parquet"
        contents.add(file.read_bytes())
    return contents


@pytest.mark.parametrize("seed", range(32))
def test_a_process_killed_while_it_publishes_leaves_whole_tables_and_a_way_on(
    tmp_path: Path, seed: int
) -> None:
    places = CuratedPaths(f"{tmp_path}/", "r2", DAY)
    old, new = b"1" * SIZE, b"2" * SIZE
    for table in tables.TABLES:
        path = Path(places.file(table.name))
        path.parent.mkdir(parents=True)
        path.write_bytes(old)
    code = f"from {__name__} import publish_once; publish_once({str(tmp_path) + '/'!r})"
    path_ = os.pathsep.join(each for each in sys.path if each)
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path_}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"staged\n"
        time.sleep(random.Random(seed).uniform(0, 0.02))  # a moment, no secret
        process.send_signal(signal.SIGKILL)
    assert states(tmp_path) <= {old, new}
    committed = Path(places.commit).exists() or Path(places.published).exists()
    recover(DiskFiles(), f"{tmp_path}/")
    assert states(tmp_path) == {new if committed else old}
    assert Path(places.published).exists() is committed
    assert not Path(places.staging).exists()
    if committed:
        assert json.loads(Path(places.published).read_text("utf-8"))["run_id"] == "r2"
