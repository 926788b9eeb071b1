"""The IAM actions that requests of S3's REST API need.

Source: "Required permissions for Amazon S3 API operations" in S3's guide.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qs, unquote

from tests.privileges.resources import Needed, UnknownOperation

_NOT_FOUND: Final = 404
_COPY_SOURCE: Final = "x-amz-copy-source"
# What a GET of a bucket does, by the parameter that selects it. Without one it lists objects.
_OF_BUCKET: Final = {"location": "s3:GetBucketLocation", "uploads": "s3:ListBucketMultipartUploads"}
_DELETED_KEY: Final = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class S3Request:
    """A request of S3's REST API.

    Attributes:
        method: of HTTP.
        path: `/<bucket>/<key>`, not encoded.
        query: the query string.
        headers: by name in lower case.
        body: only a deletion of several objects needs it.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""


def s3_needed(request: S3Request, status: int) -> list[Needed]:
    """Return the permissions that a request needs.

    Args:
        request: the request.
        status: of the response. To a role that may not list the bucket, S3 answers 403 if an object does not
            exist, so a program that relies on 404 needs s3:ListBucket.

    Raises:
        UnknownOperation: a request that is not known here.
    """
    bucket, _, key = request.path.lstrip("/").partition("/")
    found = list(_needed(request, bucket, key))
    if not found:
        raise UnknownOperation("s3", f"{request.method} {request.path}?{request.query}")
    if key and request.method in {"GET", "HEAD"} and status == _NOT_FOUND:
        found.append(Needed("s3:ListBucket", object_arn(bucket)))
    return found


def object_arn(bucket: str, key: str = "") -> str:
    """Return the ARN of an object, or of the bucket."""
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _needed(request: S3Request, bucket: str, key: str) -> Iterator[Needed]:
    parameters = parse_qs(request.query, keep_blank_values=True)
    resource = object_arn(bucket, key)
    match request.method, bool(key):
        case "GET", False:
            selected = [action for name, action in _OF_BUCKET.items() if name in parameters]
            yield Needed(selected[0] if selected else "s3:ListBucket", resource)
        case "HEAD", False:
            yield Needed("s3:ListBucket", resource)
        case "POST", False if "delete" in parameters:
            for deleted in _DELETED_KEY.findall(request.body):
                yield Needed("s3:DeleteObject", object_arn(bucket, deleted.decode()))
        case (("GET" | "HEAD"), True):
            yield Needed(
                "s3:ListMultipartUploadParts" if "uploadId" in parameters else "s3:GetObject", resource
            )
        case (("PUT" | "POST"), True):  # also each request of an upload in parts
            yield Needed("s3:PutObject", resource)
            if _COPY_SOURCE in request.headers:
                source, _, source_key = unquote(request.headers[_COPY_SOURCE]).lstrip("/").partition("/")
                yield Needed("s3:GetObject", object_arn(source, source_key))
        case "DELETE", True:
            action = "s3:AbortMultipartUpload" if "uploadId" in parameters else "s3:DeleteObject"
            yield Needed(action, resource)
