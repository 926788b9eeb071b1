"""The macros and Python functions that translations call."""

from __future__ import annotations

import pytest

from infra.local.athena.functions import api


def test_a_name_is_defined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "HELPERS", {})
    api.macro("trino_twice", "x", "x")
    with pytest.raises(ValueError, match="trino_twice"):

        @api.python_function("BIGINT", returns="BIGINT")
        def _twice(number: int) -> int:
            return number

    assert isinstance(api.HELPERS["trino_twice"], api.Macro)
