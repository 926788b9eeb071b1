"""Publish the catalog: complete and describe the tables, create the views, and return the job's counts.

Event: `common.events.PublishRequest`.
Returns `snapshot_date` (a day; the newest of several), `rows` (per published table), `rejected` (records per
reason), `quality` (the number of rules that were checked and that failed, and the first failed ones),
`rebuilt` (the days of a rebuild; null for a run that fetched), `marts` (days and rows; null without) and
`console` (links).
Fails with `ReportMissing` or `ViewNotCreated`.
"""

from __future__ import annotations

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import awswrangler as wr
import boto3

from common.events import PublishRequest, read_event
from common.observability import logger
from spotify_lake.contract.marts.registry import ALL_TABLES
from spotify_lake.contract.tables import Table

from .catalog import describe_table, describe_view, register_days
from .errors import ViewNotCreated
from .job_report import read_report
from .links import console_links
from .view_sql import View, all_views

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_POLL_SECONDS: Final = 0.1


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer the state *PublishCatalog*."""
    request = read_event(event, PublishRequest)
    report = read_report(boto3.client("s3"), os.environ["CURATED_BUCKET"], request)
    database = os.environ["DATABASE"]
    glue = boto3.client("glue")
    views = all_views()
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda table: _publish_table(glue, database, table), ALL_TABLES))
        # Concurrently, because no view reads another.
        list(pool.map(lambda view: _publish_view(glue, database, view), views))
    logger.info("catalog published", extra={"tables": len(ALL_TABLES), "views": len(views)})
    return {**dataclasses.asdict(report), "console": console_links(request, os.environ)}


def _publish_table(glue: GlueClient, database: str, table: Table) -> None:
    location = f"s3://{os.environ['CURATED_BUCKET']}/{table.name}/"
    describe_table(glue, database, table, location)
    if days := register_days(database, table, location):
        logger.info("registered days that the crawler left out", extra={"table": table.name, "days": days})


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
