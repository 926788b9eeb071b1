"""One run of the job: choose the day's raw objects, stage the tables, check the figures, publish."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from pyspark.sql import SparkSession

from spotify_lake.config import JobConfig
from spotify_lake.contract import tables
from spotify_lake.contract.compatibility import check_columns
from spotify_lake.engine.session import start_workers, tasks_for
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.errors import FetchGone, PublishFailed, RawObjectMissing, ReconciliationError
from spotify_lake.publishing.publish import CuratedPaths, publish, recover
from spotify_lake.publishing.reports import count_items, previous_snapshot, published_day
from spotify_lake.publishing.run_report import RunReport
from spotify_lake.publishing.staging import StagedTables, stage, stage_quality_results
from spotify_lake.quality import comparisons, item_counts, reconciliation, row_checks, rules
from spotify_lake.quality.comparisons import DayCounts, LastSeen, PreviousSnapshot
from spotify_lake.quality.reconciliation import SourceFigures
from spotify_lake.quality.rules import Result
from spotify_lake.reading.manifests import manifests_uri, read_manifests
from spotify_lake.reading.selection import DaySelection, select_day
from spotify_lake.rebuild import partial_rebuild

_LOG = logging.getLogger(__name__)


def run(spark: SparkSession, config: JobConfig, clock: Callable[[], dt.datetime]) -> RunReport:
    """Normalise one day and return the report that was published.

    Every table is staged and checked, whichever are published: the rules of one need the others.

    Args:
        spark: a session from `session.job_session`.
        config: what to do, for one day.
        clock: returns the current time (aware); called once, for `published_at`.

    Raises:
        JobError: see `errors`. The curated tables are unchanged then.
    """
    started = time.monotonic()
    tasks = spark.sparkContext.defaultParallelism
    # While the driver reads manifests. If this fails, the first stage fails too, with a better error.
    threading.Thread(target=start_workers, args=(spark, tasks), daemon=True).start()
    files = HadoopFiles(spark)
    places = CuratedPaths(config.curated_uri, config.run_id, config.snapshot_date)
    recover(files, config.curated_uri)
    check_columns(files, config.curated_uri)
    day = _selected(files, config)
    replaced = published_day(files, config.curated_uri, config.snapshot_date)
    _check_fetches(config, places, replaced, day)
    try:
        report = _stage_and_publish(spark, config, places, day, clock, replaced=replaced)
    except PublishFailed:
        raise  # the next run continues with what is staged
    except Exception:
        files.delete(places.staging)
        raise
    _LOG.info(
        "published %d tables of %s under %s after %.1f s; report: %s",
        len(report.tables),
        config.snapshot_date,
        config.curated_uri,
        time.monotonic() - started,
        places.published,
    )
    return report


def _check_fetches(
    config: JobConfig, places: CuratedPaths, replaced: RunReport | None, day: DaySelection
) -> None:
    runs_before = replaced.runs_read if replaced else ()
    missing_runs = [run_id for run_id in runs_before if run_id not in day.runs_read]
    playlists = {each.playlist_id for each in day.playlists}
    # Reports of the first release do not list the playlists.
    if replaced and missing_runs and (replaced.items is None or not playlists.issuperset(replaced.items)):
        raise FetchGone(
            config.snapshot_date,
            missing_runs,
            where=manifests_uri(config.raw_uri, config.snapshot_date),
            reports=places.reports,
        )
    partial_rebuild.check_fetches(config, replaced, day.runs_read)


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


def _stage_and_publish(
    spark: SparkSession,
    config: JobConfig,
    places: CuratedPaths,
    day: DaySelection,
    clock: Callable[[], dt.datetime],
    *,
    replaced: RunReport | None,
) -> RunReport:
    files = HadoopFiles(spark)
    tasks = tasks_for(day.rows, spark.sparkContext.defaultParallelism)
    staged = stage(spark, places, config.raw_uri, [each.key for each in day.objects], tasks)
    figures = _reconciled(day, staged, config)
    items = reconciliation.items_by_playlist(day.playlists, staged.objects)
    previous = _previous(spark, config)
    shrunk = comparisons.shrunk_playlists(items, previous, config.max_shrink_percent)
    accepted = _accepted(config, replaced, items, shrunk)
    results = [
        *_row_results(staged),
        *comparisons.row_count_results(tables.TABLES, staged.rows, previous, config.max_shrink_percent),
        comparisons.playlist_shrink_result(items, shrunk, config.max_shrink_percent, accepted=accepted),
        rules.rejected_share_result(figures, _quarantined(staged), config.max_rejected_percent),
        *comparisons.same_day_results(
            tables.TABLES,
            DayCounts(staged.rows, staged.values),
            _compared_version(replaced, day),
            config.max_shrink_percent,
            is_accepted=config.accept_shrink,
        ),
        item_counts.stored_items_result(day.playlists, staged.of_kind(item_counts.STATED)),
    ]
    _check_gate(results)
    rows = {**staged.rows, tables.QUALITY_RESULTS.name: stage_quality_results(files, places, results)}
    rejected = dict(sorted(staged.of_kind("rejected").items()))
    partial_rebuild.check_rejected(config, replaced, rejected)
    partial_rebuild.check_rows(config, replaced, staged.rows)
    report = RunReport(
        run_id=config.run_id,
        snapshot_date=config.snapshot_date,
        published_at=clock().astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        runs_read=day.runs_read,
        tables={name: rows[name] for name in config.tables},
        kept=partial_rebuild.kept(config, replaced),
        columns=partial_rebuild.columns(config, replaced),
        values=partial_rebuild.values(config, replaced, staged.values),
        reconciliation={source: each.as_dict() for source, each in figures.items()},
        rejected=rejected,
        rejected_before=replaced.rejected if replaced else {},
        quality=rules.summary(results),
        drift=day.drift,
        items=items,
        absent=_absent(previous, items),
        accepted_shrink={playlist: items[playlist] for playlist in accepted},
    )
    publish(files, places, report)
    return report


def _previous(spark: SparkSession, config: JobConfig) -> PreviousSnapshot | None:
    files = HadoopFiles(spark)
    return previous_snapshot(
        files,
        config.curated_uri,
        config.snapshot_date,
        lambda day: count_items(spark, files, config.curated_uri, day),
    )


def _absent(previous: PreviousSnapshot | None, items: Mapping[str, int]) -> dict[str, LastSeen]:
    return previous.absent_from(items) if previous else {}


def _accepted(
    config: JobConfig,
    replaced: RunReport | None,
    items: Mapping[str, int],
    shrunk: Iterable[str],
) -> list[str]:
    """The playlists whose loss is accepted: by the input, or when the day was published before."""
    before = replaced.accepted_shrink if replaced else {}
    return [each for each in shrunk if config.accept_shrink or before.get(each) == items[each]]


def _compared_version(replaced: RunReport | None, day: DaySelection) -> DayCounts | None:
    """The published version of the day, if it was made from other fetches than this one."""
    if replaced is None or replaced.runs_read == tuple(day.runs_read):
        return None
    return DayCounts(replaced.rows, replaced.values)


def _row_results(staged: StagedTables) -> list[Result]:
    return rules.row_results(
        row_checks.RULES.values(),
        staged.of_kind("failing"),
        staged.of_kind("checked"),
        orphaned=staged.of_kind("orphaned"),
    )


def _quarantined(staged: StagedTables) -> dict[str, tuple[int, int]]:
    """The numbers of quarantined and of checked rows by table."""
    kept, checked = staged.of_kind("kept"), staged.of_kind("checked")
    checked.pop(tables.REJECTED_RECORDS.name, None)  # where quarantined rows go
    return {name: (count - kept.get(name, 0), count) for name, count in checked.items()}


def _check_gate(results: Sequence[Result]) -> None:
    """Log the broken rules. Raise `QualityGateError` if one of them halts."""
    for each in results:
        if each.failing:
            _LOG.warning("%s (%s): %s", each.rule.name, each.rule.severity, each.detail)
    rules.halt_on(results)


def _reconciled(day: DaySelection, staged: StagedTables, config: JobConfig) -> Mapping[str, SourceFigures]:
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
