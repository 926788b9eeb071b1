"""The fetch's state between invocations."""

from __future__ import annotations

import pytest

from fetch_spotify.clock import Clock
from fetch_spotify.errors import QuotaExceeded
from fetch_spotify.storage.bucket import RawBucket
from fetch_spotify.storage.run_state import (
    APP_KEY,
    BLOCKED_KEY,
    PREFIX,
    AppMemory,
    Refusal,
    RunState,
    StateStore,
)
from tests.integration.fetch_support import MemoryS3

RUN_KEY = f"{PREFIX}run_id=r/state.json"


def store_of(s3: MemoryS3, client_id: str = "app") -> StateStore:
    return StateStore(RawBucket(s3, "raw"), "r", client_id)  # type: ignore[arg-type]  # a stub of S3


def test_the_state_of_a_run_survives_an_invocation() -> None:
    s3 = MemoryS3()
    state = RunState("2026-11-22T05:00:00.000Z", calls={"pages": 3}, refused={"p": Refusal("NotFound", "?")})
    store_of(s3).save(state)
    assert store_of(s3).load("later") == state


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b'{"started_at": 5}', b"{}"])
def test_a_state_that_cannot_be_read_counts_as_a_first_invocation(body: bytes) -> None:
    s3 = MemoryS3()
    s3.bodies.update(dict.fromkeys((RUN_KEY, APP_KEY, BLOCKED_KEY), body))
    assert store_of(s3).load("now") == RunState("now")
    assert store_of(s3).load_memory().refusals == {}
    store_of(s3).check_block(Clock(), max_inline_wait_seconds=0)


def test_a_field_that_a_newer_release_added_is_ignored() -> None:
    s3 = MemoryS3()
    s3.bodies[RUN_KEY] = b'{"started_at": "then", "rounds": 2, "added_later": 1}'
    assert store_of(s3).load("now") == RunState("then", rounds=2)


def test_the_memory_belongs_to_one_app() -> None:
    s3 = MemoryS3()
    memory = store_of(s3).load_memory()
    memory.over_budget, memory.refusals = ["p"], {"q": Refusal("NotFound", "?", "2026-11-22T05:00:00Z")}
    store_of(s3).save_memory(memory)
    assert store_of(s3).load_memory() == memory
    assert store_of(s3, "another").load_memory() == AppMemory(store_of(s3, "another").load_memory().app)


def test_a_block_belongs_to_one_app_and_ends() -> None:
    s3 = MemoryS3()
    store_of(s3).block(QuotaExceeded(3_600, 10_000))
    with pytest.raises(QuotaExceeded) as blocked:
        store_of(s3).check_block(Clock(now=lambda: 9_000.0), max_inline_wait_seconds=60)
    assert blocked.value.retry_after_seconds == 1_000
    store_of(s3).check_block(Clock(now=lambda: 10_001.0), max_inline_wait_seconds=60)
    store_of(s3, "another").check_block(Clock(now=lambda: 9_000.0), max_inline_wait_seconds=60)
