"""Generated expressions give what is recorded, or are refused honestly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.lake import create_lake
from tests.conformance.recorded import GENERATED, HELD_OUT, read_record
from tests.conformance.verdicts import compare_group, counts, figures, leaks, read_verdicts, summary, worse


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "lake"
    create_lake(folder)
    return folder


def test_generated_expressions_give_what_is_recorded(
    lake: Path, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    (statements,) = read_record(GENERATED).values()
    comparisons = compare_group(statements, lake, tmp_path / "lake")
    found, known = summary(comparisons), read_verdicts()["generated"]
    record_property("conformance", figures("generated", found))
    assert leaks(comparisons) == []
    new = worse(comparisons, known)
    assert not new, "\n\n".join(new)
    assert found == known, "More statements are equal. Run: python -m tests.conformance.verdicts"


def test_expressions_that_nobody_has_read_give_what_is_recorded(
    lake: Path, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    (statements,) = read_record(HELD_OUT).values()
    found = summary(compare_group(statements, lake, tmp_path / "lake"))
    record_property("conformance", figures("held out", found))
    # Only numbers, so that a failure does not show the statements.
    assert counts(found) == read_verdicts()["held_out"]
