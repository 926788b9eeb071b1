"""The events of the functions are decoded and checked in one place."""

from __future__ import annotations

from typing import Any

import pytest

from common.events import ExecutionEnded, FetchRequest, InvalidEvent, Progress, Run, read_event

FETCH = {"run_id": "r", "snapshot_date": "2026-11-22"}


def test_nulls_and_missing_keys_mean_the_defaults() -> None:
    event: dict[str, Any] = {**FETCH, "max_calls": None, "cursor": None}
    defaults = FetchRequest("r", "2026-11-22", playlists=[])
    assert read_event(event, FetchRequest) == read_event(FETCH, FetchRequest) == defaults


def test_the_cursor_of_the_last_invocation_has_its_progress() -> None:
    event = {**FETCH, "cursor": {"round": 3, "playlists": 7, "calls": 9}}
    assert read_event(event, FetchRequest).cursor == Progress(3, 7, 9)


def test_unknown_keys_are_ignored() -> None:
    event = {"run_id": "r", "snapshot_date": "all", "is_rebuild": True, "added_later": 1}
    assert read_event(event, Run) == Run("r", "all", is_rebuild=True)


@pytest.mark.parametrize(
    ("event", "kind", "key"),
    [
        ({**FETCH, "run_id": "a/b"}, FetchRequest, "run_id"),
        ({"run_id": "r"}, FetchRequest, "snapshot_date"),
        ({**FETCH, "snapshot_date": "yesterday"}, FetchRequest, "snapshot_date"),
        ({**FETCH, "playlists": "abc"}, FetchRequest, "playlists"),
        ({**FETCH, "playlists": [5]}, FetchRequest, "playlists"),
        ({**FETCH, "max_calls": 0}, FetchRequest, "max_calls"),
        ({**FETCH, "max_calls": "10"}, FetchRequest, "max_calls"),
        ({**FETCH, "is_rebuild": "true"}, Run, "is_rebuild"),
        ({"name": "r"}, ExecutionEnded, "executionArn"),
        ("text", Run, "object"),
    ],
)
def test_an_invalid_event_is_refused_with_the_key(event: Any, kind: type, key: str) -> None:
    with pytest.raises(InvalidEvent, match=key) as refusal:
        read_event(event, kind)
    assert refusal.value.kind == kind.__name__
