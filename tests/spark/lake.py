"""A lake on this machine's disk, and the rows of its tables."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from spotify_lake.config import JobConfig
from spotify_lake.job import run
from tests.spark.raw_rows import DAY, Json, artist, credit, episode, full_album, item, playlist, track

Row = dict[str, Any]

NOW = dt.datetime(2026, 11, 22, 6, 30, tzinfo=dt.UTC)
LINES = [
    playlist("p1", item_count=5),
    playlist("p2", item_count=1),
    playlist("saved_tracks", item_count=1, name="Liked Songs"),
    item(track(id="t1"), position=0),
    item(track(id="t2", artists=[credit("ar2")]), position=1),
    item(episode(), position=2),
    item(None, position=3),
    item({"uri": "spotify:local:A:B:C:1"}, is_local=True, position=4),
    item(track(id="t1", name="Northern Line (Live)"), playlist_id="p2", position=0),
    item(track(id="t1"), source="saved_tracks", playlist_id="saved_tracks"),
    artist("ar1"),
    artist("ar9"),
    full_album("al1"),
    full_album("al1", fetched_at="2026-11-21T05:00:00.000Z"),
    full_album("al9"),
]


@dataclasses.dataclass
class Lake:
    """A raw and a curated folder, and the job."""

    spark: SparkSession
    root: Path

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def curated(self) -> Path:
        return self.root / "curated"

    def run(self, run_id: str = "job-1") -> Json:
        config = JobConfig(f"{self.raw.as_uri()}/", f"{self.curated.as_uri()}/", run_id, DAY)
        return run(self.spark, config, lambda: NOW).as_dict()

    def files(self) -> dict[str, bytes]:
        """Everything a reader of the tables can see."""
        return {
            str(path.relative_to(self.curated)): path.read_bytes()
            for path in sorted(self.curated.rglob("*.parquet"))
        }

    def rows(self, table: str) -> list[Row]:
        folder = self.curated / table / f"snapshot_date={DAY}"
        return rows_as_dicts(self.spark.read.parquet(str(folder)))


def rows_as_dicts(rows: DataFrame) -> list[Row]:
    """Collect rows in a fixed order, with times in UTC whatever this machine's time zone is."""
    return sorted((_in_utc(row.asDict(recursive=True)) for row in rows.collect()), key=str)


def _in_utc(row: Row) -> Row:
    # pyspark returns naive timestamps in the machine's own zone.
    return {
        name: value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
        for name, value in row.items()
    }
