"""A small lake for the tests of `make query` and `make shell`."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from infra.local.lake_folder import read_catalog, write_catalog
from infra.local.sql.session import DATABASE
from tests.unit.infra.local.athena.lakes import LakeFolder

DAYS = ("2026-01-01", "2026-01-02")


def sql_lake(folder: Path) -> Path:
    """Fill a lake's folder with tracks of two days, in the database that commands ask."""
    lake = LakeFolder(folder)
    lake.table("tracks", {"name": "string", "length": "int"}, {"day": "string"})
    for day in DAYS:
        content = {"name": ["Ada", "Bo"], "length": pa.array([1, 2], pa.int32())}
        lake.put(f"tracks/day={day}/part.parquet", content)
        lake.register("tracks", day)
    (folder / "s3" / "spotify-lake-athenaresultsbucket-x").mkdir()
    write_catalog(folder, {DATABASE: read_catalog(folder)["music"]})
    return folder
