"""trend_signals: which figures of tracks, artists and playlists rise or fall."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spotify_lake.contract.marts.entities import ARTIST_DAILY, TRACK_DAILY
from spotify_lake.contract.marts.playlists import PLAYLIST_DAILY
from spotify_lake.contract.marts.trends import MIN_OBSERVATIONS, SIGNIFICANCE, TREND_SIGNALS, TREND_WINDOWS
from spotify_lake.contract.spark_schema import conform
from spotify_lake.contract.tables import Table
from spotify_lake.marts.mart import WINDOW_DAYS, Mart, MartInputs
from spotify_lake.marts.trend_statistics import trends

_TESTED_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("entity_type", "entity_id", "name", "metric")),
        ("window_days", pa.int32()),
        ("observations", pa.int32()),
        *(
            (name, pa.float64())
            for name in ("slope", "slope_low", "slope_high", "p_value", "variance_correction")
        ),
    ]
)
_TESTED_COLUMNS: Final = (
    "entity_type string, entity_id string, name string, metric string, window_days int, observations int,"
    " slope double, slope_low double, slope_high double, p_value double, variance_correction double"
)


@dataclasses.dataclass(frozen=True)
class Source:
    """A mart with figures per entity and day.

    Attributes:
        mart: the mart; its key is the entity.
        entity_type: what the entity is.
        metrics: by metric, the condition under which it was observed on the row's day; None means always.
    """

    mart: Table
    entity_type: str
    metrics: Mapping[str, str | None]


SOURCES: Final = (
    Source(
        TRACK_DAILY,
        "track",
        {
            "popularity": "is_popularity_observed",
            "playlists": None,
            "reach": "playlists_without_followers = 0",
        },
    ),
    Source(
        ARTIST_DAILY,
        "artist",
        {"popularity": "is_observed", "followers": "is_observed", "playlists": None},
    ),
    Source(
        PLAYLIST_DAILY,
        "playlist",
        {"followers": "is_followers_observed", "items": "days_without_contents = 0"},
    ),
)


def series(rows: DataFrame, source: Source, *, day: str) -> DataFrame:
    """Return the observations of each metric of the day's entities.

    Args:
        rows: the rows of the source's mart with snapshot_date: the day and the days before it.
        source: the source.
        day: the day.

    Returns:
        entity_type, entity_id, name, metric, points: an array of (age, value) with the age in days.
    """
    (key,) = source.mart.key
    age = F.datediff(F.lit(day).cast("date"), F.col("snapshot_date").cast("date"))
    is_today = F.col("snapshot_date") == day

    def points(metric: str, condition: str | None) -> Column:
        is_observed = F.col(metric).isNotNull() & F.expr(condition or "true")
        point = F.struct(age.alias("age"), F.col(metric).cast("double").alias("value"))
        return F.collect_list(F.when(is_observed, point)).alias(metric)

    metrics = (F.struct(F.lit(each).alias("metric"), F.col(each).alias("points")) for each in source.metrics)
    return (
        rows.groupBy(F.col(key).alias("entity_id"))
        .agg(
            F.max(F.when(is_today, F.col("name"))).alias("name"),
            F.max(is_today).alias("is_of_day"),
            *(points(metric, condition) for metric, condition in source.metrics.items()),
        )
        .where("is_of_day")
        .select("entity_id", "name", F.explode(F.array(*metrics)).alias("of_metric"))
        .select(F.lit(source.entity_type).alias("entity_type"), "entity_id", "name", "of_metric.*")
    )


def trend_results(found: DataFrame, *, can_test: bool) -> DataFrame:
    """Return the series with the results of their tests, one row per window with an observation.

    Args:
        found: from `series`.
        can_test: whether any series can have `MIN_OBSERVATIONS`. Otherwise no Python worker is started.
    """
    if can_test:
        return found.mapInArrow(_tested, _TESTED_COLUMNS)
    windows = F.explode(F.array(*(F.lit(days) for days in TREND_WINDOWS)))
    within = F.filter("points", lambda point: point["age"] < F.col("window_days"))
    names = [field.name for field in _TESTED_SCHEMA]
    untested = {name: F.lit(None).cast("double") for name in names[names.index("slope") :]}
    return (
        found.withColumn("window_days", windows)
        .withColumn("observations", F.size(within))
        .where("observations > 0")
        .withColumns(untested)
        .select(*names)
    )


def _tested(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield from (_of_window(batch, days) for days in TREND_WINDOWS)


def _of_window(batch: pa.RecordBatch, window_days: int) -> pa.RecordBatch:
    """The results of the series of a batch in one window."""
    points = [
        sorted((-each["age"], each["value"]) for each in observed if each["age"] < window_days)
        for observed in batch["points"].to_pylist()
    ]
    lengths = np.array([len(each) for each in points], np.int32)
    figures = np.full((len(points), 5), np.nan)
    for length in np.unique(lengths[lengths >= MIN_OBSERVATIONS]):
        places = np.flatnonzero(lengths == length)
        observed = np.array([points[place] for place in places], np.float64)
        found = trends(observed[:, :, 0], observed[:, :, 1])
        figures[places] = np.column_stack(
            [found.slope, found.low, found.high, found.p_value, found.correction]
        )
    columns: list[Any] = [batch[name] for name in ("entity_type", "entity_id", "name", "metric")]
    columns += [pa.array(np.full(len(points), window_days, np.int32)), pa.array(lengths)]
    columns += [pa.array(each, mask=np.isnan(each)) for each in figures.T]
    is_observed = pa.array(lengths > 0)
    return pa.RecordBatch.from_arrays(columns, schema=_TESTED_SCHEMA).filter(is_observed)


def with_directions(results: DataFrame) -> DataFrame:
    """Add the adjusted p-values and the directions.

    Args:
        results: from `trend_results`.
    """
    tests = Window.partitionBy("entity_type", "metric", "window_days")
    # Benjamini and Hochberg: the smallest p * tests / rank of all p-values from this one up. Equal p-values
    # have the rank of the last of them.
    rank = F.count("p_value").over(
        tests.orderBy(F.col("p_value").asc_nulls_last()).rangeBetween(
            Window.unboundedPreceding, Window.currentRow
        )
    )
    largest_first = tests.orderBy(F.col("p_value").desc_nulls_last()).rangeBetween(
        Window.unboundedPreceding, Window.currentRow
    )
    ranked = results.withColumns({"rank": rank, "tests": F.count("p_value").over(tests)}).withColumn(
        "scaled", F.col("p_value") * F.col("tests") / F.col("rank")
    )
    adjusted = F.when(F.col("p_value").isNotNull(), F.least(F.lit(1.0), F.min("scaled").over(largest_first)))
    is_significant = F.col("p_adjusted") <= SIGNIFICANCE
    direction = (
        F.when(is_significant & (F.col("slope") > 0), "rising")
        .when(is_significant & (F.col("slope") < 0), "falling")
        .otherwise("none")
    )
    return ranked.withColumn("p_adjusted", adjusted).withColumn("direction", direction)


def _build(inputs: MartInputs) -> DataFrame:
    found = reduce(DataFrame.unionAll, [series_of(inputs, source) for source in SOURCES])
    can_test = len(inputs.mart_days) + 1 >= MIN_OBSERVATIONS
    results = trend_results(_in_one_task(found, inputs), can_test=can_test)
    return conform(with_directions(results), TREND_SIGNALS)


def series_of(inputs: MartInputs, source: Source) -> DataFrame:
    """Return `series` of the day and the days before it."""
    today = inputs.built(source.mart).withColumn("snapshot_date", F.lit(inputs.day))
    rows = today.unionByName(inputs.window(source.mart, WINDOW_DAYS))
    return series(_in_one_task(rows, inputs), source, day=inputs.day)


def _in_one_task(rows: DataFrame, inputs: MartInputs) -> DataFrame:
    """The rows of a union in one task if the day is small."""
    return rows.coalesce(1) if inputs.is_small else rows


MART: Final = Mart(TREND_SIGNALS, _build, needs=tuple(source.mart for source in SOURCES))
