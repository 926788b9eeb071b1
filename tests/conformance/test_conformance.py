"""The local Athena gives what is recorded, or refuses a statement honestly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conformance.lake import create_lake
from tests.conformance.recorded import read_record
from tests.conformance.verdicts import (
    compare_group,
    figures,
    leaks,
    read_verdicts,
    summary,
    worse,
    wrong_conversions,
)

_RECORD: Final = read_record()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conformance") / "lake"
    create_lake(folder)
    return folder


@pytest.mark.parametrize("group", _RECORD)
def test_statements_give_what_is_recorded(
    group: str, lake: Path, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    comparisons = compare_group(_RECORD[group], lake, tmp_path / "lake")
    found, known = summary(comparisons), read_verdicts()[group]
    record_property("conformance", figures(group, found))
    assert leaks(comparisons) == []
    new = worse(comparisons, known)
    assert not new, "\n\n".join(new)
    assert found == known, "More statements are equal. Run: python -m tests.conformance.verdicts"


def test_every_group_of_the_verdicts_is_in_the_record() -> None:
    assert read_verdicts().keys() == {*_RECORD, "generated", "held_out"}


def test_types_are_converted_as_recorded() -> None:
    assert list(wrong_conversions()) == []
