"""What the project has is part of the record."""

from __future__ import annotations

from infra.saved_queries import saved_queries
from spotify_lake.contract.marts.registry import ALL_TABLES
from tests.conformance.corpus import views
from tests.conformance.recorded import read_record, recorded_views
from tests.conformance.tables import read_tables


def test_every_table_and_mart_of_the_contract_has_rows() -> None:
    known = {table.name: table for table in read_tables()}
    for table in ALL_TABLES:
        names = [name for name, _ in known[table.name].columns]
        assert names == [*table.column_names, "snapshot_date"], table.name
        assert known[table.name].rows, table.name


def test_every_view_and_saved_query_is_recorded() -> None:
    remedy = "Run: make record-trino"
    assert [name for name, _ in recorded_views()] == [view.name for view in views()], remedy
    recorded = [each.sql for each in read_record()["saved_queries"]]
    assert recorded == [query.sql for query in saved_queries()], remedy
