"""Many days in one run: which of those asked for can be rebuilt, and one after the other, oldest first.

```
_runs/run_id=<run>/_rebuilt.json      written last: the days that were rebuilt, and those left as they are
```

Oldest first, because a day is compared with the published day before it: so every comparison is made with
figures that this run has already renewed. See infra/decisions/0006.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from pyspark.sql import SparkSession

from spotify_lake.config import JobConfig
from spotify_lake.contract import raw_zone
from spotify_lake.contract.tables import PARTITION
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.errors import FetchGone, NoDayToRebuild, RawObjectMissing, RebuildStopped
from spotify_lake.job import run
from spotify_lake.publishing.partitions import days_with_partitions
from spotify_lake.publishing.publish import RUNS, recover
from spotify_lake.publishing.reports import Reports, published_day
from spotify_lake.rebuild.days import Days

REBUILT_NAME: Final = "_rebuilt.json"
_GONE: Final = "its raw records are no longer kept"
_NEVER_WHOLE: Final = "it was never published, and a day cannot begin with some of its tables"
_LOG = logging.getLogger(__name__)

Report = dict[str, Any]


def run_days(spark: SparkSession, config: JobConfig, clock: Callable[[], dt.datetime]) -> list[Report]:
    """Normalise the days asked for and return their reports, oldest first.

    A published day whose raw records or manifests have expired, all or some, is left as it is, and the log
    says so; asked for alone, it is an error. So is, where only some tables are asked for, a day that was
    never published. With `reprocess_rejected` the days without rejected records are passed over.

    Args:
        spark: a session from `session.job_session`.
        config: what to do.
        clock: tells the time (aware); asked once a day.

    Raises:
        JobError: see `errors`; of several days the failing one is named by `RebuildStopped`.
    """
    if config.days.one and not config.reprocess_rejected:
        return [run(spark, config, clock)]
    files = HadoopFiles(spark)
    recover(files, config.curated_uri)
    where = config.raw_uri + raw_zone.manifests_prefix()
    days = fetched_days(files, where, config.days)
    reason = f"none of its days has a complete fetch under {where}"
    published = days_with_partitions(files, config.curated_uri, config.tables)
    gone = [day for day in sorted(published - set(days)) if day in config.days]
    if config.reprocess_rejected:
        days, gone = [[day for day in some if _has_rejected(files, config, day)] for some in (days, gone)]
        reason = "none of its days has rejected records and all of its raw records"
    left = dict.fromkeys(gone, _GONE)
    if not config.is_whole:
        left |= {day: _NEVER_WHOLE for day in days if published_day(files, config.curated_uri, day) is None}
        days = [day for day in days if day not in left]
    for day, why in left.items():
        _LOG.warning("%s is left as it is: %s", day, why)
    reports = []
    for number, day in enumerate(days, 1):
        started = time.monotonic()
        try:
            reports.append(run(spark, dataclasses.replace(config, snapshot_date=day), clock))
            told = _told(reports[-1])
        except (RawObjectMissing, FetchGone) as error:
            if day not in published:
                raise RebuildStopped(day, days, config.given, error) from error
            left[day] = told = f"left as it is: {error}"
        except Exception as error:
            raise RebuildStopped(day, days, config.given, error) from error
        _LOG.info("%s (%d of %d): %s, %.1f s", day, number, len(days), told, time.monotonic() - started)
    if not reports:
        raise NoDayToRebuild(config.snapshot_date, reason, left)
    note = f"{config.curated_uri}{RUNS}/run_id={config.run_id}/{REBUILT_NAME}"
    files.write_text(note, json.dumps(rebuilt(config, reports, left), indent=1))
    return reports


def fetched_days(files: Reports, where: str, asked: Days) -> list[str]:
    """Return the days among those asked for that have a complete fetch, oldest first.

    Args:
        files: the raw zone's files.
        where: the folder of all manifests.
        asked: the days.
    """
    prefix = f"{PARTITION.name}="
    named = [name.removeprefix(prefix) for name in files.names(where) if name.startswith(prefix)]
    return [day for day in sorted(named) if day in asked and _has_manifest(files, f"{where}{prefix}{day}/")]


def _has_manifest(files: Reports, folder: str) -> bool:
    return any(files.exists(f"{folder}{run_id}/{raw_zone.MANIFEST_NAME}") for run_id in files.names(folder))


def _has_rejected(files: Reports, config: JobConfig, day: str) -> bool:
    stands = published_day(files, config.curated_uri, day)
    return stands is not None and sum(stands.rejected.values()) > 0


def _told(report: Report) -> str:
    rows = sum(table["rows"] for table in report["tables"].values())
    before, now = sum(report["rejected_before"].values()), sum(report["rejected"].values())
    rejected = f", rejected records: {now} ({before} before)" if before or now else ""
    return f"{rows} rows published{rejected}"


def rebuilt(config: JobConfig, reports: list[Report], left: Mapping[str, str]) -> Report:
    """Return what the run's note says: the days, and the figures of them all together."""
    rows: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for report in reports:
        rows.update({name: table["rows"] for name, table in report["tables"].items()})
        rejected.update(report["rejected"])
        before.update(report["rejected_before"])
    return {
        "run_id": config.run_id,
        "asked": config.snapshot_date,
        "days": [report["snapshot_date"] for report in reports],
        "left": dict(sorted(left.items())),
        "rows": {name: rows[name] for name in config.tables},
        "rejected": dict(rejected),
        "rejected_before": dict(before),
    }
