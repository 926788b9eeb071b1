"""Rebuild several days in one run, oldest first.

```
_runs/run_id=<run>/_rebuilt.json      written last: the days that were rebuilt, and those left unchanged
```

Oldest first, because each day is compared with the published day before it, which may be rebuilt by the same
run. See infra/decisions/0006.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import time
from collections.abc import Callable
from typing import Final

from pyspark.sql import SparkSession

from spotify_lake.config import JobConfig
from spotify_lake.contract import raw_zone
from spotify_lake.contract.tables import PARTITION
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.errors import FetchGone, NoDayToRebuild, RawObjectMissing, RebuildStopped
from spotify_lake.job import run
from spotify_lake.publishing.publish import RUNS, recover
from spotify_lake.publishing.reports import Reports, days_with_partitions, published_day
from spotify_lake.publishing.run_report import RebuildReport, RunReport
from spotify_lake.rebuild.days import Days

REBUILT_NAME: Final = "_rebuilt.json"
_EXPIRED: Final = "its raw records have expired"
_NEVER_PUBLISHED: Final = "it was never published, so all of its tables must be rebuilt"
_LOG = logging.getLogger(__name__)


def run_days(spark: SparkSession, config: JobConfig, clock: Callable[[], dt.datetime]) -> list[RunReport]:
    """Normalise the requested days and return their reports, oldest first.

    A published day is left unchanged, with a warning in the log, if any of its raw records or manifests have
    expired. So is a day that was never published, if only some tables are requested. It is an error if there
    is no other day. With `reprocess_rejected` the days without rejected records are skipped.

    Args:
        spark: a session from `session.job_session`.
        config: the job's arguments.
        clock: returns the current time (aware); called once per day.

    Raises:
        JobError: see `errors`. For several days `RebuildStopped` names the failing one.
    """
    if config.days.one and not config.reprocess_rejected:
        return [run(spark, config, clock)]
    files = HadoopFiles(spark)
    recover(files, config.curated_uri)
    published = days_with_partitions(files, config.curated_uri, config.tables)
    days, skipped = _days_to_rebuild(files, config, published)
    for day, reason in skipped.items():
        _LOG.warning("%s is left unchanged: %s", day, reason)
    reports = []
    for number, day in enumerate(days, 1):
        started = time.monotonic()
        try:
            reports.append(run(spark, dataclasses.replace(config, snapshot_date=day), clock))
            outcome = _summary(reports[-1])
        except (RawObjectMissing, FetchGone) as error:
            if day not in published:
                raise RebuildStopped(day, days, config.changed_settings, error) from error
            skipped[day] = outcome = f"left unchanged: {error}"
        except Exception as error:
            raise RebuildStopped(day, days, config.changed_settings, error) from error
        _LOG.info("%s (%d of %d): %s, %.1f s", day, number, len(days), outcome, time.monotonic() - started)
    if not reports:
        raise NoDayToRebuild(config.snapshot_date, _why_no_day(config), skipped)
    uri = f"{config.curated_uri}{RUNS}/run_id={config.run_id}/{REBUILT_NAME}"
    files.write_text(uri, RebuildReport.of_days(config.snapshot_date, reports, skipped).to_json())
    return reports


def _days_to_rebuild(
    files: Reports, config: JobConfig, published: set[str]
) -> tuple[list[str], dict[str, str]]:
    """The requested days that can be rebuilt, and those that cannot, with the reason."""
    days = fetched_days(files, config.raw_uri + raw_zone.manifests_prefix(), config.days)
    expired = [day for day in sorted(published - set(days)) if day in config.days]
    if config.reprocess_rejected:
        days = [day for day in days if _has_rejected(files, config, day)]
        expired = [day for day in expired if _has_rejected(files, config, day)]
    skipped = dict.fromkeys(expired, _EXPIRED)
    if not config.has_all_tables:
        reports = {day: published_day(files, config.curated_uri, day) for day in days}
        skipped |= {day: _NEVER_PUBLISHED for day, report in reports.items() if report is None}
        days = [day for day in days if day not in skipped]
    return days, skipped


def _why_no_day(config: JobConfig) -> str:
    if config.reprocess_rejected:
        return "no day has both rejected records and all of its raw records"
    return f"no day has a complete fetch under {config.raw_uri}{raw_zone.manifests_prefix()}"


def fetched_days(files: Reports, manifests_uri: str, requested: Days) -> list[str]:
    """Return the requested days that have a complete fetch, oldest first.

    Args:
        files: the raw zone's files.
        manifests_uri: the folder of all manifests.
        requested: the days.
    """
    prefix = f"{PARTITION.name}="
    named = [name.removeprefix(prefix) for name in files.names(manifests_uri) if name.startswith(prefix)]
    return [
        day
        for day in sorted(named)
        if day in requested and _has_manifest(files, f"{manifests_uri}{prefix}{day}/")
    ]


def _has_manifest(files: Reports, folder: str) -> bool:
    return any(files.exists(f"{folder}{run_id}/{raw_zone.MANIFEST_NAME}") for run_id in files.names(folder))


def _has_rejected(files: Reports, config: JobConfig, day: str) -> bool:
    published = published_day(files, config.curated_uri, day)
    return published is not None and sum(published.rejected.values()) > 0


def _summary(report: RunReport) -> str:
    before, now = sum(report.rejected_before.values()), sum(report.rejected.values())
    rejected = f", rejected records: {now} ({before} before)" if before or now else ""
    return f"{sum(report.tables.values())} rows published{rejected}"
