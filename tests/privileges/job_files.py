"""The permissions that a Glue job's file operations need.

On this machine a job works on files that mirror the buckets, so its operations are no requests. They are
recorded at the job's own interface to files, and each stands for the requests that Hadoop's S3A makes for it.
Source: "Working with IAM Assumed Roles" and the class S3AFileSystem of Hadoop 3.4.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from infra.local.aws.spark_drivers import Driver
from infra.local.aws.spark_jvm import Spark
from infra.local.aws.spark_script import SparkScript
from tests.privileges.resources import Needed
from tests.privileges.s3_requests import object_arn

_SCRIPT: Final = Path(__file__).parent / "job_script" / "recorded_job.py"
# HEAD of the object, then a list of what is below it: how S3A asks what a path is.
_PROBE: Final = ("s3:GetObject", "s3:ListBucket")
_READ: Final = (*_PROBE, "s3:GetObject")
# Large files are written in parts, which are aborted if the writing fails.
_WRITE: Final = (*_PROBE, "s3:PutObject", "s3:AbortMultipartUpload")
# S3A puts an empty object in the place of a folder whose last file was deleted.
_DELETE: Final = (*_PROBE, "s3:DeleteObject", "s3:PutObject")
OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "HadoopFiles.exists": _PROBE,
    "HadoopFiles.names": _PROBE,
    "HadoopFiles.read_text": _READ,
    "HadoopFiles.write_text": _WRITE,
    "HadoopFiles.replace": (*_READ, *_WRITE),
    "HadoopFiles.concatenate_parquet": (*_READ, *_WRITE, *_DELETE),
    "HadoopFiles.delete": _DELETE,
    "HadoopFiles.parquet_rows": _READ,
    "HadoopFiles.download_parquet": _READ,
    "HadoopFiles.upload": _WRITE,
    "DataFrameReader.load": _READ,
    "DataFrameReader.option": (),  # basePath: it reads nothing
    "DataFrameReader.parquet": _READ,
}


class RecordedSpark(Spark):
    """Runs jobs on another Spark and records their file operations."""

    def __init__(self, spark: Spark) -> None:
        super().__init__()
        self._spark = spark
        self._folder = tempfile.TemporaryDirectory(prefix="file-operations-")

    def run(self, script: SparkScript, base: Mapping[str, str], log: Path) -> Driver:
        """See `Spark.run`."""
        arguments = [str(self._file(base["AWS_ACCESS_KEY_ID"])), str(script.script), *script.arguments]
        return self._spark.run(dataclasses.replace(script, script=_SCRIPT, arguments=arguments), base, log)

    def finished(self, exit_code: int | None) -> str:
        """See `Spark.finished`."""
        return self._spark.finished(exit_code)

    def close(self) -> None:
        """Forget the recorded operations. The other Spark stays open."""
        self._folder.cleanup()

    def needed_by(self, job: str) -> set[Needed]:
        """Return what a job needs for the file operations of its runs so far."""
        lines = self._file(job).read_text("utf-8").splitlines() if self._file(job).exists() else []
        return {permission for line in set(lines) for permission in needed_by_operation(*json.loads(line))}

    def _file(self, job: str) -> Path:
        return Path(self._folder.name) / f"{job}.jsonl"


def needed_by_operation(operation: str, *uris: str) -> Iterator[Needed]:
    """Return what one file operation needs.

    Args:
        operation: a key of `OPERATIONS`.
        uris: the files or folders that it is about.
    """
    for uri in uris:
        parts = urlsplit(uri)
        for action in OPERATIONS[operation]:
            is_about_the_bucket = action == "s3:ListBucket"
            key = "" if is_about_the_bucket else parts.path.strip("/") or "*"
            yield Needed(action, object_arn(parts.netloc, key))
