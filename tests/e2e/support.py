"""A deployed stack with its Spotify, for tests."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from typing import Any

from moto.sns.models import sns_backends

from infra.local.execution import Execution, Outcome, Step
from infra.local.spotify_api import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SpotifyApi
from infra.local.stack import Stack

DAY = dt.date(2026, 11, 20)
SECRET = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
# Waits are shortened. The function makes none itself, so that the state machine has to.
WAIT_SCALE = 0.02
_PATIENCE_SECONDS = 30
PARAMETERS = {"MaxInlineWaitSeconds": "0"}
WITHOUT_MARTS = {**PARAMETERS, "BuildMarts": "false"}


@dataclasses.dataclass(frozen=True)
class Answer:
    """A query's rows as Athena's text, and the bytes that it scanned."""

    rows: tuple[tuple[str | None, ...], ...]
    scanned_bytes: int


def ask(stack: Stack, sql: str) -> Answer:
    """Run a query in a stack's Athena."""
    athena = stack.aws.client("athena")
    query_id = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": stack.outputs["AthenaDatabase"]},
        WorkGroup=stack.outputs["AthenaWorkGroup"],
    )["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(0.01)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
    rows = [
        tuple(cell.get("VarCharValue") for cell in row["Data"])
        for page in pages
        for row in page["ResultSet"]["Rows"]
    ]
    return Answer(tuple(rows[1:]), execution["Statistics"]["DataScannedInBytes"])  # without the header


class Pipeline:
    """A deployed stack with its Spotify, for tests."""

    def __init__(self, stack: Stack, spotify: SpotifyApi) -> None:
        self.stack = stack
        self.spotify = spotify
        self.steps: list[Step] = []
        self._started: list[Execution] = []
        self._entered: set[str] = set()

    def run(self, **run_input: Any) -> Outcome:
        """Run an execution with this input to its end; `steps` has its history."""
        return self.finish(self.start(**run_input))

    def finish(self, execution: Execution) -> Outcome:
        """Wait for an execution's end; `steps` has its history.

        If it failed, it has been explained by then: its lease is free again, and there is one alert.
        """
        while execution.is_running():  # a long history takes long to read, so it is read once
            time.sleep(0.1)
        self.steps = list(execution.steps())
        if execution not in self._started:  # a file or the schedule has started it
            self._started.append(execution)
        outcome = execution.outcome()
        assert self.stack.aws.wait_for_work(timeout=30), "the failure was not explained in time"
        if not outcome.succeeded:
            self.check_alert(outcome)
        return outcome

    def check_alert(self, outcome: Outcome) -> None:
        """Check that an execution was explained by one alert with its name, error and reason."""
        (alert,) = (each for each in self.alerts() if f"Execution {outcome.name} ended" in each)
        assert f"ended with {outcome.error}" in alert
        assert f"Reason: {outcome.cause}" in alert
        for line in ("What to do first: ", "Started: ", "Ended: ", "Last run that succeeded: ", "Console: "):
            assert f"\n{line}" in alert

    def start(self, **run_input: Any) -> Execution:
        execution = self.stack.start(run_input)
        self._started.append(execution)
        return execution

    def started_by_arrival(self, number: int) -> list[Execution]:
        """The only executions so far, which new objects have started."""
        client = self.stack.aws.client("stepfunctions")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            machine = self.stack.outputs["StateMachineArn"]
            found = client.list_executions(stateMachineArn=machine)["executions"]
            if len(found) == number:
                return [Execution(client, each["executionArn"]) for each in found]
            time.sleep(0.1)
        raise AssertionError(f"{len(found)} executions were started, not {number}")

    def states(self) -> list[str]:
        """The states that the last run entered, in order."""
        return [step.state for step in self.steps if step.kind == "entered"]

    def entered(self) -> set[str]:
        """The states that all executions so far have entered; waits for running ones."""
        while self._started:
            self._entered |= {step.state for step in self._started.pop().steps() if step.kind == "entered"}
        return self._entered

    def forget_shut_door(self) -> None:
        """Delete the block of the app, as if its time were over."""
        s3 = self.stack.aws.client("s3")
        bucket = self.stack.outputs["RawBucketName"]
        for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            if "blocked" in found["Key"]:
                s3.delete_object(Bucket=bucket, Key=found["Key"])

    def query(self, sql: str) -> list[tuple[str | None, ...]]:
        return list(ask(self.stack, sql).rows)

    @property
    def lease_table(self) -> str:
        tables: list[str] = self.stack.aws.client("dynamodb").list_tables()["TableNames"]
        return tables[0]

    def lease(self) -> dict[str, Any] | None:
        key = {"lease_name": {"S": "spotify_pipeline"}}
        found = self.stack.aws.client("dynamodb").get_item(TableName=self.lease_table, Key=key)
        item: dict[str, Any] | None = found.get("Item")
        return item

    def alerts(self) -> list[str]:
        """The messages that were published to the alert topic so far."""
        topic = sns_backends["123456789012"]["us-east-1"].topics[self.stack.outputs["AlertTopicArn"]]
        return [sent[1] for sent in topic.sent_notifications]
