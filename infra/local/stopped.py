"""Report what a run had published when Ctrl-C stopped it."""

from __future__ import annotations

import time
from typing import Final

from infra.local.execution import Execution
from infra.local.stack import Stack
from spotify_lake.publishing.publish import COMMIT_NAME, PUBLISHED_NAME, RUNS, STAGING
from spotify_lake.publishing.run_report import RunReport

_CATALOG_STATE: Final = "PublishCatalog"
_JOB_IS_ACTIVE: Final = ("STARTING", "RUNNING", "STOPPING", "WAITING")
_POLL_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 30.0


class RunStopped(Exception):
    """A run was stopped; the message says what was published."""


def stop(stack: Stack, execution: Execution) -> RunStopped:
    """Stop an execution and its Glue job, and find out what they published.

    They read the run reports in the curated zone: the state machine does not know its job's progress.
    """
    execution.stop()
    _wait_for_job_runs(stack)
    files = _RunFiles(stack, execution.name)
    published = sorted(files.reports(), key=lambda report: report.snapshot_date)
    commit = files.commit()
    sentences = ["Stopped."]
    if published:
        sentences.append(f"{_days(published)} {'was' if len(published) == 1 else 'were'} published.")
        if _CATALOG_STATE in execution.completed_states():
            sentences.append("The catalog and the views are up to date.")
        else:
            sentences.append(f"The catalog and the views are not up to date: {_fix(published)} updates them.")
    if commit:
        day = commit.snapshot_date
        sentences.append(
            f"Publishing {day} was under way: some of its tables may be new and others not."
            " The next run finishes it."
        )
    if not published and not commit:
        sentences.append("Nothing was published. What was fetched is kept: the next run continues from it.")
    return RunStopped(" ".join(sentences))


def _days(published: list[RunReport]) -> str:
    first, last = published[0].snapshot_date, published[-1].snapshot_date
    tables = len(published[0].tables)
    rows = sum(rows for report in published for rows in report.tables.values())
    if first == last:
        return f"{first} ({tables} tables, {rows:,} rows)"
    return f"{first} to {last} ({len(published)} days, {rows:,} rows)"


def _fix(published: list[RunReport]) -> str:
    return f"`make rebuild DAYS={published[-1].snapshot_date}`"


def _wait_for_job_runs(stack: Stack) -> None:
    """Wait until what the job wrote is in the bucket."""
    glue = stack.aws.client("glue")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    names = glue.list_jobs()["JobNames"]
    while time.monotonic() < deadline:
        runs = [run for name in names for run in glue.get_job_runs(JobName=name)["JobRuns"]]
        if not any(run["JobRunState"] in _JOB_IS_ACTIVE for run in runs):
            return
        time.sleep(_POLL_SECONDS)


class _RunFiles:
    """What a run left in the curated bucket."""

    def __init__(self, stack: Stack, run_id: str) -> None:
        self._s3, self._run_id = stack.aws.client("s3"), run_id
        self._bucket = stack.outputs["CuratedBucketName"]

    def reports(self) -> list[RunReport]:
        """The reports of the days that were published."""
        keys = self._keys(f"{RUNS}/")
        return [self._read(key) for key in keys if key.endswith(f"/run_id={self._run_id}/{PUBLISHED_NAME}")]

    def commit(self) -> RunReport | None:
        """The report of a day whose publishing has begun and not ended."""
        keys = self._keys(f"{STAGING}/run_id={self._run_id}/{COMMIT_NAME}")
        return self._read(keys[0]) if keys else None

    def _keys(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def _read(self, key: str) -> RunReport:
        return RunReport.from_json(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read().decode())
