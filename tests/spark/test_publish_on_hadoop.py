"""Publishing through Hadoop's file system, stopped before and after each change of a file."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from spotify_lake.contract import tables
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.publishing.publish import CuratedPaths, publish, recover
from spotify_lake.publishing.run_report import RunReport

pytestmark = pytest.mark.spark
DAY = "2026-11-22"
SIZE = 50_000
CHANGES = ("write_text", "replace", "delete")
# One replacement per table, a write and a replacement for the commit and for the report, and the deletion of
# the staging folder.
STEPS = range(len(tables.TABLES) + 5)


class Ended(BaseException):
    """The process was killed."""


class EndingFiles(HadoopFiles):
    """Stops before or after the n-th change of a file."""

    def __init__(self, spark: SparkSession, step: int, *, after: bool) -> None:
        super().__init__(spark)
        self._left, self._after = step, after
        for name in CHANGES:
            setattr(self, name, self._ending(getattr(self, name)))

    def _ending(self, change: Any) -> Any:
        def ending(*arguments: Any) -> None:
            is_last, self._left = self._left == 0, self._left - 1
            if is_last and not self._after:
                raise Ended
            change(*arguments)
            if is_last:
                raise Ended

        return ending


class Reader(threading.Thread):
    """Reads every table again and again, as a query would, and records inconsistent reads."""

    def __init__(self, places: CuratedPaths) -> None:
        super().__init__(daemon=True)
        self._files = [path_of(places.file(table.name)) for table in tables.TABLES]
        self._is_over = threading.Event()
        self.broken: list[str] = []

    def run(self) -> None:
        while not self._is_over.wait(0.001):
            self.broken += [problem for file in self._files for problem in problems(file)]

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self.join()


def problems(file: Path) -> Iterator[str]:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        yield f"{file} is gone"
        return
    if content not in (b"1" * SIZE, b"2" * SIZE):
        yield f"{file} has {len(content)} bytes"


def path_of(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))


def write(uri: str, content: bytes) -> None:
    path_of(uri).parent.mkdir(parents=True, exist_ok=True)
    path_of(uri).write_bytes(content)


def states(places: CuratedPaths) -> set[bytes]:
    return {path_of(places.file(table.name)).read_bytes() for table in tables.TABLES}


@pytest.mark.parametrize(("step", "after"), list(itertools.product(STEPS, (False, True))))
def test_wherever_publishing_stops_tables_are_consistent_and_the_next_run_completes_it(
    spark: SparkSession, tmp_path: Path, step: int, after: bool
) -> None:
    root = f"{tmp_path.as_uri()}/"
    places = CuratedPaths(root, "r2", DAY)
    for table in tables.TABLES:
        write(places.file(table.name), b"1" * SIZE)
        write(f"{places.staged(table.name)}/{table.name}.parquet", b"2" * SIZE)
    report = RunReport("r2", DAY, published_at="", tables={table.name: 1 for table in tables.TABLES})
    with Reader(places) as reader:
        with pytest.raises(Ended):
            publish(EndingFiles(spark, step, after=after), places, report)
        if path_of(places.published).exists():
            assert states(places) == {b"2" * SIZE}, "the report is written last"
        committed = path_of(places.commit).exists() or path_of(places.published).exists()
        recover(HadoopFiles(spark), root)
    assert reader.broken == []
    assert states(places) == {b"2" * SIZE if committed else b"1" * SIZE}
    assert path_of(places.published).exists() is committed
    assert not path_of(places.staging).exists()
    if committed:
        assert json.loads(path_of(places.published).read_text("utf-8"))["run_id"] == "r2"
