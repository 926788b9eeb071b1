"""Forecasts of short daily series by exponential smoothing with a damped trend, in NumPy.

Gardner and McKenzie (1985). A day without an observation moves the level along the damped trend. The
parameters are those of a small grid with the smallest squared errors of the forecasts for the next
observation. Every forecast, in the backtest as well, uses the values up to its own day only.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import numpy as np

from spotify_lake.contract.marts.forecasts import HORIZON
from spotify_lake.marts.trend_statistics import Numbers

COVERAGE: Final = 0.9
"""The part of values that the interval is meant to contain."""
_QUANTILE: Final = NormalDist().inv_cdf((1 + COVERAGE) / 2)
MIN_VALUES: Final = 10
"""A forecast is made from at least this many values."""


@dataclasses.dataclass(frozen=True)
class Smoothing:
    """Parameters: of the level, of the trend, and how much of the trend is left a day later."""

    level: float
    trend: float
    damping: float


GRID: Final = tuple(
    Smoothing(*each)
    for each in itertools.product((0.1, 0.2, 0.4, 0.7, 1.0), (0.0, 0.1, 0.3), (0.8, 0.9, 0.97))
)


@dataclasses.dataclass(frozen=True)
class Forecasts:
    """Forecasts `HORIZON` days ahead, by series and the day on which they are made.

    Attributes:
        value: the forecast; nan before there are enough values.
        deviation: its standard deviation, from the errors so far.
    """

    value: Numbers
    deviation: Numbers

    @property
    def margin(self) -> Numbers:
        """Half the width of the interval."""
        return _QUANTILE * self.deviation


@dataclasses.dataclass(frozen=True)
class Backtest:
    """How the forecasts of each series would have done, one number per series.

    Attributes:
        origins: days whose forecast can be compared with a value.
        error: mean absolute error of the forecasts.
        naive_error: mean absolute error of "same as on the day of the forecast", on the same days.
        covered: number of values within their interval.
    """

    origins: Numbers
    error: Numbers
    naive_error: Numbers
    covered: Numbers


def forecasts(values: Numbers, *, maximum: float, grid: Sequence[Smoothing] = GRID) -> Forecasts:
    """Return the forecasts that would have been made on each day.

    Args:
        values: one row per series and one column per day; nan on days without an observation.
        maximum: the largest possible value; the smallest one is 0.
        grid: the parameters to choose from.
    """
    best = np.full(values.shape, np.inf)
    value, deviation = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    counts = np.cumsum(~np.isnan(values), axis=1)
    for each in grid:
        ahead, squares = _smoothed(values, each)
        is_better = (squares < best) & (counts >= MIN_VALUES)
        best[is_better] = squares[is_better]
        value[is_better] = ahead[is_better]
        per_value = np.sqrt(squares / np.maximum(counts - 1, 1)) * _growth(each)
        deviation[is_better] = per_value[is_better]
    return Forecasts(np.clip(value, 0, maximum), deviation)


def _smoothed(values: Numbers, by: Smoothing) -> tuple[Numbers, Numbers]:
    """The forecasts of each day, and the sum of squared errors up to it."""
    level, trend = np.full(len(values), np.nan), np.zeros(len(values))
    squares = np.zeros(len(values))
    steps = sum(by.damping**step for step in range(1, HORIZON + 1))
    ahead, sums = np.empty(values.shape), np.empty(values.shape)
    for day, value in enumerate(values.T):
        expected = level + by.damping * trend
        error = np.where(np.isnan(value) | np.isnan(expected), 0.0, value - expected)
        level = np.where(np.isnan(expected), value, expected + by.level * error)
        trend = by.damping * trend + by.level * by.trend * error
        squares = squares + error**2
        ahead[:, day] = level + steps * trend
        sums[:, day] = squares
    return ahead, sums


def _growth(by: Smoothing) -> float:
    """How much larger the deviation is at the horizon than for the next day."""
    weights = [
        by.level * (1 + by.trend * sum(by.damping**step for step in range(1, days + 1)))
        for days in range(1, HORIZON)
    ]
    return float(np.sqrt(1 + sum(weight**2 for weight in weights)))


def backtest(values: Numbers, made: Forecasts) -> Backtest:
    """Compare the forecasts of each day that has a value `HORIZON` days later, and a value itself."""
    later, then = values[:, HORIZON:], values[:, :-HORIZON]
    value, margin = made.value[:, :-HORIZON], made.margin[:, :-HORIZON]
    is_origin = ~np.isnan(later) & ~np.isnan(then) & ~np.isnan(value)
    origins = is_origin.sum(axis=1).astype(np.float64)

    def mean(errors: Numbers) -> Numbers:
        total = np.where(is_origin, errors, 0).sum(axis=1)
        means = np.full(len(values), np.nan)
        np.divide(total, origins, out=means, where=origins > 0)
        return means

    error = np.abs(later - value)
    covered = (is_origin & (error <= margin)).sum(axis=1).astype(np.float64)
    return Backtest(origins, mean(error), mean(np.abs(later - then)), covered)
