"""What an operator sees when a run fails. Every path is executed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.execution import Execution
from infra.local.spotify_api import Fault, FaultPlan
from tests.e2e.support import SECRET, Pipeline

pytestmark = pytest.mark.e2e
UNKNOWN_PLAYLIST = "0" * 22


@pytest.mark.parametrize(
    ("run_input", "said"),
    [
        ({"snapshot_date": "yesterday"}, "'yesterday', which is not a date"),
        ({"snapshot_date": "2999-01-01"}, "a day in the future"),
        ({"playlist": "x"}, "'playlist' is an unknown key"),
        ({"playlists": ["https://open.spotify.com/track/" + UNKNOWN_PLAYLIST]}, "It is a Spotify track"),
        ({"playlists_uri": "s3://no-such-bucket/drop/list.txt"}, "cannot be read"),
    ],
)
def test_a_bad_input_is_refused_before_anything_is_done(
    pipeline: Pipeline, run_input: dict[str, Any], said: str
) -> None:
    before = len(pipeline.spotify.calls)
    outcome = pipeline.run(**run_input)
    assert (outcome.status, outcome.error) == ("FAILED", "InvalidInput")
    assert said in outcome.cause
    assert "AcquireLease" not in pipeline.states()
    assert len(pipeline.spotify.calls) == before


def test_an_input_that_is_not_an_object_is_refused_with_an_alert(pipeline: Pipeline) -> None:
    client, machine = pipeline.stack.aws.client("stepfunctions"), pipeline.stack.outputs["StateMachineArn"]
    started = client.start_execution(stateMachineArn=machine, input="[]")
    outcome = pipeline.finish(Execution(client, started["executionArn"]))
    assert (outcome.error, outcome.cause[:12]) == ("InvalidInput", "The input is")


def test_an_alert_has_what_to_do_the_last_success_and_a_link(pipeline: Pipeline) -> None:
    outcome = pipeline.run(snapshot_date="yesterday")
    alert = pipeline.alerts()[-1]
    assert alert.startswith(f"Execution {outcome.name} ended with InvalidInput in the state ResolveRun.\n")
    assert f"\nReason: {outcome.cause}\n" in alert
    assert "What to do first: Correct the key or value of the execution's input" in alert
    assert "\nLast run that succeeded: none yet\n" in alert
    assert "\nLease: not held by this run\n" in alert
    machine = pipeline.stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    console = "https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/"
    assert alert.endswith(f"\nConsole: {console}{machine}:{outcome.name}")


def test_an_unknown_playlist_alone_fails_the_run_and_is_named(pipeline: Pipeline) -> None:
    outcome = pipeline.run(playlists=[UNKNOWN_PLAYLIST])
    assert outcome.error == "NoPlaylistReadable"
    assert UNKNOWN_PLAYLIST in outcome.cause


def test_an_expired_consent_is_final_and_names_the_command_that_renews_it(pipeline: Pipeline) -> None:
    pipeline.stack.put_secret({**SECRET, "refresh_token": "a-token-that-spotify-does-not-know"})
    outcome = pipeline.run()
    assert outcome.error == "SpotifyAuthorizationExpired"
    assert "make authorize" in outcome.cause
    assert pipeline.states().count("FetchSpotify") == 1
    assert not [step for step in pipeline.steps if step.kind == "retried"]
    assert "a-token-that-spotify-does-not-know" not in json.dumps(outcome.cause)


def test_an_empty_secret_is_reported(pipeline: Pipeline) -> None:
    pipeline.stack.put_secret({"client_id": "", "client_secret": ""})
    outcome = pipeline.run()
    assert outcome.error == "SpotifyCredentialsInvalid"
    assert "client_id and client_secret" in outcome.cause


def test_a_wrong_client_secret_is_reported_without_its_value(pipeline: Pipeline) -> None:
    pipeline.stack.put_secret({**SECRET, "client_secret": "hunter2"})
    outcome = pipeline.run()
    assert outcome.error == "SpotifyCredentialsInvalid"
    assert "hunter2" not in outcome.cause


def test_an_outage_of_spotify_is_retried_and_then_reported(pipeline: Pipeline) -> None:
    pipeline.spotify.use_faults(FaultPlan((Fault("status", path="**", status=503, times=None),)))
    outcome = pipeline.run()
    assert outcome.error == "SpotifyUnavailable"
    assert [step.state for step in pipeline.steps if step.kind == "retried"] == ["FetchSpotify"] * 4


@pytest.mark.parametrize(
    ("kind", "error"), [("rate_limited", "RateLimited"), ("quota_exceeded", "QuotaExceeded")]
)
def test_a_wait_that_exceeds_the_maximum_ends_the_run_with_the_seconds(
    pipeline: Pipeline, kind: Any, error: str
) -> None:
    pipeline.spotify.use_faults(FaultPlan((Fault(kind, path="me/playlists", seconds=5),)))
    outcome = pipeline.run(max_wait_seconds=1)
    assert outcome.error == error
    assert "max_wait_seconds (1 s)" in outcome.cause
    assert "WaitForSpotify" not in pipeline.states()
    pipeline.forget_shut_door()


def test_a_run_that_is_in_progress_is_named(pipeline: Pipeline) -> None:
    dynamodb = pipeline.stack.aws.client("dynamodb")
    table = pipeline.lease_table
    item = {
        "lease_name": {"S": "spotify_pipeline"},
        "run_id": {"S": "run-other"},
        "expires_at": {"N": "9999999999"},
    }
    dynamodb.put_item(TableName=table, Item=item)
    outcome = pipeline.run()
    assert outcome.error == "RunInProgress"
    assert "run-other" in outcome.cause
    assert pipeline.lease() == item
    dynamodb.delete_item(TableName=table, Key={"lease_name": {"S": "spotify_pipeline"}})


def test_a_raw_zone_that_refuses_writes_is_reported(pipeline: Pipeline) -> None:
    client = pipeline.stack.aws.client("lambda")
    names = [each["FunctionName"] for each in client.list_functions()["Functions"]]
    function = next(name for name in names if "FetchSpotify" in name)
    before = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**before, "RAW_BUCKET": "no-such-bucket"}}
    )
    outcome = pipeline.run()
    client.update_function_configuration(FunctionName=function, Environment={"Variables": before})
    assert outcome.error == "RawZoneUnwritable"
    assert "no-such-bucket" in outcome.cause


def test_a_failing_alert_topic_does_not_hide_the_reason(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    sns = pipeline.stack.aws.client("sns")
    topic = pipeline.stack.outputs["AlertTopicArn"]
    sns.delete_topic(TopicArn=topic)
    execution = pipeline.start(snapshot_date="yesterday")
    outcome = execution.wait()
    assert pipeline.stack.aws.wait_for_work(timeout=30)
    sns.create_topic(Name=topic.rsplit(":", 1)[1])
    assert outcome.error == "InvalidInput"
    assert f"could not be delivered to {explain_failure_arn(pipeline)}" in caplog.text
    assert "NotFoundException" in caplog.text


def explain_failure_arn(pipeline: Pipeline) -> str:
    functions = pipeline.stack.aws.client("lambda").list_functions()["Functions"]
    (arn,) = (str(each["FunctionArn"]) for each in functions if "ExplainFailure" in each["FunctionName"])
    return arn
