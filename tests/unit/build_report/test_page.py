"""The page shows the report, whatever it holds."""

from __future__ import annotations

import pytest

from build_report.page import render
from tests import reports


@pytest.mark.parametrize("kind", reports.KINDS)
def test_every_report_is_rendered_within_the_limit(kind: str) -> None:
    assert len(render(reports.KINDS[kind]()).encode()) < 2_000_000
