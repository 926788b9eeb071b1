"""Publish the catalog: describe what the crawler made, create the views, report what the job wrote.

Event: `{"run_id", "snapshot_date"}`. Returns `rows` (a count a table), `rejected` (a count a reason) and
`quality` (how many rules were checked, and the first of those that did not hold).
Fails with `ReportMissing` or `ViewNotCreated`.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import awswrangler as wr
import boto3
from botocore.exceptions import ClientError

from common.observability import logger
from spotify_lake.tables import TABLES

from .catalog import describe_table, describe_view
from .errors import ReportMissing, ViewNotCreated
from .view_sql import View, all_views

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_POLL_SECONDS: Final = 0.25
_SHOWN_RULES: Final = 20


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer the state *PublishCatalog*."""
    report = _read_report(os.environ["CURATED_BUCKET"], event["snapshot_date"], event["run_id"])
    database = os.environ["DATABASE"]
    glue = boto3.client("glue")
    for table in TABLES:
        describe_table(glue, database, table, f"s3://{os.environ['CURATED_BUCKET']}/{table.name}/")
    views = all_views()
    with ThreadPoolExecutor(max_workers=4) as pool:  # no view reads another: they may be made side by side
        list(pool.map(lambda view: _publish_view(glue, database, view), views))
    logger.info("catalog published", extra={"tables": len(TABLES), "views": len(views)})
    return {
        "rows": {name: table["rows"] for name, table in report["tables"].items()},
        "rejected": report["rejected"],
        "quality": {**report["quality"], "failed": report["quality"]["failed"][:_SHOWN_RULES]},
    }


def _read_report(bucket: str, snapshot_date: str, run_id: str) -> dict[str, Any]:
    key = f"_runs/snapshot_date={snapshot_date}/run_id={run_id}/_published.json"
    s3 = boto3.client("s3")
    try:
        report: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
            raise ReportMissing(f"s3://{bucket}/{key}") from error
        raise
    return report


def _publish_view(glue: GlueClient, database: str, view: View) -> None:
    try:
        wr.athena.start_query_execution(
            view.statement,
            database=database,
            workgroup=os.environ["WORKGROUP"],
            wait=True,
            athena_query_wait_polling_delay=_POLL_SECONDS,
        )
    except wr.exceptions.QueryFailed as error:
        raise ViewNotCreated(view.name, str(error)) from error
    describe_view(glue, database, view.name, view.description)
