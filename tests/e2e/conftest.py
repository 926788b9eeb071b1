"""The deployed pipeline: the real template, state machine, handlers and Spark script on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.aws.spark_jvm import Spark
from infra.local.spotify_api import FaultPlan, SpotifyApi, SpotifyApiOptions
from infra.local.stack import Spotify, open_stack
from tests.e2e.entered_states import states_entered_by
from tests.e2e.stand_ins import COMPLETE, PUBLISHED, Machine, deploy_machine
from tests.e2e.support import DAY, PARAMETERS, SECRET, WAIT_SCALE, WITHOUT_MARTS, Pipeline


@pytest.fixture(scope="module")
def parameters() -> dict[str, str]:
    """The stack's parameters; a module whose runs need no marts overrides this."""
    return PARAMETERS


@pytest.fixture(scope="session")
def spark() -> Iterator[Spark]:
    """The JVM of the jobs of all modules."""
    spark = Spark()
    yield spark
    spark.close()


@pytest.fixture(scope="module")
def deployed(
    parameters: dict[str, str], spark: Spark, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pipeline]:
    lake: Path = tmp_path_factory.mktemp("lake")
    with SpotifyApi(SpotifyApiOptions(day=DAY)) as spotify:
        address = Spotify(spotify.api_url, spotify.accounts_url, SECRET)
        with open_stack(lake, address, wait_scale=WAIT_SCALE, parameters=parameters, spark=spark) as stack:
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
    with deploy_machine(tmp_path_factory.mktemp("lake"), WITHOUT_MARTS) as machine:
        yield machine


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
