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

from common.events import FetchRequest, JobRequest, ResolvedRun, ResolveRequest, Run, read_event
from common.observability import logger
from common.playlist_file import PlaylistFile, PlaylistFileUnusable, read_playlist_file
from spotify_lake.rebuild.days import ALL

from .errors import InvalidInput
from .rebuild_input import Rebuild
from .run_input import RunInput, parse_run_input

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
        fetch_request=_fetch_request(run_id, run_input),
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


def _fetch_request(run_id: str, run_input: RunInput) -> FetchRequest:
    return FetchRequest(
        run_id,
        run_input.snapshot_date,
        list(run_input.playlists),
        run_input.max_calls,
        playlists_file=_checked_file(*run_input.playlists_file) if run_input.playlists_file else None,
    )


def _checked_file(key: str, file: PlaylistFile) -> PlaylistFile:
    """Return the version of the file that was checked: the fetch reads the same one."""
    try:
        return read_playlist_file(boto3.client("s3"), file)[1]
    except PlaylistFileUnusable as error:
        raise InvalidInput(key, error.problem, error.remedy) from error


def _time_zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput(
            "TimeZone", f"(a parameter of the stack) is {name!r}", "Write one such as Europe/Berlin."
        ) from error
