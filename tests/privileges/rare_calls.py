"""What the functions of a stack do, but not in runs that succeed: each once, on a deployed stack."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from infra.local.spotify_api import AccountsOptions, SpotifyApi, SpotifyApiOptions
from tests.e2e.support import SECRET, Pipeline
from tests.privileges.deployed import describe


def make_rare_calls(pipeline: Pipeline, day: dt.date) -> None:
    """Make the functions do what they do rarely.

    Args:
        pipeline: with a lake.
        day: one that it has.
    """
    _fail_a_run(pipeline)
    _read_a_playlist_file(pipeline)
    _save_a_rotated_token(pipeline, day)
    _replace_a_view_and_register_its_days(pipeline, day)
    _empty_the_temporary_buckets(pipeline)


def _fail_a_run(pipeline: Pipeline) -> None:
    assert not pipeline.run(snapshot_date="no day").succeeded


def _read_a_playlist_file(pipeline: Pipeline) -> None:
    """Read a file under drop/ that is empty, so that it starts no run."""
    bucket, key = pipeline.stack.outputs["RawBucketName"], "drop/empty.txt"
    pipeline.stack.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    run_input = {"playlists_uri": f"s3://{bucket}/{key}"}
    event = {"input": run_input, "run_id": "rare-calls", "started_at": dt.datetime.now(dt.UTC).isoformat()}
    assert "does not name a playlist" in _invoke(pipeline, "ResolveRun", event)["errorMessage"]


def _save_a_rotated_token(pipeline: Pipeline, day: dt.date) -> None:
    """Fetch from a Spotify that answers a new refresh token."""
    client = pipeline.stack.aws.client("lambda")
    name = _function(pipeline, "FetchSpotify")
    before = client.get_function_configuration(FunctionName=name)["Environment"]
    rotating = SpotifyApiOptions(day=day, accounts=AccountsOptions(rotate_refresh_tokens=True))
    with SpotifyApi(rotating) as spotify:
        addresses = {"SPOTIFY_API_URL": spotify.api_url, "SPOTIFY_ACCOUNTS_URL": spotify.accounts_url}
        variables = {**before["Variables"], **addresses}
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        event = {"run_id": "rare-calls", "snapshot_date": day.isoformat(), "max_calls": 1}
        _invoke(pipeline, "FetchSpotify", event)
    client.update_function_configuration(FunctionName=name, Environment=before)
    assert pipeline.stack.secret()["refresh_token"] != SECRET["refresh_token"]
    pipeline.stack.put_secret(SECRET)


def _replace_a_view_and_register_its_days(pipeline: Pipeline, day: dt.date) -> None:
    """Publish the catalog while a view of an earlier release has the name of a table."""
    states, arn = pipeline.stack.aws.client("stepfunctions"), pipeline.stack.outputs["StateMachineArn"]
    latest = states.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED")["executions"][0]
    glue, database = pipeline.stack.aws.client("glue"), pipeline.stack.outputs["AthenaDatabase"]
    glue.delete_table(DatabaseName=database, Name="duplicates")
    pipeline.query("CREATE VIEW duplicates AS SELECT 1 AS one")
    run = {"run_id": latest["name"], "is_rebuild": False, "with_marts": True}
    answer = _invoke(pipeline, "PublishCatalog", {**run, "snapshot_date": day.isoformat()})
    assert answer["snapshot_date"] == day.isoformat(), answer


def _empty_the_temporary_buckets(pipeline: Pipeline) -> None:
    """Delete the custom resource JobCode and create it again."""
    bucket, results = pipeline.stack.outputs["ArtifactsBucketName"], describe(pipeline.stack).results_bucket
    s3, answer = pipeline.stack.aws.client("s3"), {"Bucket": bucket, "Key": "answer.json"}
    for request in ("Delete", "Create"):
        event = {
            "RequestType": request,
            "ResponseURL": s3.generate_presigned_url("put_object", Params=answer),
            "ResourceProperties": {"Bucket": bucket, "Prefix": "glue/", "EmptiedBuckets": [bucket, results]},
            **dict.fromkeys(("StackId", "RequestId", "LogicalResourceId"), "rare-calls"),
        }
        _invoke(pipeline, "InstallJobCode", event)
        assert json.loads(s3.get_object(**answer)["Body"].read())["Status"] == "SUCCESS"


def _invoke(pipeline: Pipeline, function: str, event: dict[str, Any]) -> Any:
    answer = pipeline.stack.aws.client("lambda").invoke(
        FunctionName=_function(pipeline, function), Payload=json.dumps(event)
    )
    return json.loads(answer["Payload"].read() or b"null")


def _function(pipeline: Pipeline, logical_id: str) -> str:
    functions = pipeline.stack.aws.client("lambda").list_functions()["Functions"]
    (name,) = (each["FunctionName"] for each in functions if f"-{logical_id}Function" in each["FunctionName"])
    return str(name)
