"""Copy the code of the Glue jobs into the artifacts bucket while the stack is created or updated.

`sam deploy` ships `glue_jobs/` as a Lambda layer, but Glue reads its code from S3. This custom resource
copies the scripts unchanged and the package as a zip.

Properties: `Bucket`, `Prefix`, `CodeVersion` (the layer's ARN: a change runs the resource again), and
`EmptiedBuckets` (emptied with the stack, because CloudFormation does not delete a bucket with objects).
Attributes: `ScriptLocation`, `MartsScriptLocation`, `ExtraPyFiles` (s3:// URIs; each version of the code has
its own, so that a running job is not affected).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import urllib.request
import zipfile
from pathlib import Path
from typing import Any, Final

import boto3

from common.observability import logger

SCRIPTS: Final = {"ScriptLocation": "normalize_spotify.py", "MartsScriptLocation": "build_marts.py"}
PACKAGE: Final = "spotify_lake"
# A fixed time stamp, so that the same code gives the same zip and the same key.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def handler(event: dict[str, Any], _context: object) -> None:
    """Answer a CloudFormation custom resource request; the answer goes to its ResponseURL."""
    properties = event["ResourceProperties"]
    try:
        if event["RequestType"] == "Delete":
            data: dict[str, str] = {}
            for bucket in properties["EmptiedBuckets"]:
                empty(bucket)
        else:
            data = install(properties["Bucket"], properties["Prefix"])
    except Exception as error:  # without an answer CloudFormation waits for an hour
        logger.exception("the custom resource failed", extra={"request": event["RequestType"]})
        _answer(event, "FAILED", reason=f"{type(error).__name__}: {error}")
    else:
        _answer(event, "SUCCESS", data=data)


def install(bucket: str, prefix: str) -> dict[str, str]:
    """Upload the scripts and the package; return their URIs by attribute."""
    root = _code_root()
    files = {name: (script, (root / script).read_bytes()) for name, script in SCRIPTS.items()}
    files["ExtraPyFiles"] = (f"{PACKAGE}.zip", _zip_package(root))
    version = hashlib.sha256(b"".join(body for _, body in files.values())).hexdigest()[:16]
    s3 = boto3.client("s3")
    for file, body in files.values():
        s3.put_object(Bucket=bucket, Key=f"{prefix}{version}/{file}", Body=body)
    return {name: f"s3://{bucket}/{prefix}{version}/{file}" for name, (file, _) in files.items()}


def empty(bucket: str) -> None:
    """Delete every object of a bucket, if the bucket exists."""
    s3 = boto3.resource("s3")
    try:
        s3.Bucket(bucket).objects.all().delete()
    except s3.meta.client.exceptions.NoSuchBucket:
        logger.info("the bucket does not exist", extra={"bucket": bucket})


def _code_root() -> Path:
    """Return the folder of the layer that holds the scripts (first match on PYTHONPATH)."""
    script = SCRIPTS["ScriptLocation"]
    for folder in os.environ["PYTHONPATH"].split(os.pathsep):
        if (Path(folder) / script).is_file():
            return Path(folder)
    raise FileNotFoundError(f"{script} is not in a folder of PYTHONPATH ({os.environ['PYTHONPATH']})")


def _zip_package(root: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted((root / PACKAGE).rglob("*.py")):
            entry = zipfile.ZipInfo(str(path.relative_to(root)), _EPOCH)
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _answer(
    event: dict[str, Any], status: str, *, data: dict[str, str] | None = None, reason: str = ""
) -> None:
    body = {
        "Status": status,
        "Reason": reason or "done",
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        "Data": data or {},
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own pre-signed address
        event["ResponseURL"], data=json.dumps(body).encode(), method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310
        pass
