"""Build the report of the day that a run published.

Event: `common.events.Run`, with the day in `snapshot_date`.
Writes `reports/snapshot_date=<day>/index.html`, and `reports/latest.html` if no later day has a report. Sends
the digest to the alert topic if `REPORT_DIGEST` asks for one and the day has no report yet.
Returns `status` (`written`, or `skipped` with a `reason`), `uri` and `link` of the page, `is_latest`, the
`verdict` in words, and `digest` (whether it was sent). A run without marts is skipped.
Fails with `PartitionMissing`. The state machine turns any failure into a warning: the run goes on.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import Any
from urllib.parse import quote

import boto3

from common.console import console_url
from common.events import Run, read_event
from common.observability import logger

from . import digest
from .page import render
from .places import LATEST, REPORTS, key_of
from .reading.day import read_report
from .reading.lake import Lake
from .reading.runs import GlueSize
from .report import Report


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer the state *BuildReport*."""
    run = read_event(event, Run)
    if not run.with_marts:
        return {
            "status": "skipped",
            "reason": "The report is made of the marts, which this run did not build.",
        }
    lake = Lake(boto3.client("s3"), os.environ["CURATED_BUCKET"], os.environ["RAW_BUCKET"])
    report = read_report(
        lake,
        run.snapshot_date,
        run_id=run.run_id,
        lake_name=os.environ["DATABASE"],
        built_at=dt.datetime.now(dt.UTC),
        size=GlueSize(int(os.environ["GLUE_WORKERS"]), os.environ["GLUE_EXECUTION_CLASS"]),
    )
    page = render(report)
    key = key_of(run.snapshot_date)
    is_latest = not lake.has_later(REPORTS, run.snapshot_date)
    is_first = not lake.exists(key)
    lake.put_page(key, page)
    if is_latest:
        lake.put_page(LATEST, page)
    link = _console_link(os.environ["AWS_REGION"], lake.curated, key)
    sends = is_first and is_latest and not run.is_rebuild
    is_sent = sends and _send(report, link)
    logger.info("report written", extra={"key": key, "characters": len(page), "is_latest": is_latest})
    return {
        "status": "written",
        "uri": f"s3://{lake.curated}/{key}",
        "link": link,
        "is_latest": is_latest,
        "verdict": report.verdict.summary,
        "digest": is_sent,
    }


def _send(report: Report, link: str) -> bool:
    """Send the digest if it is due; return whether it was sent."""
    previous_day = max((day for day in report.published_days if day < report.snapshot_date), default=None)
    if not digest.is_due(os.environ["REPORT_DIGEST"], report.snapshot_date, previous_day):
        return False
    boto3.client("sns").publish(
        TopicArn=os.environ["ALERT_TOPIC_ARN"],
        Subject=digest.subject(report),
        Message=digest.message(report, link),
    )
    return True


def _console_link(region: str, bucket: str, key: str) -> str:
    """Return the address of the object in the console, whose Open button shows the page."""
    return console_url(region, f"s3/object/{bucket}?region={region}&prefix={quote(key)}")
