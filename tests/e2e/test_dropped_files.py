"""Lists of playlists that are dropped while a run is in progress."""

from __future__ import annotations

import json

import pytest

from infra.local.execution import Execution
from tests.e2e.stand_ins import Machine
from tests.e2e.support import Pipeline

pytestmark = pytest.mark.e2e
KEY = 'drop/my "best" list\'s, ü.txt'


def wait_for_state(execution: Execution, state: str) -> None:
    for step in execution.steps():
        if step.state == state:
            return
    raise AssertionError(f"{execution.name} did not enter {state}")


def fetched_file(pipeline: Pipeline, execution: Execution) -> dict[str, str]:
    """The file of playlists that an execution gave to its only fetch."""
    client = pipeline.stack.aws.client("stepfunctions")
    events = client.get_execution_history(executionArn=execution.arn, maxResults=1000)["events"]
    calls = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])
        for event in events
        if "taskScheduledEventDetails" in event
    ]
    (request,) = [call["Payload"] for call in calls if "playlists_file" in call.get("Payload", {})]
    file: dict[str, str] = request["playlists_file"]
    return file


def test_lists_that_are_dropped_during_a_run_are_fetched_after_it(machine: Machine) -> None:
    s3, bucket = machine.stack.aws.client("s3"), machine.stack.outputs["RawBucketName"]
    machine.take_lease("another-run")
    # The second list has the name of the first one.
    lists = [f"{number:022}" for number in range(2)]
    versions = [s3.put_object(Bucket=bucket, Key=KEY, Body=each.encode())["VersionId"] for each in lists]
    executions = machine.started_by_arrival(2)
    for execution in executions:
        wait_for_state(execution, "WaitForLease")
    machine.drop_lease()
    for execution in executions:
        assert machine.finish(execution).error == "DailySummaryFailed"  # the stand-ins publish nothing
    fetched = [fetched_file(machine, execution) for execution in executions]
    assert sorted(fetched, key=lambda file: versions.index(file["version"])) == [
        {"bucket": bucket, "key": KEY, "version": version} for version in versions
    ]
