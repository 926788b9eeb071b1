"""Reads the reports of the Glue jobs: of the day that a run published, or of the days that it rebuilt."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from common.events import Run
from spotify_lake.publishing.marts_report import BUILT_NAME, MartsRunReport
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
        marts: of the days whose marts were built, their number (`days`), the `first` and `last` one, and
            their `rows` by mart: of `snapshot_date`, or summed over the days of a rebuild. None without.
    """

    snapshot_date: str
    rows: dict[str, int]
    rejected: dict[str, int]
    quality: dict[str, Any]
    rebuilt: dict[str, Any] | None
    marts: dict[str, Any] | None


def read_report(s3: S3Client, bucket: str, run: Run) -> JobReport:
    """Read what a run published into the curated bucket.

    Raises:
        ReportMissing: a job did not publish this run, or did not complete it.
    """
    marts = None
    if run.with_marts:
        marts = MartsRunReport.from_json(_read(s3, bucket, f"_runs/run_id={run.run_id}/{BUILT_NAME}"))
        if not run.with_tables:
            return _of_marts(marts)
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
        quality=_quality(report.quality, *([marts.quality] if marts else [])),
        rebuilt=_rebuilt(published) if run.is_rebuild else None,
        marts=_marts(marts, marts.rows if run.is_rebuild else marts.newest_rows) if marts else None,
    )


def _of_marts(marts: MartsRunReport) -> JobReport:
    """The report of a rebuild of the marts only."""
    rebuild = RebuildReport(marts.run_id, marts.requested, tuple(marts.days), {}, {}, {}, {})
    return JobReport(
        snapshot_date=marts.newest,
        rows={},
        rejected={},
        quality=_quality(marts.quality),
        rebuilt=_rebuilt(rebuild),
        marts=_marts(marts, marts.rows),
    )


def _marts(report: MartsRunReport, rows: Mapping[str, int]) -> dict[str, Any]:
    days = list(report.days)
    return {"days": len(days), "first": days[0], "last": days[-1], "rows": dict(rows)}


def _quality(*results: Mapping[str, Any]) -> dict[str, Any]:
    """The results of the rules, shortened for the output of an execution."""
    failed = [rule for each in results for rule in each["failed"]]
    return {
        "rules": sum(each["rules"] for each in results),
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
