"""The raw bucket: get, put, list, with one plain error for whatever it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from fetch_spotify.errors import RawZoneUnwritable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class RawBucket:
    """The raw bucket, safe to share between threads.

    Args:
        s3: a boto3 client with at least as many connections as there are workers.
        name: the bucket's name.
    """

    def __init__(self, s3: S3Client, name: str) -> None:
        self.name = name
        self._s3 = s3

    def put(self, key: str, body: bytes) -> None:
        """Store an object, whole or not at all; raise `RawZoneUnwritable`."""
        try:
            self._s3.put_object(Bucket=self.name, Key=key, Body=body)
        except (ClientError, BotoCoreError) as error:
            raise self._refused("a write to", key, error) from error

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes, None when there is none; raise `RawZoneUnwritable`."""
        try:
            return self._s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise self._refused("a read of", key, error) from error
        except BotoCoreError as error:
            raise self._refused("a read of", key, error) from error

    def keys(self, prefix: str) -> list[str]:
        """Return the keys under a prefix, in order; raise `RawZoneUnwritable`."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        try:
            return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        except (ClientError, BotoCoreError) as error:
            raise self._refused("a listing of", prefix, error) from error

    def uri(self, key: str) -> str:
        """The object's s3:// address."""
        return f"s3://{self.name}/{key}"

    def _refused(self, what: str, key: str, error: Exception) -> RawZoneUnwritable:
        reason = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        return RawZoneUnwritable(
            f"The raw bucket refuses {what} {self.uri(key)} ({reason}). "
            "Check that the bucket exists and that the function's role and the bucket's policy allow it."
        )
