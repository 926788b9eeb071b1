"""The raw bucket: get, put and list, with one error for refusals and one for temporary failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's, not an OSError
    HTTPClientError,
    IncompleteReadError,
)

from fetch_spotify.errors import ManifestUnreadable, RawZoneUnavailable, RawZoneUnwritable
from spotify_lake.contract.raw_zone import (
    MANIFEST_NAME,
    ManifestUnreadableError,
    RunManifest,
    manifests_prefix,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


# Retryable whatever the status is.
_RETRYABLE_CODES: Final = frozenset({"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException"})
_LOST_CONNECTIONS: Final = (ConnectionError, HTTPClientError, IncompleteReadError)
_FIRST_SERVER_ERROR: Final = 500


class RawBucket:
    """The raw bucket, safe to share between threads.

    Every method raises `RawZoneUnavailable` for retryable errors, else `RawZoneUnwritable`.

    Args:
        s3: a boto3 client with at least as many connections as there are workers.
        name: the bucket's name.
    """

    def __init__(self, s3: S3Client, name: str) -> None:
        self.name = name
        self._s3 = s3

    def put(self, key: str, body: bytes) -> None:
        """Store an object; the write is atomic."""
        try:
            self._s3.put_object(Bucket=self.name, Key=key, Body=body)
        except (ClientError, BotoCoreError) as error:
            raise self._failed("a write to", key, error) from error

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes; None when it does not exist."""
        try:
            return self._s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise self._failed("a read of", key, error) from error
        except BotoCoreError as error:
            raise self._failed("a read of", key, error) from error

    def keys(self, prefix: str) -> list[str]:
        """Return the keys under a prefix, in order."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        except (ClientError, BotoCoreError) as error:
            raise self._failed("a listing of", prefix, error) from error

    def manifest(self, key: str) -> RunManifest | None:
        """Return a run's manifest; None when it does not exist.

        Raises:
            ManifestUnreadable: it is invalid.
        """
        body = self.get(key)
        try:
            return None if body is None else RunManifest.from_json(body)
        except ManifestUnreadableError as error:
            raise ManifestUnreadable(self.uri(key), error.reason) from error

    def manifests(self) -> Iterator[RunManifest]:
        """Yield the manifests of all runs."""
        for key in self.keys(manifests_prefix()):
            if key.endswith(f"/{MANIFEST_NAME}") and (manifest := self.manifest(key)):
                yield manifest

    def uri(self, key: str) -> str:
        """The object's s3:// address."""
        return f"s3://{self.name}/{key}"

    def _failed(self, what: str, key: str, error: Exception) -> RawZoneUnavailable | RawZoneUnwritable:
        reason = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        if _is_retryable(error):
            return RawZoneUnavailable(
                f"S3 fails {what} {self.uri(key)} ({reason}) after several tries. "
                "What was stored is kept. The next run resumes where this one stopped."
            )
        return RawZoneUnwritable(
            f"The raw bucket refuses {what} {self.uri(key)} ({reason}). "
            "Check that the bucket exists and that the function's role and the bucket's policy allow it."
        )


def _is_retryable(error: Exception) -> bool:
    if not isinstance(error, ClientError):
        return isinstance(error, _LOST_CONNECTIONS)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= _FIRST_SERVER_ERROR or error.response["Error"]["Code"] in _RETRYABLE_CODES
