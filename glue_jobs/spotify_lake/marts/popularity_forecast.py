"""popularity_forecast and forecast_backtest: forecasts of the tracks, and how good earlier ones were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract.marts.entities import TRACK_DAILY
from spotify_lake.contract.marts.forecasts import (
    FORECAST_BACKTEST,
    HORIZON,
    MAX_MASE,
    MIN_ORIGINS,
    POPULARITY_FORECAST,
)
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.damped_trend import MIN_VALUES, backtest, forecasts
from spotify_lake.marts.mart import WINDOW_DAYS, Mart, MartInputs, day_before
from spotify_lake.marts.trend_signals import Source, series_of
from spotify_lake.marts.trend_statistics import Numbers

_POPULARITY: Final = Source(TRACK_DAILY, "track", {"popularity": "is_popularity_observed"})
_MAX_POPULARITY: Final = 100
_MIN_DAYS: Final = MIN_VALUES + HORIZON + MIN_ORIGINS - 1

_INTEGERS: Final = ("origins", "covered_origins")
_DOUBLES: Final = ("mae", "naive_mae", "mase", "forecast", "forecast_low", "forecast_high")
_FORECAST_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("track_id", "track_name")),
        *((name, pa.int32()) for name in _INTEGERS),
        *((name, pa.float64()) for name in _DOUBLES),
    ]
)
_FORECAST_COLUMNS: Final = ", ".join(
    [
        "track_id string, track_name string",
        *(f"{name} int" for name in _INTEGERS),
        *(f"{name} double" for name in _DOUBLES),
    ]
)


def popularity_forecast(series: DataFrame, *, day: str) -> DataFrame:
    """Return the tracks whose earlier forecasts can be judged, with a forecast if they were good.

    Args:
        series: from `trend_signals.series`: the popularity of the day's tracks.
        day: the day.
    """
    made = series.select("entity_id", "name", "points").mapInArrow(_forecast, _FORECAST_COLUMNS)
    return conform(
        made.withColumn("forecast_day", F.lit(day_before(day, -HORIZON))).withColumn(
            "has_forecast", F.col("forecast").isNotNull()
        ),
        POPULARITY_FORECAST,
    )


def forecast_backtest(forecast: DataFrame) -> DataFrame:
    """Return the figures of popularity_forecast over all tracks, and over those with a forecast.

    Args:
        forecast: popularity_forecast of the day.
    """
    groups = F.when(F.col("has_forecast"), F.array(F.lit("all"), F.lit("with_forecast"))).otherwise(
        F.array(F.lit("all"))
    )
    rows = (
        forecast.withColumn("track_group", F.explode(groups))
        .groupBy("track_group")
        .agg(
            F.count("*").alias("tracks"),
            F.sum("origins").alias("origins"),
            F.sum("covered_origins").alias("covered_origins"),
            F.sum(F.col("mae") * F.col("origins")).alias("errors"),
            F.sum(F.col("naive_mae") * F.col("origins")).alias("naive_errors"),
        )
    )
    return conform(
        rows.withColumns(
            {
                "mae": F.col("errors") / F.col("origins"),
                "naive_mae": F.col("naive_errors") / F.col("origins"),
                "mase": F.when(F.col("naive_errors") > 0, F.col("errors") / F.col("naive_errors")),
                "coverage": F.col("covered_origins") / F.col("origins"),
            }
        ),
        FORECAST_BACKTEST,
    )


def _forecast(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        figures = forecast_figures(daily_values(batch["points"].to_pylist()))
        columns = [batch["entity_id"], batch["name"]]
        columns += [pa.array(figures[name].astype(np.int32)) for name in _INTEGERS]
        columns += [pa.array(figures[name], mask=np.isnan(figures[name])) for name in _DOUBLES]
        rows = pa.RecordBatch.from_arrays(columns, schema=_FORECAST_SCHEMA)
        yield rows.filter(pa.array(figures["origins"] >= MIN_ORIGINS))


def daily_values(points: list[list[dict[str, float]]]) -> Numbers:
    """Return one row per series and one column per day of the window; nan without a value."""
    values = np.full((len(points), WINDOW_DAYS), np.nan)
    for row, observed in zip(values, points, strict=True):
        for point in observed:
            row[WINDOW_DAYS - 1 - int(point["age"])] = point["value"]
    return values


def forecast_figures(values: Numbers) -> dict[str, Numbers]:
    """Return the columns of series. The forecast is nan if earlier ones were not good enough.

    Args:
        values: from `daily_values`.
    """
    made = forecasts(values, maximum=_MAX_POPULARITY)
    tested = backtest(values, made)
    mase = np.divide(
        tested.error, tested.naive_error, out=np.full(len(values), np.nan), where=tested.naive_error > 0
    )
    is_better = (tested.origins >= MIN_ORIGINS) & (np.nan_to_num(mase, nan=np.inf) <= MAX_MASE)
    value, margin = (np.where(is_better, each[:, -1], np.nan) for each in (made.value, made.margin))
    return {
        "origins": tested.origins,
        "covered_origins": tested.covered,
        "mae": tested.error,
        "naive_mae": tested.naive_error,
        "mase": mase,
        "forecast": value,
        "forecast_low": np.clip(value - margin, 0, _MAX_POPULARITY),
        "forecast_high": np.clip(value + margin, 0, _MAX_POPULARITY),
    }


def _build_forecast(inputs: MartInputs) -> DataFrame:
    if len(inputs.mart_days) + 1 < _MIN_DAYS:
        return inputs.no_rows(POPULARITY_FORECAST)  # starting a Python worker would take a second
    return popularity_forecast(series_of(inputs, _POPULARITY), day=inputs.day)


def _build_backtest(inputs: MartInputs) -> DataFrame:
    return forecast_backtest(inputs.built(POPULARITY_FORECAST))


MARTS: Final = (
    Mart(POPULARITY_FORECAST, _build_forecast, needs=(TRACK_DAILY,)),
    Mart(FORECAST_BACKTEST, _build_backtest, needs=(POPULARITY_FORECAST,)),
)
