from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.unit.build_report.lake import WritableLake


@pytest.fixture
def lake() -> Iterator[WritableLake]:
    with mock_aws():
        yield WritableLake()
