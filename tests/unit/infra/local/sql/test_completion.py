"""Words that the shell completes."""

from __future__ import annotations

from infra.local.athena.catalog import Column, Table
from infra.local.sql.completion import completions

TABLES = (
    Table(
        "lake",
        "tracks",
        columns=(Column("name", "string"), Column("track_id", "string")),
        partition_keys=(Column("day", "string"),),
    ),
    Table("lake", "artists", columns=(Column("name", "string"), Column("fame", "double"))),
)


def test_tables_columns_and_functions_come_before_keywords() -> None:
    found = completions("tr", "select ", TABLES)
    assert found[0] == "track_id"
    assert {"tracks", "transform", "trim", "true"} <= set(found)
    assert found.index("tracks") < found.index("true")


def test_columns_are_those_of_the_tables_that_the_statement_names() -> None:
    assert completions("fam", "select * from tracks where ", TABLES) == []
    assert completions("fam", "select * from artists where ", TABLES) == ["fame"]
    assert completions("da", "select ", TABLES)[:1] == ["date"] or "day" in completions(
        "da", "select ", TABLES
    )


def test_after_a_table_and_a_dot_come_its_columns() -> None:
    assert completions("Tracks.", "select ", TABLES) == ["Tracks.day", "Tracks.name", "Tracks.track_id"]
    assert completions("tracks.na", "select ", TABLES) == ["tracks.name"]
    assert completions("nothing.", "select ", TABLES) == []


def test_keywords_are_written_as_the_word_was_begun() -> None:
    assert "select" in completions("sel", "", TABLES)
    assert "SELECT" in completions("SEL", "", TABLES)


def test_after_a_command_come_tables_only() -> None:
    assert completions("", "\\d ", TABLES) == ["artists", "tracks"]
