"""A small world for the fetch: the local Spotify, S3 and Secrets Manager in this process, a clock that flies."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import boto3
from moto import mock_aws

from fetch_spotify.clock import Clock
from fetch_spotify.config import Config, FetchRequest
from fetch_spotify.errors import FetchError, LimitReached
from fetch_spotify.run import Doors, fetch
from infra.local.spotify_api import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SpotifyApi
from spotify_lake import raw_zone
from spotify_lake.raw_zone import RunManifest

JsonObject: TypeAlias = dict[str, Any]

BUCKET = "raw-zone"
SECRET = "spotify-app"
DAY = "2026-11-22"
USER_SECRET = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
APP_SECRET = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
MAX_INVOCATIONS = 60


class FlyingClock:
    """Time that passes only by sleeping. `remaining` counts down from `seconds` when it is given."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []
        self.ends_at = float("inf")

    def now(self) -> float:
        """Real time, plus what was slept."""
        return time.time() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        with self._lock:
            self._ahead += seconds
            self.slept.append(seconds)

    def start_function(self, seconds: float) -> None:
        """Let the function's time begin now."""
        self.ends_at = self.now() + seconds

    def as_clock(self) -> Clock:
        """The clock as the fetch takes it."""
        return Clock(now=self.now, sleep=self.sleep, remaining=lambda: self.ends_at - self.now())


class Killed(BaseException):
    """The function is killed: nothing after this reaches the outside."""


class MortalS3:
    """An S3 client that dies with the function: after so many writes every call raises `Killed`."""

    def __init__(self, s3: Any, writes: int) -> None:
        self._s3 = s3
        self._left = writes
        self._lock = threading.Lock()

    def put_object(self, **request: Any) -> Any:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                raise Killed
        return self._s3.put_object(**request)

    def __getattr__(self, name: str) -> Any:
        if self._left < 0:
            raise Killed
        return getattr(self._s3, name)


@dataclasses.dataclass
class World:
    """One account, one raw bucket, one secret."""

    spotify: SpotifyApi
    s3: Any
    secrets: Any
    clock: FlyingClock
    settings: JsonObject = dataclasses.field(default_factory=dict)

    def config(self) -> Config:
        """The settings, with room for a clock that flies and no pauses that matter."""
        values = {
            "raw_bucket": BUCKET,
            "spotify_secret_arn": SECRET,
            "spotify_api_url": self.spotify.api_url,
            "spotify_accounts_url": self.spotify.accounts_url,
            "clock_tolerance_seconds": 10**9,
            "fetch_concurrency": 2,
        }
        return Config(**{**values, **self.settings})

    def invoke(self, run_id: str = "run-1", day: str = DAY, *, s3: Any = None, **event: Any) -> JsonObject:
        """One invocation of the function."""
        request = FetchRequest.from_event({"run_id": run_id, "snapshot_date": day, **event})
        return fetch(self.config(), request, Doors(s3 or self.s3, self.secrets, self.clock.as_clock()))

    def run(self, run_id: str = "run-1", day: str = DAY, **event: Any) -> JsonObject:
        """A whole run as the state machine drives it: goes on after CONTINUE, waits on limits, retries."""
        cursor = None
        for _ in range(MAX_INVOCATIONS):
            try:
                answer = self.invoke(run_id, day, cursor=cursor, **event)
            except LimitReached as limit:
                self.clock.sleep(limit.retry_after_seconds)
            except FetchError as error:
                if not error.is_retryable:
                    raise
                self.clock.sleep(30)
            else:
                if answer["status"] == "COMPLETE":
                    return answer
                cursor = answer["cursor"]
        raise AssertionError(f"the run did not end within {MAX_INVOCATIONS} invocations")

    def keys(self, prefix: str = "spotify/") -> list[str]:
        """The keys in the raw bucket."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def body(self, key: str) -> bytes:
        """A stored object's bytes."""
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def lines(self, key: str) -> list[JsonObject]:
        """A stored object's envelopes."""
        return [json.loads(line) for line in gzip.decompress(self.body(key)).splitlines()]

    def manifest(self, run_id: str = "run-1", day: str = DAY) -> RunManifest:
        """A run's manifest."""
        return RunManifest.from_json(self.body(raw_zone.manifest_key(day, run_id)))

    def records(self, run_id: str = "run-1", day: str = DAY) -> list[str]:
        """Everything that a run's manifest names, record for record, without times and run ids."""
        manifest = self.manifest(run_id, day)
        objects = [obj for entry in manifest.playlists for obj in entry.objects]
        objects += [*manifest.playlist_records, *manifest.artist_records]
        lines = {
            json.dumps({k: v for k, v in line.items() if k not in {"fetched_at", "run_id"}}, sort_keys=True)
            for obj in objects
            for line in self.lines(obj.key)
        }
        return sorted(lines)

    def items(self, run_id: str = "run-1", day: str = DAY) -> list[tuple[str, int]]:
        """(playlist, position) of every stored item, in the manifest's order."""
        entries = self.manifest(run_id, day).playlists
        lines = (line for entry in entries for obj in entry.objects for line in self.lines(obj.key))
        return [(line["playlist_id"], line["position"]) for line in lines]


@contextlib.contextmanager
def world(spotify: SpotifyApi, secret: JsonObject | str | None = None, **settings: Any) -> Iterator[World]:
    """A fresh AWS around a running local Spotify."""
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        secrets = boto3.client("secretsmanager", region_name="us-east-1")
        body = USER_SECRET if secret is None else secret
        secrets.create_secret(Name=SECRET, SecretString=body if isinstance(body, str) else json.dumps(body))
        spotify.calls.clear()
        yield World(spotify, s3, secrets, FlyingClock(), settings)


def seeded(seed: int) -> random.Random:
    """The one source of chance of a test."""
    return random.Random(seed)


Act: TypeAlias = Callable[[], Any]
