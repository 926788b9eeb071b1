"""A test environment for the fetch: the local Spotify, S3 and Secrets Manager in process, a fake clock."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import gzip
import io
import itertools
import json
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import boto3
import msgspec
import requests
from botocore.exceptions import ClientError
from moto import mock_aws
from requests.adapters import HTTPAdapter

from common.events import FetchRequest, read_event
from fetch_spotify.clock import Clock
from fetch_spotify.config import Config
from fetch_spotify.context import Clients
from fetch_spotify.errors import FetchError, LimitReached
from fetch_spotify.run import fetch
from infra.local.spotify_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    SpotifyApi,
    SyntheticCatalog,
)
from spotify_lake.contract import raw_zone
from spotify_lake.contract.raw_zone import RunManifest

JsonObject: TypeAlias = dict[str, Any]

BUCKET = "raw-zone"
SECRET = "spotify-app"
DAY = "2026-11-22"
NEXT_DAY = "2026-11-23"


def days_later(number: int) -> str:
    """The day `number` days after `DAY`."""
    return (dt.date.fromisoformat(DAY) + dt.timedelta(days=number)).isoformat()


# Playlists of the bundled catalog.
KITCHEN_RADIO = "0WbR4uHMfj5156Zrk3OiOG"  # 224 items: the embedded 100 and three pages
SUNDAY_FERRY = "4AIzpkm3ItM2K6Is3mKZfR"  # 127 items: one page more
ODDS_AND_ENDS = "4fOizN77ZMPG07E6Ul92Rm"  # 59 items, all edge cases
NOTHING_YET = "2Q9UTmqIWSnVzX9oTLC0GF"
BASEMENT = "3DukV8YJmeR9Fd6JxSjSLh"
DAILY_FIFTY = "5eclZ41bfOjtFmrhtze1le"
HUNDRED_EVEN = "0ZHt6T8cYMF0fo2M7fz3IY"
UNKNOWN = "0000000000000000000000"
USER_SECRET = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
APP_SECRET = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
MAX_INVOCATIONS = 60


class FakeClock:
    """Time that passes only by sleeping. `remaining` counts down from `seconds` when it is given."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []
        self.ends_at = float("inf")
        self.remaining: Callable[[], float] = lambda: self.ends_at - self.now()

    def now(self) -> float:
        """Real time plus the sleeping time."""
        return time.time() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        with self._lock:
            self._ahead += seconds
            self.slept.append(seconds)

    def start_function(self, seconds: float) -> None:
        """Start the function's time now."""
        self.ends_at = self.now() + seconds

    def end_after_calls(self, calls: Sequence[object], count: int) -> None:
        """End the function's time after `count` further calls."""
        last = len(calls) + count
        self.remaining = lambda: 900.0 if len(calls) < last else 0.0

    def as_clock(self) -> Clock:
        """The fetch's clock."""
        return Clock(now=self.now, sleep=self.sleep, remaining=self.remaining)


class Killed(BaseException):
    """The function is killed: nothing after this has any effect."""


class SmallLibrary(SyntheticCatalog):
    """The bundled catalog with an account that lists a few playlists, for the tests that run it often."""

    def __init__(self, *playlist_ids: str) -> None:
        super().__init__()
        self._listed = playlist_ids

    def my_playlists(self, day: dt.date) -> list[str | None]:
        return [None, *self._listed]


class KillableS3:
    """An S3 client that is killed with the function: after `writes` writes every call raises `Killed`."""

    def __init__(self, s3: Any, writes: float = math.inf) -> None:
        self._s3 = s3
        self._left = writes
        self._lock = threading.Lock()

    def put_object(self, **request: Any) -> Any:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                raise Killed
        return self._s3.put_object(**request)

    def die(self) -> None:
        """Kill the function now."""
        with self._lock:
            self._left = -1

    def __getattr__(self, name: str) -> Any:
        if self._left < 0:
            raise Killed
        return getattr(self._s3, name)


def killing_adapter(s3: KillableS3, call: int) -> type[HTTPAdapter]:
    """An adapter that kills the function within a call: Spotify has answered, and the answer is lost."""
    calls = itertools.count(1)

    class Dying(HTTPAdapter):
        def send(self, *args: Any, **options: Any) -> requests.Response:
            response = super().send(*args, **options)
            if next(calls) < call:
                return response
            s3.die()
            raise Killed

    return Dying


