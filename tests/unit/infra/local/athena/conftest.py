"""A lake with tracks of two days, and someone who asks it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tests.unit.infra.local.athena.lakes import Analyst, LakeFolder


@pytest.fixture
def tracks_lake(tmp_path: Path) -> LakeFolder:
    """Tracks of two days."""
    lake = LakeFolder(tmp_path)
    columns = {"track_id": "string", "length": "int", "tags": "array<string>"}
    lake.table("tracks", columns, {"day": "string"}, properties={"classification": "parquet"})
    for day in ("2026-01-01", "2026-01-02"):
        content = {"track_id": ["a", "b"], "length": pa.array([1, 2], pa.int32()), "tags": [["x", "y"], None]}
        lake.put(f"tracks/day={day}/part.parquet", content)
        lake.register("tracks", day)
    return lake


@pytest.fixture
def analyst(tracks_lake: LakeFolder) -> Analyst:
    return Analyst(tracks_lake)
