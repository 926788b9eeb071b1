"""The local AWS for the tests of a module, and local Spotifys."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.aws import LocalAws
from infra.local.spotify_api import SpotifyApi, SpotifyApiOptions
from tests.integration.fetch_support import DAY
from tests.integration.local_aws.support import RunStates, run_machine


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS with all patches of moto, for a module's tests. A state machine's minute takes 0.6 s."""
    with LocalAws(tmp_path_factory.mktemp("lake"), wait_scale=0.01) as aws:
        yield aws


@pytest.fixture
def play() -> Iterator[Callable[..., SpotifyApi]]:
    """Start local Spotifys with options, on the tests' day; all are stopped at the end."""
    with contextlib.ExitStack() as stack:

        def start(**options: Any) -> SpotifyApi:
            return stack.enter_context(
                SpotifyApi(SpotifyApiOptions(**{"day": dt.date.fromisoformat(DAY), **options}))
            )

        yield start


@pytest.fixture
def run_states(local_aws: LocalAws) -> RunStates:
    """Run states as a state machine, the first one first, and wait for the end."""
    return functools.partial(run_machine, local_aws, {})


@pytest.fixture
def run_jsonata(local_aws: LocalAws) -> RunStates:
    """The same for states in JSONata."""
    return functools.partial(run_machine, local_aws, {"QueryLanguage": "JSONata"})
