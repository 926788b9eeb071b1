"""All calls that the components of a stack make."""

from __future__ import annotations

from collections.abc import Iterator

from tests.privileges.by_aws import by_aws
from tests.privileges.deployed import Deployed
from tests.privileges.job_files import RecordedSpark
from tests.privileges.policies import Call
from tests.privileges.recorder import Recorder
from tests.privileges.state_machine import needed_by_tasks


def stack_calls(deployed: Deployed, recorder: Recorder, spark: RecordedSpark) -> set[Call]:
    """Return the calls of functions and jobs so far, of the state machine, and of AWS's services."""
    calls = set(_seen(deployed, recorder, spark))
    queried_by = {call.role for call in calls if call.action == "athena:StartQueryExecution"}
    for each in by_aws(deployed, queried_by):
        calls |= set(each.calls())
    return calls


def _seen(deployed: Deployed, recorder: Recorder, spark: RecordedSpark) -> Iterator[Call]:
    for function, role in deployed.functions.items():
        yield from (Call(role, *needed) for needed in recorder.needed_by(function))
    for job, role in deployed.jobs.items():
        yield from (Call(role, *needed) for needed in recorder.needed_by(job) | spark.needed_by(job))
    yield from (Call(deployed.state_machine, *needed) for needed in needed_by_tasks(deployed.definition))
    for role, needed_by_delivery in deployed.deliveries.items():
        yield from (Call(role, *needed) for needed in needed_by_delivery)
