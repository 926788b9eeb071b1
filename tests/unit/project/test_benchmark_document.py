"""The part of the document that the benchmark writes."""

from __future__ import annotations

import pytest

from tests.benchmarks.document import PATH, replaced


def test_only_the_text_between_the_marks_is_replaced() -> None:
    text = PATH.read_text("utf-8")
    once = replaced(text, "| new |")
    assert "| new |" in once
    assert replaced(once, "| newer |") == once.replace("| new |", "| newer |")
    assert once.split("<!-- ")[0] == text.split("<!-- ")[0]
    assert once.split("-->")[-1] == text.split("-->")[-1]


@pytest.mark.parametrize("text", ["", "no marks", "<!-- to here -->"])
def test_a_document_without_the_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="there should be one"):
        replaced(text, "| new |")
