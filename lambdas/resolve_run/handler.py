"""Resolve a run: the execution's input in, the run's fixed facts out.

Event: `{"input": {...}, "run_id": "<execution name>", "started_at": "<ISO 8601>"}`.
Returns `run` (id, day or days, and whether it is a rebuild, which fetches nothing), `fetch_request` (what
the fetch is asked for), `job_request` (the Glue job's arguments and the minutes it may take), `lease_seconds`
(how long the lease lasts each time it is taken) and `max_wait_seconds`.
Fails with `InvalidInput`; the message names the key and the way out.
"""

from __future__ import annotations

import datetime as dt
import os
import zoneinfo
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from common.observability import logger

from .errors import InvalidInput
from .rebuild_input import Rebuild
from .run_input import RunInput, parse_playlists, parse_run_input, playlist_lines

_JOB_MINUTES: Final = 110
_REBUILD_JOB_HOURS: Final = 12
"""Days are rebuilt one after the other: at half a minute each, four years of them."""
_AROUND_THE_JOB_SECONDS: Final = 3 * 3600
"""The longest wait for the job's start (retries, FLEX workers), for a crawl and for what follows."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer the state *ResolveRun*."""
    started_at = dt.datetime.fromisoformat(event["started_at"])
    today = started_at.astimezone(_time_zone(os.environ["TIME_ZONE"])).date()
    run_input = parse_run_input(event["input"], today=today)
    logger.info("run resolved", extra={"run_id": event["run_id"], "snapshot_date": run_input.snapshot_date})
    return _resolved(event["run_id"], run_input, _playlists(run_input))


def _resolved(run_id: str, run_input: RunInput, playlists: tuple[str, ...]) -> dict[str, Any]:
    wait = run_input.max_wait_seconds
    job_request = _job_request(run_input)
    return {
        "run": {
            "run_id": run_id,
            "snapshot_date": run_input.snapshot_date,
            "is_rebuild": run_input.rebuild is not None,
        },
        "fetch_request": {
            "run_id": run_id,
            "snapshot_date": run_input.snapshot_date,
            "playlists": list(playlists),
            "max_calls": run_input.max_calls,
        },
        "job_request": job_request,
        # The lease is taken again before the job; it must outlast the job and everything after it.
        "lease_seconds": max(
            int(os.environ["LEASE_HOURS"]) * 3600,
            job_request["timeout_minutes"] * 60 + _AROUND_THE_JOB_SECONDS,
        ),
        "max_wait_seconds": int(os.environ["MAX_WAIT_SECONDS"]) if wait is None else wait,
    }


def _job_request(run_input: RunInput) -> dict[str, Any]:
    asked = run_input.rebuild or Rebuild(run_input.snapshot_date)
    minutes = _REBUILD_JOB_HOURS * 60 if run_input.rebuild else _JOB_MINUTES
    return {
        **asked.job_arguments(),
        # A Glue job's arguments are text.
        "accept_shrink": str(run_input.accept_shrink).lower(),
        "timeout_minutes": minutes,
    }


def _playlists(run_input: RunInput) -> tuple[str, ...]:
    if run_input.playlists_uri is None:
        return run_input.playlists
    listed = parse_playlists("playlists_uri", playlist_lines(_read_text(*run_input.playlists_uri)))
    if not listed:
        uri = "s3://{}/{}".format(*run_input.playlists_uri)
        raise InvalidInput(
            "playlists_uri", f"is {uri}, which names no playlist", "Write one id or URL a line."
        )
    return tuple(dict.fromkeys(run_input.playlists + listed))


def _read_text(bucket: str, key: str) -> str:
    try:
        body: bytes = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body.decode()
    except (ClientError, UnicodeDecodeError) as error:
        way_out = "Give a text file that exists and that this stack may read: one in the raw bucket."
        raise InvalidInput(
            "playlists_uri", f"s3://{bucket}/{key} cannot be read ({error})", way_out
        ) from error


def _time_zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput(
            "TimeZone", f"(a parameter of the stack) is {name!r}", "Write one such as Europe/Berlin."
        ) from error
