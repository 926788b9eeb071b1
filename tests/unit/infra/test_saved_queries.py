"""The saved queries: their files, and their copies in the template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.saved_queries import TEMPLATE, HeaderMissing, SavedQuery, saved_queries, with_queries
from tests import readme
from tests.athena_lake import DATABASE, register_tables

HEADER = "-- Change: the 7 days.\n-- Question: What is new?\n-- Latest first.\n-- Of all playlists.\n"


def in_template(template: str) -> list[dict[str, Any]]:
    """The properties of the template's saved queries."""
    resources = yaml_parse(template)["Resources"].values()
    return [each["Properties"] for each in resources if each["Type"] == "AWS::Athena::NamedQuery"]


def test_the_template_has_the_saved_queries() -> None:
    text = TEMPLATE.read_text("utf-8")
    assert with_queries(text, saved_queries()) == text, "run `make saved-queries`"
    found = [(each["Name"], each["Description"], each["QueryString"].strip()) for each in in_template(text)]
    assert found == [(query.name, query.question, query.sql) for query in saved_queries()]
    assert len(found) == 15


def test_a_query_says_what_to_change_and_what_it_answers(tmp_path: Path) -> None:
    (tmp_path / "new.sql").write_text(f"{HEADER}SELECT 1\n-- AND name = 'x'\n")
    (query,) = saved_queries(tmp_path)
    assert (query.name, query.question, query.change) == ("new", "What is new?", "the 7 days.")
    assert query.notes == "Latest first. Of all playlists."
    assert query.sql == f"{HEADER}SELECT 1\n-- AND name = 'x'"


@pytest.mark.parametrize("text", ["", "SELECT 1\n", "-- Question: What?\n-- Change: x\nSELECT 1\n"])
def test_a_query_without_its_comment_is_refused_with_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "new.sql").write_text(text)
    with pytest.raises(HeaderMissing) as refused:
        saved_queries(tmp_path)
    assert refused.value.path == tmp_path / "new.sql"


def test_the_queries_replace_those_of_the_template() -> None:
    text = TEMPLATE.read_text("utf-8")
    (only,) = in_template(with_queries(text, [SavedQuery("a_b", "What: a or b?", "", "", "SELECT 1\n\n, 2")]))
    assert only["Description"] == "What: a or b?"
    assert only["QueryString"] == "SELECT 1\n\n, 2\n"
    assert with_queries(with_queries(text, saved_queries()[:1]), saved_queries()) == text


def test_a_template_without_saved_queries_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 groups"):
        with_queries("Resources: {}", saved_queries())


def test_an_empty_lake_has_an_empty_answer_to_every_question(tmp_path: Path) -> None:
    engine = register_tables(tmp_path)
    for query in saved_queries():
        output = engine.run(query.sql, DATABASE)
        assert output.columns
        assert list(output.rows) == [], query.name


def test_the_documents_list_the_saved_queries() -> None:
    listed = {name: question for link, question in readme.rows("saved query") for name in readme.code(link)}
    assert listed == {query.name: query.question for query in saved_queries()}
