"""Reads the Glue job's reports: of the day that a run published, or of the days that it rebuilt."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from common.events import Run
from spotify_lake.publishing.run_report import RebuildReport, RunReport
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
        snapshot_date: the day, or the newest of several.
        rows: published rows by table, summed over the days.
        rejected: rejected records by reason, summed over the days.
        quality: of that day, the number of checked `rules`, the number of broken ones (`failed_total`), and
            the first of these (`failed`), each with rule, table, severity, failing and detail.
        rebuilt: the days that a rebuild replaced and skipped; None for a run that fetched.
    """

    snapshot_date: str
    rows: dict[str, int]
    rejected: dict[str, int]
    quality: dict[str, Any]
    rebuilt: dict[str, Any] | None


def read_report(s3: S3Client, bucket: str, run: Run) -> JobReport:
    """Read what a run published into the curated bucket.

    Raises:
        ReportMissing: the job did not publish this run, or did not complete it.
    """
    rebuild = None
    if not is_day(run.snapshot_date):
        rebuild = RebuildReport.from_json(_read(s3, bucket, f"_runs/run_id={run.run_id}/_rebuilt.json"))
    day = rebuild.days[-1] if rebuild else run.snapshot_date
    report = RunReport.from_json(
        _read(s3, bucket, f"_runs/snapshot_date={day}/run_id={run.run_id}/_published.json")
    )
    published = rebuild or RebuildReport.of_days(run.snapshot_date, [report])
    return JobReport(
        snapshot_date=day,
        rows=dict(published.rows),
        rejected=dict(published.rejected),
        quality=_quality(report.quality),
        rebuilt=_rebuilt(published) if run.is_rebuild else None,
    )


def _quality(results: Mapping[str, Any]) -> dict[str, Any]:
    """The results of the rules, shortened for the output of an execution."""
    failed = results["failed"]
    return {
        "rules": results["rules"],
        "failed_total": len(failed),
        "failed": [
            {**each, "detail": (each["detail"] or "")[:_DETAIL_LENGTH]} for each in failed[:_SHOWN_RULES]
        ],
    }


def _rebuilt(report: RebuildReport) -> dict[str, Any]:
    return {
        "asked": report.requested,
        "days": len(report.days),
        "first": report.days[0],
        "last": report.days[-1],
        "left_as_they_are": len(report.skipped),
        "left": dict(list(report.skipped.items())[:_SHOWN_DAYS]),
        "rejected_before": sum(report.rejected_before.values()),
        "rejected_now": sum(report.rejected.values()),
    }


def _read(s3: S3Client, bucket: str, key: str) -> str:
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
            raise ReportMissing(f"s3://{bucket}/{key}") from error
        raise
    return body.decode()
