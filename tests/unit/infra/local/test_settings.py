from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from infra.local.settings import PlanError, check_run_input

TODAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("run_input", "message"),
    [
        ({"rebuild": "2026-11-20..2026-11-10"}, "DAYS is '2026-11-20..2026-11-10', "),
        ({"rebuild": "2026-11-23"}, "DAYS is 2026-11-23, in the future"),
        ({"rebuild": "all", "tables": "tracks,songs"}, "TABLES contains 'songs', "),
        ({"rebuild": "all", "tables": "tracks", "reprocess_rejected": True}, "TABLES cannot be combined"),
    ],
)
def test_a_rebuild_that_the_state_machine_would_refuse_is_refused_before_it_is_deployed(
    run_input: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError) as refusal:
        check_run_input(run_input, TODAY)
    assert str(refusal.value).startswith(message)
