"""Fixtures for the tests of the job."""

from __future__ import annotations

import pytest

from tests.spark.raw_rows import Json
from tests.unit.spotify_lake.day_rows import Normalize, Row, day_of


@pytest.fixture
def normalize() -> Normalize:
    """Return a function from a table name and raw lines to the table's rows in a fixed order."""

    def rows_of(table: str, *lines: Json | str) -> list[Row]:
        made = day_of(*lines)
        return sorted(made[table].to_pylist(), key=str) if table in made else []

    return rows_of
