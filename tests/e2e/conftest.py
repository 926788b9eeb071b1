"""The deployed pipeline: the real template, state machine, handlers and Spark script on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.spotify_api import FaultPlan, SpotifyApi, SpotifyApiOptions
from infra.local.stack import Spotify, open_stack
from tests.e2e.entered_states import states_entered_by
from tests.e2e.stand_ins import COMPLETE, PUBLISHED, Machine
from tests.e2e.support import DAY, PARAMETERS, SECRET, WAIT_SCALE, WITHOUT_MARTS, Pipeline

# Small enough that 180 polls of the crawler, ten seconds apart, take a few seconds.
STAND_IN_WAIT_SCALE = 0.001


@pytest.fixture(scope="module")
def parameters() -> dict[str, str]:
    """The stack's parameters; a module whose runs need no marts overrides this."""
    return PARAMETERS


@pytest.fixture(scope="module")
def deployed(parameters: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with SpotifyApi(SpotifyApiOptions(day=DAY)) as spotify:
        address = Spotify(spotify.api_url, spotify.accounts_url, SECRET)
        lake: Path = tmp_path_factory.mktemp("lake")
        with open_stack(lake, address, wait_scale=WAIT_SCALE, parameters=parameters) as stack:
            yield Pipeline(stack, spotify)


@pytest.fixture
def pipeline(deployed: Pipeline) -> Iterator[Pipeline]:
    """The deployed pipeline, with a well-behaved Spotify on the first day."""
    deployed.spotify.use_faults(FaultPlan())
    deployed.spotify.day = DAY
    deployed.stack.put_secret(SECRET)
    yield deployed
    assert deployed.lease() is None, "a run did not release its lease"


@pytest.fixture(scope="module")
def deployed_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    lake = tmp_path_factory.mktemp("lake")
    with (
        SpotifyApi() as spotify,
        open_stack(lake, wait_scale=STAND_IN_WAIT_SCALE, parameters=WITHOUT_MARTS) as stack,
    ):
        yield Machine(stack, spotify)


@pytest.fixture
def machine(deployed_machine: Machine) -> Iterator[Machine]:
    deployed_machine.answer("fetch", COMPLETE)
    deployed_machine.answer("publish", PUBLISHED)
    deployed_machine.use_script("print('nothing to do')\n")
    yield deployed_machine
    assert deployed_machine.lease() is None, "a run did not release its lease"


@pytest.fixture(autouse=True)
def _enters_the_states_it_is_said_to(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check after a test that it entered the states that `entered_states` lists for it."""
    yield
    states = states_entered_by(request.path.stem, request.node.originalname)
    if states:
        pipeline = next(each for each in request.node.funcargs.values() if isinstance(each, Pipeline))
        assert not states - pipeline.entered()
