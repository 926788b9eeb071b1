"""The data dictionary is current and complete."""

from __future__ import annotations

import re

import pytest

from infra.data_dictionary import data_dictionary, is_pruned, view_columns
from publish_catalog.view_sql import View, all_views
from spotify_lake.contract import tables
from spotify_lake.contract.marts.registry import ALL_TABLES, MART_QUALITY_RESULTS
from spotify_lake.quality.rules import rules_of
from tests.project import ROOT

STORED = ROOT / "docs" / "data-dictionary.md"
DOCUMENT = data_dictionary()


def section(name: str) -> str:
    return DOCUMENT.split(f"\n## {name}\n", 1)[1].split("\n## ")[0]


def test_the_data_dictionary_in_the_repository_is_current() -> None:
    assert STORED.read_text("utf-8") == DOCUMENT, (
        "run: python -m infra.data_dictionary > docs/data-dictionary.md"
    )


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_it_names_every_column_of_a_table(table: tables.Table) -> None:
    columns = section(table.name).split("\n| rule ")[0]
    assert re.findall(r"^\| `(\w+)`", columns, re.MULTILINE) == list(table.column_names)


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_it_names_every_rule_that_is_checked_and_no_other(table: tables.Table) -> None:
    documented = re.findall(r"^\| `(\S+:\w+)` \| (\w+) \|", section(table.name), re.MULTILINE)
    results = (tables.QUALITY_RESULTS, MART_QUALITY_RESULTS)
    rules = () if table in results else rules_of(table)
    assert documented == [(rule.name, rule.severity) for rule in rules]


def test_it_names_the_modes_of_a_column_that_not_every_app_can_fill() -> None:
    for table in ALL_TABLES:
        lines = section(table.name).splitlines()
        for column in table.columns:
            (line,) = (each for each in lines if each.startswith(f"| `{column.name}` |"))
            is_limited = column.modes != tables.APP_MODES
            assert line.endswith(f" Modes: {', '.join(column.modes)}. |") is is_limited


def test_a_key_that_is_not_checked_is_not_called_unique() -> None:
    assert "Unique within a day: `playlist_id`, `snapshot_id`, `position`." in section("playlist_items")
    assert "Unique" not in section("rejected_records")


@pytest.mark.parametrize("view", all_views(), ids=lambda view: view.name)
def test_it_names_every_column_of_a_view(view: View) -> None:
    documented = section(view.name)
    assert view.description in documented
    assert view_columns(view)[-1] == "snapshot_date"
    assert ", ".join(f"`{name}`" for name in view_columns(view)) in documented


def test_every_view_reads_few_days() -> None:
    bounded = {view.name for view in all_views() if is_pruned(view)}
    assert bounded == {"artist_trends", "daily_summary", "genre_trends", "playlist_tracks", "track_trends"}
    assert all(view.name.startswith("latest_") for view in all_views() if not is_pruned(view))


def test_the_key_diagram_shows_every_foreign_key() -> None:
    for table in ALL_TABLES:
        for column in table.columns:
            if column.references:
                assert re.search(
                    rf"^  {column.references.table} \S+ {table.name} : {column.name}$", DOCUMENT, re.MULTILINE
                )
