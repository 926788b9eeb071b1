"""The raw bucket's failures: those that a retry may fix, and those that only a person can."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from fetch_spotify.errors import ManifestUnreadable, RawZoneUnavailable, RawZoneUnwritable
from fetch_spotify.storage.bucket import RawBucket
from spotify_lake.contract.raw_zone import manifest_key
from tests.integration.fetch_support import MemoryS3
from tests.project import ROOT

MACHINE = ROOT / "step_functions" / "spotify_pipeline.asl.json"
ADDRESS = "https://s3.test"


def answer(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutObject")


class FailingS3:
    """An S3 client whose every call fails in one way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def put_object(self, **_: Any) -> None:
        raise self._error

    get_object = paginate = put_object

    def get_paginator(self, _: str) -> FailingS3:
        return self


CALLS: list[Callable[[RawBucket], object]] = [
    lambda bucket: bucket.put("key", b""),
    lambda bucket: bucket.get("key"),
    lambda bucket: bucket.keys("key"),
]


def failing(error: Exception) -> RawBucket:
    return RawBucket(FailingS3(error), "raw")  # type: ignore[arg-type]  # as much of S3 as is called


@pytest.mark.parametrize("call", CALLS, ids=["put", "get", "keys"])
@pytest.mark.parametrize(
    "error",
    [
        answer("SlowDown", 503),
        answer("InternalError", 500),
        answer("RequestTimeout", 400),
        EndpointConnectionError(endpoint_url=ADDRESS),
        ConnectTimeoutError(endpoint_url=ADDRESS),
        ReadTimeoutError(endpoint_url=ADDRESS),
        ResponseStreamingError(error="cut off"),
    ],
    ids=str,
)
def test_throttling_and_outages_of_the_bucket_are_retryable(
    call: Callable[[RawBucket], object], error: Exception
) -> None:
    with pytest.raises(RawZoneUnavailable, match="s3://raw/key") as failure:
        call(failing(error))
    assert failure.value.is_retryable
    assert "policy" not in str(failure.value)


@pytest.mark.parametrize("call", CALLS, ids=["put", "get", "keys"])
@pytest.mark.parametrize(
    "error", [answer("AccessDenied", 403), answer("NoSuchBucket", 404), NoCredentialsError()], ids=str
)
def test_a_refusal_is_final_and_points_to_the_policy(
    call: Callable[[RawBucket], object], error: Exception
) -> None:
    with pytest.raises(RawZoneUnwritable, match="policy") as failure:
        call(failing(error))
    assert not failure.value.is_retryable


def test_the_state_machine_retries_when_the_bucket_throttles() -> None:
    retries = json.loads(MACHINE.read_text())["States"]["FetchSpotify"]["Retry"]
    assert any(RawZoneUnavailable.__name__ in retry["ErrorEquals"] for retry in retries)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"manifest_version": 99}', b'{"manifest_version": 1}'])
def test_a_damaged_manifest_is_an_error_that_names_it(body: bytes) -> None:
    s3, key = MemoryS3(), manifest_key("2026-11-22", "run-1")
    s3.bodies[key] = body
    bucket = RawBucket(s3, "raw")  # type: ignore[arg-type]  # as much of S3 as is called
    with pytest.raises(ManifestUnreadable, match=f"s3://raw/{key}") as error:
        list(bucket.manifests())
    assert not error.value.is_retryable