class MemoryS3:
    """The part of S3 that the fetch uses, in a dict, for tests with hundreds of runs."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> JsonObject:
        self.bodies[Key] = Body
        return {}

    def get_object(self, *, Key: str, **_: Any) -> JsonObject:
        if Key not in self.bodies:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.bodies[Key])}

    def get_paginator(self, _: str) -> MemoryS3:
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> list[JsonObject]:
        return [{"Contents": [{"Key": key} for key in sorted(self.bodies) if key.startswith(Prefix)]}]


class MemorySecrets:
    """The part of Secrets Manager that the fetch uses."""

    def __init__(self, body: JsonObject | str) -> None:
        self.text = body if isinstance(body, str) else json.dumps(body)

    def get_secret_value(self, *, SecretId: str) -> JsonObject:
        return {"SecretString": self.text}

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> JsonObject:
        self.text = SecretString
        return {}


@functools.lru_cache(maxsize=1_000)
def _envelopes(body: bytes) -> tuple[JsonObject, ...]:
    return tuple(json.loads(line) for line in gzip.decompress(body).splitlines())


@dataclasses.dataclass
class World:
    """One account, one raw bucket, one secret."""

    spotify: SpotifyApi
    s3: Any
    secrets: Any
    clock: FakeClock
    settings: JsonObject = dataclasses.field(default_factory=dict)
    sns: Any = None

    def config(self) -> Config:
        """The settings, suitable for a fake clock."""
        values = {
            "raw_bucket": BUCKET,
            "spotify_secret_arn": SECRET,
            "spotify_api_url": self.spotify.api_url,
            "spotify_accounts_url": self.spotify.accounts_url,
            "clock_tolerance_seconds": 10**9,
            "fetch_concurrency": 2,
            "max_calls": 0,
        }
        return Config(**{**values, **self.settings})

    def invoke(self, run_id: str = "run-1", day: str = DAY, *, s3: Any = None, **event: Any) -> JsonObject:
        """One invocation of the function."""
        request = read_event({"run_id": run_id, "snapshot_date": day, **event}, FetchRequest)
        clients = Clients(s3 or self.s3, self.secrets, self.clock.as_clock(), self.sns)
        answer = fetch(self.config(), request, clients)
        output: JsonObject = msgspec.to_builtins(answer)
        return output

    def run(
        self, run_id: str = "run-1", day: str = DAY, *, calls_each: int | None = None, **event: Any
    ) -> JsonObject:
        """A complete run as the state machine drives it: continues after CONTINUE, waits for limits, retries.

        With `calls_each` the time of each invocation is over after this number of calls.
        """
        cursor = None
        for _ in range(MAX_INVOCATIONS):
            if calls_each is not None:
                self.clock.end_after_calls(self.spotify.calls, calls_each)
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

    def all_keys(self, prefix: str = "spotify/") -> list[str]:
        """The keys in the raw bucket."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def body(self, key: str) -> bytes:
        """A stored object's bytes."""
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def lines(self, key: str) -> tuple[JsonObject, ...]:
        """A stored object's envelopes; do not change them in place, they are cached."""
        return _envelopes(self.body(key))

    def manifest(self, run_id: str = "run-1", day: str = DAY) -> RunManifest:
        """A run's manifest."""
        return RunManifest.from_json(self.body(raw_zone.manifest_key(day, run_id)))

    def records(self, run_id: str = "run-1", day: str = DAY) -> list[str]:
        """The records of a run's manifest, without times and run ids."""
        manifest = self.manifest(run_id, day)
        objects = [obj for entry in manifest.playlists for obj in entry.objects]
        lines = [line for obj in [*objects, *manifest.full_records()] for line in self.lines(obj.key)]
        records = [line for obj in manifest.playlist_records for line in self.lines(obj.key)]
        # The latest of a playlist's own records counts: it may have been listed and then read itself.
        records.sort(key=lambda line: line["fetched_at"])
        lines += {line["playlist_id"]: line for line in records}.values()
        return sorted(json.dumps({**line, "fetched_at": "", "run_id": ""}, sort_keys=True) for line in lines)

    def reads(self) -> Counter[tuple[str, str]]:
        """How often each address of the Web API was read with success."""
        calls = [call for call in self.spotify.calls if call.path.startswith("/v1/") and call.status == 200]
        return Counter((call.path, json.dumps(dict(call.query), sort_keys=True)) for call in calls)

    def items(self, run_id: str = "run-1", day: str = DAY) -> list[tuple[str, int]]:
        """(playlist, position) of every stored item, in the manifest's order."""
        entries = self.manifest(run_id, day).playlists
        lines = (line for entry in entries for obj in entry.objects for line in self.lines(obj.key))
        return [(line["playlist_id"], line["position"]) for line in lines]


@contextlib.contextmanager
def aws_world(spotify: SpotifyApi, secret: JsonObject | None = None, **settings: Any) -> Iterator[World]:
    """A fresh AWS, played by moto, around a running local Spotify."""
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        secrets = boto3.client("secretsmanager", region_name="us-east-1")
        secrets.create_secret(Name=SECRET, SecretString=json.dumps(secret or USER_SECRET))
        spotify.calls.clear()
        yield World(spotify, s3, secrets, FakeClock(), settings)


@contextlib.contextmanager
def world(spotify: SpotifyApi, secret: JsonObject | str | None = None, **settings: Any) -> Iterator[World]:
    """The same with a bucket and a secret in memory."""
    yield quick_world(spotify, secret, **settings)


def quick_world(spotify: SpotifyApi, secret: JsonObject | str | None = None, **settings: Any) -> World:
    """The same without a context, for many runs."""
    spotify.calls.clear()
    body = USER_SECRET if secret is None else secret
    return World(spotify, MemoryS3(), MemorySecrets(body), FakeClock(), settings)


def seeded(seed: int) -> random.Random:
    """The random numbers of a test."""
    return random.Random(seed)
