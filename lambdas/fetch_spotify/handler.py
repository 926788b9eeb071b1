"""The fetch's Lambda: read Spotify into the raw zone, or resume a run that was interrupted.

Event: `common.events.FetchRequest`.
Returns `status` COMPLETE with the run's figures, or CONTINUE with the progress; see `answer`.
Fails with one of `errors`; `RateLimited` and `QuotaExceeded` carry the seconds to wait.
"""

from __future__ import annotations

import os
from typing import Any

import boto3
import msgspec
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config as BotoConfig

from common.events import FetchRequest, read_event
from common.observability import logger, metrics
from fetch_spotify.answer import Finished, Unfinished
from fetch_spotify.clock import Clock
from fetch_spotify.config import Config
from fetch_spotify.context import Clients
from fetch_spotify.run import fetch


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer the state *FetchSpotify*."""
    config, request = Config.from_env(os.environ), read_event(event, FetchRequest)
    logger.append_keys(run_id=request.run_id, snapshot_date=request.snapshot_date)
    answer = fetch(config, request, _clients(config, context))
    _add_metrics(answer)
    output: dict[str, Any] = msgspec.to_builtins(answer)
    logger.info("fetched", extra={"answer": output})
    return output


def _clients(config: Config, context: LambdaContext) -> Clients:
    boto_config = BotoConfig(
        max_pool_connections=config.workers + 1, retries={"mode": "standard", "max_attempts": 5}
    )
    return Clients(
        s3=boto3.client("s3", config=boto_config),
        secrets=boto3.client("secretsmanager", config=boto_config),
        sns=boto3.client("sns", config=boto_config) if os.environ.get("ALERT_TOPIC_ARN") else None,
        clock=Clock(remaining=lambda: context.get_remaining_time_in_millis() / 1000),
    )


def _add_metrics(answer: Finished | Unfinished) -> None:
    if isinstance(answer, Unfinished):
        return
    figures = {
        "PlaylistsFetched": answer.playlists.fetched,
        "PlaylistsUnchanged": answer.playlists.unchanged,
        "PlaylistsSkipped": answer.playlists.skipped_total,
        "Items": answer.items,
        "SpotifyCalls": answer.calls["total"],
        "AuthorizationDaysLeft": answer.authorization["days_left"],
    }
    for name, value in figures.items():
        if value is not None:
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
