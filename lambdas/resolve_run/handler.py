"""Resolve a run: check the execution's input and return the parameters of the run.

Event and answer: `ResolveRequest` and `ResolvedRun` in `common.events`.
Fails with `InvalidInput`; the message names the key and the remedy.
"""

from __future__ import annotations

import os
import zoneinfo
from typing import Any, Final

import boto3
import msgspec
from botocore.exceptions import ClientError

from common.events import FetchRequest, JobRequest, ResolvedRun, ResolveRequest, Run, read_event
from common.observability import logger
from spotify_lake.rebuild.days import ALL

from .errors import InvalidInput
from .rebuild_input import Rebuild
from .run_input import RunInput, parse_playlists, parse_run_input, playlist_lines

_JOBS: Final = 2
_JOB_MINUTES: Final = 110
_REBUILD_JOB_HOURS: Final = 12
"""Days are rebuilt one after the other: four years at half a minute each."""
_MARGIN_SECONDS: Final = 3 * 3600
"""The maximum time for the job's start (retries, FLEX workers), the crawl and the later states."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer the state *ResolveRun*."""
    request = read_event(event, ResolveRequest)
    today = request.started_at.astimezone(_time_zone(os.environ["TIME_ZONE"])).date()
    run_input = parse_run_input(request.input, today=today)
    logger.info("run resolved", extra={"run_id": request.run_id, "snapshot_date": run_input.snapshot_date})
    answer: dict[str, Any] = msgspec.to_builtins(_resolved(request.run_id, run_input))
    return answer


def _resolved(run_id: str, run_input: RunInput) -> ResolvedRun:
    wait = run_input.max_wait_seconds
    job_request = _job_request(run_input)
    day = run_input.snapshot_date
    run = Run(
        run_id,
        day,
        is_rebuild=run_input.rebuild is not None,
        with_tables=run_input.rebuild is None or run_input.rebuild.with_tables,
        with_marts=os.environ["BUILD_MARTS"] == "true",
    )
    _check_marts(run)
    # The lease is renewed before the jobs and must outlast them and the later states.
    job_seconds = _JOBS * job_request.timeout_minutes * 60 + _MARGIN_SECONDS
    return ResolvedRun(
        run=run,
        fetch_request=FetchRequest(run_id, day, list(_playlists(run_input)), run_input.max_calls),
        job_request=job_request,
        lease_seconds=max(int(os.environ["LEASE_HOURS"]) * 3600, job_seconds),
        max_wait_seconds=int(os.environ["MAX_WAIT_SECONDS"]) if wait is None else wait,
    )


def _check_marts(run: Run) -> None:
    if not run.with_tables and not run.with_marts:
        raise InvalidInput(
            "tables", "is marts, which this stack does not build", "Set its parameter BuildMarts to true."
        )


def _job_request(run_input: RunInput) -> JobRequest:
    selection = run_input.rebuild or Rebuild(run_input.snapshot_date)
    return JobRequest(
        snapshot_date=selection.days,
        tables=",".join(selection.tables) or ALL,
        reprocess_rejected=str(selection.reprocess_rejected).lower(),
        accept_shrink=str(run_input.accept_shrink).lower(),
        timeout_minutes=_REBUILD_JOB_HOURS * 60 if run_input.rebuild else _JOB_MINUTES,
    )


def _playlists(run_input: RunInput) -> tuple[str, ...]:
    if run_input.playlists_uri is None:
        return run_input.playlists
    listed = parse_playlists("playlists_uri", playlist_lines(_read_text(*run_input.playlists_uri)))
    if not listed:
        uri = "s3://{}/{}".format(*run_input.playlists_uri)
        raise InvalidInput(
            "playlists_uri", f"is {uri}, which does not name a playlist", "Write one id or URL per line."
        )
    return tuple(dict.fromkeys(run_input.playlists + listed))


def _read_text(bucket: str, key: str) -> str:
    try:
        body: bytes = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body.decode()
    except (ClientError, UnicodeDecodeError) as error:
        remedy = "Give a text file that exists and that this stack may read: one in the raw bucket."
        raise InvalidInput(
            "playlists_uri", f"s3://{bucket}/{key} cannot be read ({error})", remedy
        ) from error


def _time_zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput(
            "TimeZone", f"(a parameter of the stack) is {name!r}", "Write one such as Europe/Berlin."
        ) from error
