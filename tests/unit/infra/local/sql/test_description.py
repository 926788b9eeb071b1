"""Tables as `\\d` describes them."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from infra.local.athena.catalog import Column, Table, view_table
from infra.local.athena.output import Output
from infra.local.athena.view_definition import ViewDefinition
from infra.local.sql.description import NoSuchTable, described_table, described_tables, folded

TRACKS = Table(
    "lake",
    "tracks",
    (Column("names", "array<string>", "All [names] of the track."), Column("odd", "uniontype<int>")),
    (Column("day", "string", "A day."),),
    description="Tracks of the day. " * 5,
)
LATEST = view_table(
    "lake",
    "latest",
    ViewDefinition("select 1", "lake", (("seen_at", "timestamp(3)"),)),
    [Column("seen_at", "timestamp")],
)


def shown(described: Output, width: int = 60) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(folded(described))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return text.splitlines()


def cells(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]


def test_tables_and_views_are_listed_within_the_width() -> None:
    lines = shown(described_tables([LATEST, TRACKS]))
    assert max(map(len, lines)) <= 60
    assert [row[:2] for row in cells(lines) if row[0]] == [["latest", "view"], ["tracks", "table"]]


def test_a_table_has_its_columns_with_the_types_of_a_query() -> None:
    assert cells(shown(described_table("TRACKS", [LATEST, TRACKS]), 80)) == [
        ["names", "array(varchar)", "All [names] of the track."],
        ["odd", "uniontype(integer)", ""],
        ["day", "varchar", "Partition. A day."],
    ]
    assert cells(shown(described_table("latest", [LATEST, TRACKS]))) == [["seen_at", "timestamp(3)", ""]]


def test_a_table_that_does_not_exist_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(NoSuchTable, match=r"'track'.* Did you mean 'tracks'"):
        described_table("track", [LATEST, TRACKS])
