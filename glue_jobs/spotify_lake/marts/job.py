"""One run of the job `build_marts`: choose the days, build and check the marts of each, publish them.

The marts of a day are a function of its tables and of the marts of earlier days: the newest one before it,
and those of the last `WINDOW_DAYS` days. So the days are built oldest first, and a later day is built again
only when marts that it reads were published with other rows. See infra/decisions/0012.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from pyspark.sql import SparkSession

from spotify_lake.contract import tables
from spotify_lake.contract.compatibility import check_columns
from spotify_lake.contract.marts.registry import MART_QUALITY_RESULTS
from spotify_lake.contract.marts.registry import MARTS as MART_TABLES
from spotify_lake.engine.storage import HadoopFiles
from spotify_lake.errors import MartRulesBroken, MartsStopped, NoDayForMarts, PublishFailed, TablesMissing
from spotify_lake.marts import popularity_forecast
from spotify_lake.marts.config import MartsConfig
from spotify_lake.marts.days import AFFECTED, LakeDays, days_read, days_to_build, is_affected
from spotify_lake.marts.mart import Mart, MartInputs
from spotify_lake.marts.registry import MARTS
from spotify_lake.marts.session import SMALL_ROWS, day_options
from spotify_lake.marts.write import StagedMart, stage_marts
from spotify_lake.publishing.marts_report import BUILT_NAME, MartsReport, MartsRunReport
from spotify_lake.publishing.publish import RUNS, CuratedPaths, publish, recover
from spotify_lake.publishing.reports import days_with_partitions
from spotify_lake.publishing.run_report import RebuildReport
from spotify_lake.publishing.staging import stage_quality_results
from spotify_lake.quality import rules
from spotify_lake.rebuild.backfill import REBUILT_NAME

_LOG = logging.getLogger(__name__)
_READ_TABLES: Final = (
    tables.PLAYLISTS,
    tables.PLAYLIST_ITEMS,
    tables.TRACKS,
    tables.ALBUMS,
    tables.ARTISTS,
    tables.TRACK_ARTISTS,
)


def run_days(
    spark: SparkSession,
    config: MartsConfig,
    clock: Callable[[], dt.datetime],
    marts: Sequence[Mart] | None = None,
) -> dict[str, MartsReport]:
    """Build the marts of the requested days, of days before them that have none, and of affected later days.

    Args:
        spark: a session from `marts_session`.
        config: what to do.
        clock: returns the current time (aware); called once per day.
        marts: the marts to build; None for all that the configuration asks for.

    Returns:
        The published reports by day, oldest first.

    Raises:
        JobError: see `errors`. For several days `MartsStopped` names the failing one.
    """
    if marts is None:
        marts = (*MARTS, *popularity_forecast.MARTS) if config.forecast_popularity else MARTS
    files = HadoopFiles(spark)
    recover(files, config.curated_uri)
    check_columns(files, config.curated_uri, [*(mart.table for mart in marts), MART_QUALITY_RESULTS])
    lake = lake_days(files, config.curated_uri, marts)
    reasons = days_to_build(lake, config.days, _rebuilt_days(files, config))
    if not reasons:
        raise NoDayForMarts(config.snapshot_date, lake.published)
    _warn_of_earlier_days(lake, next(iter(reasons)))
    reports: dict[str, MartsReport] = {}
    complete = set(lake.complete)
    days_of = {name: set(days) for name, days in lake.days_of.items()}
    for day in _from(lake, next(iter(reasons))):
        if day not in reasons and not _is_affected(day, reports, complete, marts):
            continue
        _LOG.info("%s: %s", day, reasons.setdefault(day, AFFECTED))
        try:
            places = CuratedPaths(config.curated_uri, config.run_id, day)
            inputs = _inputs(spark, places, days_of, _days_with_state(days_of, marts))
            reports[day] = _run_day(inputs, marts, clock)
        except PublishFailed:
            raise  # the next run continues with what is staged
        except Exception as error:
            if config.days.one and list(reasons) == [day]:
                raise
            raise MartsStopped(day, sorted(reasons), error) from error
        complete.add(day)
        for mart in marts:
            days_of[mart.table.name].add(day)
    _write_run_report(files, config, reasons, reports)
    return reports


def lake_days(files: HadoopFiles, curated_uri: str, marts: Sequence[Mart]) -> LakeDays:
    """Return the days of the lake that have tables, those that have every mart, and those of each mart."""
    published = days_with_partitions(files, curated_uri, [tables.PLAYLISTS.name])
    days_of = {
        mart.table.name: frozenset(published & days_with_partitions(files, curated_uri, [mart.table.name]))
        for mart in marts
    }
    return LakeDays(tuple(sorted(published)), frozenset(published.intersection(*days_of.values())), days_of)


def _days_with_state(days_of: Mapping[str, Collection[str]], marts: Sequence[Mart]) -> set[str]:
    """The days that have every mart that the next day reads, but for a new one that no day has."""
    state = [set(days_of[mart.table.name]) for mart in marts if mart.is_state and days_of[mart.table.name]]
    return set.intersection(*state) if state else set()


def _from(lake: LakeDays, first: str) -> list[str]:
    return [day for day in lake.published if day >= first]


def _is_affected(
    day: str, reports: Mapping[str, MartsReport], complete: set[str], marts: Sequence[Mart]
) -> bool:
    """Whether a later day has marts, and reads others that were published with other rows."""
    if not any(each >= day for each in complete):
        return False  # it and all days after it have no marts yet
    changed = [each for each, report in reports.items() if report.changed]
    state = {mart.table.name for mart in marts if mart.is_state}
    previous = max(each for each in complete if each < day)
    has_new_state = previous in reports and not state.isdisjoint(reports[previous].changed)
    return day not in complete or is_affected(day, changed, has_new_state=has_new_state)


def _rebuilt_days(files: HadoopFiles, config: MartsConfig) -> tuple[str, ...] | None:
    """The days whose tables this run has rebuilt; None when it fetched, or rebuilt one day or marts only."""
    uri = f"{config.curated_uri}{RUNS}/run_id={config.run_id}/{REBUILT_NAME}"
    return RebuildReport.from_json(files.read_text(uri)).days if files.exists(uri) else None


def _warn_of_earlier_days(lake: LakeDays, first: str) -> None:
    earlier = [day for day in lake.published if day < first]
    if earlier and not any(day in days for days in lake.days_of.values() for day in earlier):
        _LOG.warning(
            "the marts begin at %s, though the lake has days from %s. For those as well, rebuild the marts of"
            ' all days: {"rebuild": "all", "tables": ["marts"]} in the input of an execution',
            first,
            earlier[0],
        )


def _inputs(
    spark: SparkSession,
    places: CuratedPaths,
    days_of: Mapping[str, Collection[str]],
    days_with_state: Collection[str],
) -> MartInputs:
    files = HadoopFiles(spark)
    missing = [table.name for table in _READ_TABLES if not files.names(places.target(table.name))]
    if missing:
        raise TablesMissing(places.snapshot_date, missing)
    previous, mart_days = days_read(days_with_state, places.snapshot_date)
    is_small = files.parquet_rows(places.target(tables.PLAYLIST_ITEMS.name)) <= SMALL_ROWS
    return MartInputs(spark, places, previous, mart_days, days_of, is_small=is_small)


def _run_day(inputs: MartInputs, marts: Sequence[Mart], clock: Callable[[], dt.datetime]) -> MartsReport:
    started = time.monotonic()
    files = HadoopFiles(inputs.spark)
    try:
        with day_options(inputs.spark, is_small=inputs.is_small):
            staged = stage_marts(inputs, marts)
        report = _checked(files, inputs, staged, clock)
        publish(files, inputs.places, report)
    except PublishFailed:
        raise
    except Exception:
        files.delete(inputs.places.staging)
        raise
    _LOG.info(
        "%s: published %d rows of %d marts, %d of them changed, %.1f s",
        inputs.day,
        sum(report.tables.values()),
        len(report.tables),
        len(report.changed),
        time.monotonic() - started,
    )
    return report


def _checked(
    files: HadoopFiles,
    inputs: MartInputs,
    staged: Mapping[str, StagedMart],
    clock: Callable[[], dt.datetime],
) -> MartsReport:
    """The report of staged marts, if no rule is broken."""
    results = [result for each in staged.values() for result in each.results]
    broken = [result for result in results if result.failing]
    if broken:
        raise MartRulesBroken(inputs.day, [f"{each.rule.name}: {each.detail}" for each in broken])
    rows = {name: each.rows for name, each in staged.items()}
    rows[MART_QUALITY_RESULTS.name] = stage_quality_results(
        files, inputs.places, results, MART_QUALITY_RESULTS
    )
    return MartsReport(
        run_id=inputs.places.run_id,
        snapshot_date=inputs.day,
        published_at=clock().astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        tables=rows,
        columns={table.name: table.types for table in MART_TABLES if table.name in rows},
        quality=rules.summary(results),
        days_read=(*inputs.mart_days, inputs.day),
        changed=tuple(name for name, each in staged.items() if each.is_changed),
    )


def _write_run_report(
    files: HadoopFiles,
    config: MartsConfig,
    reasons: Mapping[str, str],
    reports: Mapping[str, MartsReport],
) -> None:
    rows: Counter[str] = Counter()
    for each in reports.values():
        rows.update(each.tables)
    newest = max(day for day in reports if day in config.days)
    report = MartsRunReport(
        run_id=config.run_id,
        requested=config.snapshot_date,
        days={day: reasons[day] for day in reports},
        newest=newest,
        newest_rows=reports[newest].tables,
        rows=dict(rows),
        quality=reports[newest].quality,
    )
    files.write_text(f"{config.curated_uri}{RUNS}/run_id={config.run_id}/{BUILT_NAME}", report.to_json())
