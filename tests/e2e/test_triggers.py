"""What starts a run automatically: a new playlist file, and the schedule."""

from __future__ import annotations

import json

import pytest

from tests.e2e.support import Pipeline

pytestmark = pytest.mark.e2e
UNKNOWN_PLAYLIST = "0" * 22


def test_a_new_playlist_file_starts_a_run_for_its_playlists(pipeline: Pipeline) -> None:
    s3, bucket = pipeline.stack.aws.client("s3"), pipeline.stack.outputs["RawBucketName"]
    s3.put_object(Bucket=bucket, Key="elsewhere/list.txt", Body=b"not under drop/")
    s3.put_object(Bucket=bucket, Key="drop/", Body=b"")  # as the console creates a folder
    s3.put_object(Bucket=bucket, Key="drop/list.txt", Body=f"# mine\n{UNKNOWN_PLAYLIST}\n".encode())
    (execution,) = pipeline.started_by_arrival(1)
    outcome = pipeline.finish(execution)
    assert outcome.error == "NoPlaylistReadable"
    assert UNKNOWN_PLAYLIST in outcome.cause


def test_the_schedule_starts_the_state_machine_with_the_default_input(pipeline: Pipeline) -> None:
    schedules = pipeline.stack.aws.client("scheduler")
    (found,) = (each for each in schedules.list_schedules()["Schedules"] if each["Name"].endswith("-daily"))
    target = schedules.get_schedule(Name=found["Name"])["Target"]
    assert target["Arn"] == pipeline.stack.outputs["StateMachineArn"]
    assert json.loads(target["Input"]) == {"wait_for_other_runs": True}
