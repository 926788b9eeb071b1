"""One run of the job: choose the day's raw objects, stage the tables, check the figures, publish."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import SparkSession

from spotify_lake.config import JobConfig
from spotify_lake.contract import tables
from spotify_lake.contract.compatibility import check_columns
from spotify_lake.engine.session import start_workers, tasks_for
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.errors import FetchGone, PublishFailed, RawObjectMissing, ReconciliationError
from spotify_lake.publishing.partitions import count_items
from spotify_lake.publishing.previous_snapshot import previous_snapshot
from spotify_lake.publishing.publish import CuratedPaths, publish, recover
from spotify_lake.publishing.reports import PublishedDay, published_day
from spotify_lake.publishing.staging import Staged, stage, stage_quality_results
from spotify_lake.quality import reconciliation, row_checks, rules
from spotify_lake.quality.reconciliation import SourceFigures
from spotify_lake.quality.rules import DayCounts, PreviousSnapshot, Result
from spotify_lake.reading.manifests import manifests_uri, read_manifests
from spotify_lake.reading.selection import DaySelection, select_day
from spotify_lake.rebuild import partial_rebuild

_LOG = logging.getLogger(__name__)


def run(spark: SparkSession, config: JobConfig, clock: Callable[[], dt.datetime]) -> dict[str, Any]:
    """Normalise one day and return the report that was published.

    Every table is staged and checked, whichever are published: the rules of one need the others.

    Args:
        spark: a session from `session.job_session`.
        config: what to do, for one day.
        clock: tells the time (aware); asked once, for `published_at`.

    Raises:
        JobError: see `errors`; the curated tables are then as they were.
    """
    started = time.monotonic()
    tasks = spark.sparkContext.defaultParallelism
    # While the driver reads manifests. A failure shows again, and better, where workers are first needed.
    threading.Thread(target=start_workers, args=(spark, tasks), daemon=True).start()
    files = HadoopFiles(spark)
    places = CuratedPaths(config.curated_uri, config.run_id, config.snapshot_date)
    recover(files, config.curated_uri)
    check_columns(files, config.curated_uri)
    day = _selected(files, config)
    stands = published_day(files, config.curated_uri, config.snapshot_date)
    _check_fetches(config, places, stands, day)
    try:
        report = _staged_and_published(spark, config, places, day, clock, stands=stands)
    except PublishFailed:
        raise  # what is staged is what the next run goes on from
    except Exception:
        files.delete(places.staging)
        raise
    _LOG.info(
        "published %d tables of %s under %s after %.1f s; report: %s",
        len(report["tables"]),
        config.snapshot_date,
        config.curated_uri,
        time.monotonic() - started,
        places.published,
    )
    return report


def _check_fetches(
    config: JobConfig, places: CuratedPaths, stands: PublishedDay | None, day: DaySelection
) -> None:
    gone = [run_id for run_id in stands.runs_read if run_id not in day.runs_read] if stands else []
    here = {each.playlist_id for each in day.playlists}
    # A report of the first version does not tell the playlists.
    if stands and gone and (stands.items is None or not here.issuperset(stands.items)):
        raise FetchGone(
            config.snapshot_date,
            gone,
            where=manifests_uri(config.raw_uri, config.snapshot_date),
            reports=places.reports,
        )
    partial_rebuild.check_fetches(config, stands, day.runs_read)


def _selected(files: HadoopFiles, config: JobConfig) -> DaySelection:
    manifests = read_manifests(files, config.raw_uri, config.snapshot_date)
    day = select_day(manifests, config.snapshot_date, manifests_uri(config.raw_uri, config.snapshot_date))
    _LOG.info(
        "%s: %d records in %d objects, from the runs %s",
        config.snapshot_date,
        day.rows,
        len(day.objects),
        ", ".join(day.runs_read),
    )
    return day


def _staged_and_published(
    spark: SparkSession,
    config: JobConfig,
    places: CuratedPaths,
    day: DaySelection,
    clock: Callable[[], dt.datetime],
    *,
    stands: PublishedDay | None,
) -> dict[str, Any]:
    files = HadoopFiles(spark)
    tasks = tasks_for(day.rows, spark.sparkContext.defaultParallelism)
    staged = stage(spark, places, config.raw_uri, [each.key for each in day.objects], tasks)
    figures = _reconciled(day, staged, config)
    items = reconciliation.items_by_playlist(day.playlists, staged.objects)
    former = _former(spark, config)
    shrunk = rules.shrunk_playlists(items, former, config.max_shrink_percent)
    accepted = _accepted(config, stands, items, shrunk)
    results = [
        *_row_results(staged),
        *rules.row_count_results(tables.TABLES, staged.rows, former, config.max_shrink_percent),
        rules.playlist_shrink_result(items, shrunk, config.max_shrink_percent, accepted=accepted),
        rules.rejected_share_result(figures, _taken(staged), config.max_rejected_percent),
        *rules.same_day_results(
            tables.TABLES,
            DayCounts(staged.rows, staged.values),
            _replaced(stands, day),
            config.max_shrink_percent,
            is_accepted=config.accept_shrink,
        ),
    ]
    _pass_gate(results)
    rows = {**staged.rows, tables.QUALITY_RESULTS.name: stage_quality_results(files, places, results)}
    rejected = dict(sorted(staged.of_kind("rejected").items()))
    partial_rebuild.check_rejected(config, stands, rejected)
    partial_rebuild.check_rows(config, stands, staged.rows)
    asked = [table for table in tables.TABLES if table.name in config.tables]
    report = {
        "run_id": config.run_id,
        "snapshot_date": config.snapshot_date,
        "published_at": clock().astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "runs_read": list(day.runs_read),
        "tables": {table.name: {"rows": rows[table.name]} for table in asked},
        "kept": partial_rebuild.kept(config, stands),
        "columns": partial_rebuild.columns(config, stands),
        "values": partial_rebuild.values(config, stands, staged.values),
        "reconciliation": {source: each.as_dict() for source, each in figures.items()},
        "rejected": rejected,
        "rejected_before": dict(stands.rejected) if stands else {},
        "quality": rules.summary(results),
        "drift": day.drift,
        "items": items,
        "absent": _absent(former, items),
        "accepted_shrink": {playlist: items[playlist] for playlist in accepted},
    }
    publish(files, places, report)
    return report


def _former(spark: SparkSession, config: JobConfig) -> PreviousSnapshot | None:
    files = HadoopFiles(spark)
    return previous_snapshot(
        files,
        config.curated_uri,
        config.snapshot_date,
        lambda day: count_items(spark, files, config.curated_uri, day),
    )


def _absent(former: PreviousSnapshot | None, items: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    absent = former.absent_from(items) if former else {}
    return {playlist: dataclasses.asdict(seen) for playlist, seen in absent.items()}


def _accepted(
    config: JobConfig,
    stands: PublishedDay | None,
    items: Mapping[str, int],
    shrunk: Iterable[str],
) -> list[str]:
    """The playlists whose loss is accepted: by the input, or because the day was published so before."""
    before = stands.accepted_shrink if stands else {}
    return [each for each in shrunk if config.accept_shrink or before.get(each) == items[each]]


def _replaced(stands: PublishedDay | None, day: DaySelection) -> DayCounts | None:
    """The published version of the day, where it was made of other fetches than this one."""
    if stands is None or stands.runs_read == tuple(day.runs_read):
        return None
    return DayCounts(stands.rows, stands.values)


def _row_results(staged: Staged) -> list[Result]:
    return rules.row_results(
        row_checks.RULES.values(),
        staged.of_kind("failing"),
        staged.of_kind("checked"),
        orphaned=staged.of_kind("orphaned"),
    )


def _taken(staged: Staged) -> dict[str, tuple[int, int]]:
    """The rows that were quarantined, and all that were checked, by table."""
    kept, checked = staged.of_kind("kept"), staged.of_kind("checked")
    checked.pop(tables.REJECTED_RECORDS.name, None)  # it is where they are put
    return {name: (count - kept.get(name, 0), count) for name, count in checked.items()}


def _pass_gate(results: Sequence[Result]) -> None:
    """Log the rules that did not hold; raise `QualityGateError` where one of them halts."""
    for each in results:
        if each.failing:
            _LOG.warning("%s (%s): %s", each.rule.name, each.rule.severity, each.detail)
    rules.halt_on(results)


def _reconciled(day: DaySelection, staged: Staged, config: JobConfig) -> Mapping[str, SourceFigures]:
    read, rejected = reconciliation.by_source(day.objects, staged.objects)
    figures = reconciliation.account(
        read=read,
        rejected=rejected,
        observed=staged.of_kind("observed"),
        written=staged.of_kind("written"),
        distinct=staged.of_kind("distinct"),
        unused=staged.of_kind("unused"),
    )
    quarantined = staged.of_kind("rejected").get(tables.QUALITY_RULE, 0)
    for raw_object in day.objects:
        if raw_object.rows and raw_object.key not in staged.objects:
            raise RawObjectMissing(config.raw_uri + raw_object.key)
    problems = [
        *reconciliation.object_problems(day.objects, staged.objects, config.raw_uri),
        *reconciliation.source_problems(
            figures, day.rows_by_source(), staged.rows[tables.REJECTED_RECORDS.name] - quarantined
        ),
        *reconciliation.table_problems(staged.of_kind("kept"), staged.rows),
    ]
    figures = reconciliation.with_quarantined(figures, staged.of_kind("quarantined"))
    for source, each in figures.items():
        _LOG.info("%-17s %s", source, ", ".join(f"{name} {count}" for name, count in each.as_dict().items()))
    if problems:
        raise ReconciliationError(problems, {source: each.as_dict() for source, each in figures.items()})
    return figures
