"""Resolve a run: the execution's input in, the run's fixed facts out.

Event: `{"input": {...}, "run_id": "<execution name>", "started_at": "<ISO 8601>"}`.
Returns `run` (id and day), `fetch_request` (what the fetch is asked for), `job_request` (the Glue
job's arguments that the input decides), `lease` (epoch seconds), `waits` and `polls` (the counters of the
state machine's loops).
Fails with `InvalidInput`; the message names the key and the way out.
"""

from __future__ import annotations

import datetime as dt
import os
import zoneinfo
from typing import Any

import boto3
from botocore.exceptions import ClientError

from common.observability import logger

from .errors import InvalidInput
from .run_input import RunInput, parse_playlists, parse_run_input, playlist_lines


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer the state *ResolveRun*."""
    started_at = dt.datetime.fromisoformat(event["started_at"])
    today = started_at.astimezone(_time_zone(os.environ["TIME_ZONE"])).date()
    run_input = parse_run_input(event["input"], today=today)
    logger.info("run resolved", extra={"run_id": event["run_id"], "snapshot_date": run_input.snapshot_date})
    return _resolved(event["run_id"], run_input, started_at, _playlists(run_input))


def _resolved(
    run_id: str, run_input: RunInput, started_at: dt.datetime, playlists: tuple[str, ...]
) -> dict[str, Any]:
    now = int(started_at.timestamp())
    wait = run_input.max_wait_seconds
    return {
        "run": {"run_id": run_id, "snapshot_date": run_input.snapshot_date},
        "fetch_request": {
            "run_id": run_id,
            "snapshot_date": run_input.snapshot_date,
            "playlists": list(playlists),
            "max_calls": run_input.max_calls,
        },
        # A Glue job's arguments are text.
        "job_request": {"accept_shrink": str(run_input.accept_shrink).lower()},
        "lease": {"now": now, "expires_at": now + int(os.environ["LEASE_HOURS"]) * 3600},
        "waits": {
            "total_seconds": 0,
            "max_seconds": int(os.environ["MAX_WAIT_SECONDS"]) if wait is None else wait,
        },
        "polls": {"fetch_rounds": 0, "crawler": 0},
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
