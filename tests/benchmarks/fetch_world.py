"""The fetch in its own process, with a local Spotify and a folder instead of S3.

`python -m tests.benchmarks.fetch_world <api url> <concurrency>`: the process's memory is then
the fetch's, as in a Lambda. Prints the fetch's wall seconds, CPU seconds, and peak memory in MB.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

os.environ["POWERTOOLS_LOG_LEVEL"] = "WARNING"
for _folder in ("lambdas", "glue_jobs"):
    sys.path.append(str(Path(__file__).resolve().parents[2] / _folder))

from botocore.exceptions import ClientError

from common.events import FetchRequest
from fetch_spotify.clock import Clock
from fetch_spotify.config import Config
from fetch_spotify.context import Clients
from fetch_spotify.run import fetch
from infra.local.spotify_api import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SpotifyApi


class FolderS3:
    """The part of S3 that the fetch uses, in a folder, so that stored objects do not count as memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, str] = {}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:
        self._names[Key] = hashlib.sha1(Key.encode()).hexdigest()
        (self._folder / self._names[Key]).write_bytes(Body)
        return {}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        if Key not in self._names:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO((self._folder / self._names[Key]).read_bytes())}

    def get_paginator(self, _: str) -> FolderS3:
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key} for key in sorted(self._names) if key.startswith(Prefix)]}]


class OneSecret:
    """Secrets Manager with the local Spotify's credentials in it."""

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:
        secret = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
        return {"SecretString": json.dumps(secret)}

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> dict[str, Any]:
        raise NotImplementedError(SecretId)


def fetch_days(spotify: SpotifyApi, days: Sequence[dt.date]) -> list[int]:
    """Fetch day after day into one raw zone; return the Web API calls of each, as the server counts them."""
    made = []
    with tempfile.TemporaryDirectory() as folder:
        s3 = FolderS3(Path(folder))
        for number, day in enumerate(days):
            spotify.day = day
            spotify.calls.clear()
            _fetch(spotify.api_url, s3, run_id=f"run-{number}", day=day.isoformat(), concurrency=2)
            made.append(sum(call.path.startswith("/v1/") for call in spotify.calls))
    return made


def _fetch(api_url: str, s3: Any, *, run_id: str, day: str, concurrency: int) -> None:
    config = Config(
        raw_bucket="raw",
        spotify_secret_arn="secret",
        spotify_api_url=api_url,
        spotify_accounts_url=urljoin(api_url, "/"),
        fetch_concurrency=concurrency,
        max_calls=0,
    )
    clock = Clock(now=time.time, sleep=time.sleep, remaining=lambda: 900.0)
    request = FetchRequest(run_id, day)
    fetch(config, request, Clients(s3, OneSecret(), clock))


def _peak_megabytes() -> float:
    status = Path("/proc/self/status")
    if (
        status.exists()
    ):  # on Linux getrusage includes the memory that the parent had when it started this process
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as target:
        day_now = dt.datetime.now(dt.UTC).date().isoformat()
        started, processor = time.perf_counter(), time.process_time()
        _fetch(sys.argv[1], FolderS3(Path(target)), run_id="bench", day=day_now, concurrency=int(sys.argv[2]))
        took, processor = time.perf_counter() - started, time.process_time() - processor
        sys.stdout.write(f"{took:.2f} {processor:.2f} {_peak_megabytes():.0f}\n")
