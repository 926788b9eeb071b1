"""The contract, which Lambdas and Spark rely on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from spotify_lake.contract import tables
from spotify_lake.contract.marts.registry import ALL_TABLES, MART_QUALITY_RESULTS, MARTS
from spotify_lake.quality.rules import rules_of

GLUE_JOBS = Path(tables.__file__).parents[2]
GLUE_TYPES = {
    *("string", "int", "bigint", "boolean", "double", "date", "timestamp"),
    *("array<string>", "array<int>"),
}


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_every_column_has_a_name_a_known_type_and_a_description(table: tables.Table) -> None:
    assert table.description.endswith(".")
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    for column in table.columns:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
        assert column.type in GLUE_TYPES
        assert column.description.endswith(".")
        assert len(column.description) <= 255, "the Glue catalog does not store longer comments"


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_a_key_consists_of_columns_and_the_partition_is_not_in_the_files(table: tables.Table) -> None:
    assert table.key
    assert set(table.key) <= set(table.column_names)
    assert tables.PARTITION.name not in table.column_names


def test_the_columns_of_a_key_are_never_null_except_in_rejected_records() -> None:
    nullable = {
        f"{table.name}.{name}" for table in ALL_TABLES for name in table.key if table.column(name).nullable
    }
    assert nullable == {"rejected_records.line_number"}


def test_no_rule_of_a_mart_quarantines_rows() -> None:
    """Rows of marts are not raw records: there is no place for them in rejected_records."""
    rules = [rule for mart in MARTS if mart is not MART_QUALITY_RESULTS for rule in rules_of(mart)]
    assert {rule.severity for rule in rules} == {"halt"}


def test_a_table_is_found_by_its_name() -> None:
    assert tables.table("tracks") is tables.TRACKS


def test_an_unknown_table_is_refused_with_the_existing_names() -> None:
    with pytest.raises(KeyError, match=r"no table 'songs'. The tables are playlists, playlist_items, tracks"):
        tables.table("songs")


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(KeyError, match="table tracks has no column tempo"):
        tables.TRACKS.column("tempo")


def test_contract_and_raw_zone_import_with_the_standard_library_only() -> None:
    code = (
        "import sys, spotify_lake.contract.marts.registry, spotify_lake.contract.raw_zone,"
        " spotify_lake.publishing.run_report, spotify_lake.publishing.marts_report,"
        " spotify_lake.reading.selection, spotify_lake.quality.rules\n"
        "print({name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names - {'__main__'})"
    )
    done = subprocess.run(
        # With -S, because installed packages may be imported when Python starts.
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(GLUE_JOBS)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "{'spotify_lake'}"
