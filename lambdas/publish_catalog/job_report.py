"""What the Glue job says it has published: a report a day, and of a rebuild of many days one note."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from spotify_lake.rebuild.days import is_day

from .errors import ReportMissing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SHOWN_DAYS: Final = 20
_SHOWN_RULES: Final = 20
_DETAIL_LENGTH: Final = 300


@dataclasses.dataclass(frozen=True)
class JobReport:
    """What a run published.

    Attributes:
        snapshot_date: the day; of several the newest.
        rows: by table that was published; of several days all together.
        rejected: records by reason, likewise.
        quality: of that day, `rules` (how many were checked), `failed_total` (how many of them did not hold)
            and `failed` (the first of these, each with rule, table, severity, failing and detail).
        rebuilt: the days of a rebuild, and those left as they are; None for a run that fetched.
    """

    snapshot_date: str
    rows: dict[str, int]
    rejected: dict[str, int]
    quality: dict[str, Any]
    rebuilt: dict[str, Any] | None


def read_report(s3: S3Client, bucket: str, run_id: str, days: str, *, is_rebuild: bool) -> JobReport:
    """Read what a run published.

    Args:
        s3: the client.
        bucket: the curated bucket.
        run_id: the run.
        days: what it was asked for: a day, a range or all.
        is_rebuild: whether it was a rebuild.

    Raises:
        ReportMissing: the job did not publish this run, or not to its end.
    """
    note = None if is_day(days) else _read(s3, bucket, f"_runs/run_id={run_id}/_rebuilt.json")
    newest = note["days"][-1] if note else days
    report = _read(s3, bucket, f"_runs/snapshot_date={newest}/run_id={run_id}/_published.json")
    rows = {name: table["rows"] for name, table in report["tables"].items()}
    done = note or {**report, "asked": days, "days": [days], "left": {}, "rows": rows}
    return JobReport(
        snapshot_date=newest,
        rows=done["rows"],
        rejected=done["rejected"],
        quality=_quality(report["quality"]),
        rebuilt=_rebuilt(done) if is_rebuild else None,
    )


def _quality(found: dict[str, Any]) -> dict[str, Any]:
    """The verdict of the rules, small enough for the output of an execution."""
    failed = found["failed"]
    return {
        "rules": found["rules"],
        "failed_total": len(failed),
        "failed": [
            {**each, "detail": (each["detail"] or "")[:_DETAIL_LENGTH]} for each in failed[:_SHOWN_RULES]
        ],
    }


def _rebuilt(done: dict[str, Any]) -> dict[str, Any]:
    return {
        "asked": done["asked"],
        "days": len(done["days"]),
        "first": done["days"][0],
        "last": done["days"][-1],
        "left_as_they_are": len(done["left"]),
        "left": dict(list(done["left"].items())[:_SHOWN_DAYS]),
        "rejected_before": sum(done["rejected_before"].values()),
        "rejected_now": sum(done["rejected"].values()),
    }


def _read(s3: S3Client, bucket: str, key: str) -> dict[str, Any]:
    try:
        body: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
            raise ReportMissing(f"s3://{bucket}/{key}") from error
        raise
    return body
