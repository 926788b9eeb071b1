"""The deployed pipeline: the real template, state machine, handlers and Spark script on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.spotify_api import FaultPlan, SpotifyApi, SpotifyApiOptions
from infra.local.stack import Spotify, open_stack
from tests.e2e.support import DAY, PARAMETERS, SECRET, WAIT_SCALE, Pipeline


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with SpotifyApi(SpotifyApiOptions(day=DAY)) as spotify:
        address = Spotify(spotify.api_url, spotify.accounts_url, SECRET)
        lake: Path = tmp_path_factory.mktemp("lake")
        with open_stack(lake, address, wait_scale=WAIT_SCALE, parameters=PARAMETERS) as stack:
            yield Pipeline(stack, spotify)


@pytest.fixture
def pipeline(deployed: Pipeline) -> Iterator[Pipeline]:
    """The deployed pipeline, with a well-behaved Spotify on the first day."""
    deployed.spotify.use_faults(FaultPlan())
    deployed.spotify.day = DAY
    deployed.stack.put_secret(SECRET)
    yield deployed
    assert deployed.lease() is None, "a run left its lease behind"
