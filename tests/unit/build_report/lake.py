"""A lake in a mocked S3, from rows by table and day."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any, Final

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

from build_report.reading.lake import Lake
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.marts.registry import ALL_TABLES
from spotify_lake.contract.raw_zone import (
    FetchDetails,
    PlaylistEntry,
    RunManifest,
    SkippedPlaylist,
    manifest_key,
)
from spotify_lake.contract.tables import Table

DAY: Final = "2026-11-20"
CURATED: Final = "the-curated-bucket"
RAW: Final = "the-raw-bucket"
Row = dict[str, Any]


class WritableLake:
    """A lake whose partitions, reports and manifests a test writes."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        for bucket in (CURATED, RAW):
            self.s3.create_bucket(Bucket=bucket)
        self.reader = Lake(self.s3, CURATED, RAW)

    def put(self, table: Table, rows: Iterable[Row], day: str = DAY, without: Iterable[str] = ()) -> None:
        """Write a partition. Columns that a row does not have are null; the file lacks those in `without`."""
        schema = pa.schema([field for field in arrow_schema(table) if field.name not in set(without)])
        body = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), body)
        self.put_object(f"{table.name}/snapshot_date={day}/{table.name}.parquet", body.getvalue())

    def put_empty_day(self, day: str = DAY) -> None:
        """Write a partition without rows of every table."""
        for table in ALL_TABLES:
            self.put(table, [], day)

    def put_run(
        self, day: str, run_id: str, published_at: str, marts_at: str | None = None, **report: Any
    ) -> None:
        """Write the reports of a run."""
        stored = {
            "run_id": run_id,
            "snapshot_date": day,
            "published_at": published_at,
            "tables": {},
            **report,
        }
        folder = f"_runs/snapshot_date={day}/run_id={run_id}"
        self.put_object(f"{folder}/_published.json", json.dumps(stored).encode())
        if marts_at:
            self.put_object(f"{folder}/_marts.json", json.dumps({"published_at": marts_at}).encode())

    def put_manifest(self, manifest: RunManifest) -> None:
        """Write the manifest of a fetch."""
        key = manifest_key(manifest.snapshot_date, manifest.run_id)
        self.s3.put_object(Bucket=RAW, Key=key, Body=manifest.to_json().encode())

    def put_object(self, key: str, body: bytes) -> None:
        """Write an object of the curated bucket."""
        self.s3.put_object(Bucket=CURATED, Key=key, Body=body)

    def delete(self, table: Table, day: str) -> None:
        """Delete a partition."""
        self.s3.delete_object(Bucket=CURATED, Key=f"{table.name}/snapshot_date={day}/{table.name}.parquet")

    def text(self, key: str) -> str:
        """Return an object of the curated bucket as text."""
        return self.s3.get_object(Bucket=CURATED, Key=key)["Body"].read().decode()


def manifest(
    *playlists: str,
    run_id: str = "r",
    day: str = DAY,
    skipped: Iterable[tuple[str, str]] = (),
    started_at: str = f"{DAY}T05:00:00.000Z",
    completed_at: str = f"{DAY}T05:01:00.000Z",
    calls: int = 12,
) -> RunManifest:
    """Return the manifest of a fetch of these playlists."""
    return RunManifest(
        run_id=run_id,
        snapshot_date=day,
        started_at=started_at,
        completed_at=completed_at,
        api_mode="extended",
        playlists=tuple(
            PlaylistEntry("playlist_items", each, "version", "fetched", completed_at, 0, ())
            for each in playlists
        ),
        playlist_records=(),
        artist_records=(),
        skipped=tuple(SkippedPlaylist(each, "Forbidden", message) for each, message in skipped),
        details=FetchDetails(calls={"playlists": calls - 2, "items": 2}),
    )
