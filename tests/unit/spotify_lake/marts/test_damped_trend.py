"""Exponential smoothing with a damped trend, and the backtest of its forecasts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spotify_lake.contract.marts.forecasts import HORIZON, MIN_ORIGINS
from spotify_lake.marts.damped_trend import GRID, MIN_VALUES, Smoothing, backtest, forecasts
from spotify_lake.marts.popularity_forecast import daily_values, forecast_figures
from tests.benchmarks.bench_forecast import simulated

DAYS = 28
WIDE = 1_000.0


def series(*rows: list[float | None]) -> np.ndarray:
    return np.array([[math.nan if each is None else each for each in row] for row in rows], float)


def plain_forecast(values: list[float | None], by: Smoothing) -> tuple[float, float]:
    """The forecast from the last day, and the sum of squared errors, in plain Python."""
    level, trend, squares = None, 0.0, 0.0
    for value in values:
        if level is None:
            level = value
            continue
        expected = level + by.damping * trend
        if value is None:
            level, trend = expected, by.damping * trend
            continue
        squares += (value - expected) ** 2
        new_level = by.level * value + (1 - by.level) * expected
        trend = by.trend * (new_level - level) + (1 - by.trend) * by.damping * trend
        level = new_level
    assert level is not None
    return level + trend * sum(by.damping**step for step in range(1, HORIZON + 1)), squares


@pytest.mark.parametrize("gaps", [(), (5, 6, 13), (0, 1)])
def test_the_forecast_is_that_of_the_parameters_with_the_smallest_errors(gaps: tuple[int, ...]) -> None:
    chance = np.random.default_rng(3)
    for _ in range(20):
        row: list[float | None] = list(np.round(40 + np.cumsum(chance.normal(0.3, 2, DAYS)), 0))
        for place in gaps:
            row[place] = None
        found = [plain_forecast(row, each) for each in GRID]
        expected, _ = min(found, key=lambda each: each[1])
        made = forecasts(series(row), maximum=WIDE)
        assert made.value[0, -1] == pytest.approx(max(expected, 0))


def test_a_forecast_does_not_depend_on_later_values() -> None:
    chance = np.random.default_rng(5)
    values = chance.normal(50, 5, (10, DAYS))
    later = values.copy()
    later[:, 20:] = chance.normal(90, 5, (10, DAYS - 20))
    first, second = (forecasts(each, maximum=WIDE) for each in (values, later))
    np.testing.assert_array_equal(first.value[:, :20], second.value[:, :20])
    np.testing.assert_array_equal(first.deviation[:, :20], second.deviation[:, :20])


def test_the_backtest_counts_days_with_a_value_then_and_a_week_later() -> None:
    values = series([float(each) for each in range(DAYS)])
    values[0, 15] = math.nan  # neither an origin, nor the value of the forecast of day 8
    made = forecasts(values, maximum=WIDE)
    found = backtest(values, made)
    origins = [day for day in range(MIN_VALUES - 1, DAYS - HORIZON) if day != 15]
    assert found.origins.tolist() == [len(origins)]
    assert found.naive_error.tolist() == [HORIZON]
    errors = [abs(values[0, day + HORIZON] - made.value[0, day]) for day in origins]
    assert found.error[0] == pytest.approx(np.mean(errors))


def test_too_few_values_have_no_forecast() -> None:
    values = np.full((1, DAYS), math.nan)
    values[0, -(MIN_VALUES + HORIZON + MIN_ORIGINS - 2) :] = 50 + np.arange(
        MIN_VALUES + HORIZON + MIN_ORIGINS - 2
    )
    figures = forecast_figures(values)
    assert figures["origins"][0] == MIN_ORIGINS - 1
    assert math.isnan(figures["forecast"][0])


def test_a_constant_series_has_no_forecast_since_none_can_be_better() -> None:
    figures = forecast_figures(np.full((1, DAYS), 50.0))
    assert (figures["mae"][0], figures["naive_mae"][0]) == (0, 0)
    assert math.isnan(figures["mase"][0])
    assert math.isnan(figures["forecast"][0])


def test_forecasts_stay_within_the_range_of_popularity() -> None:
    rising = series([min(100.0, 60.0 + 1.5 * each) for each in range(DAYS)])
    figures = forecast_figures(rising)
    assert figures["forecast"][0] <= 100
    assert figures["forecast_high"][0] <= 100


def test_values_are_placed_by_their_age() -> None:
    (row,) = daily_values([[{"age": 0, "value": 5.0}, {"age": 27, "value": 3.0}]])
    assert (row[-1], row[0]) == (5.0, 3.0)
    assert np.isnan(row[1:-1]).all()


def test_series_that_can_be_forecast_are_told_from_those_that_cannot() -> None:
    with_forecast = {
        name: float(np.mean(~np.isnan(forecast_figures(values[:, :DAYS])["forecast"])))
        for name, values in simulated(np.random.default_rng(1), 1_000).items()
    }
    assert with_forecast["random walk"] < 0.12
    assert with_forecast["clear trend"] > 0.99
    assert with_forecast["slow trend with noise"] > 0.6
    assert with_forecast["noise around a constant"] > 0.5


def test_the_interval_has_about_the_intended_part_of_the_values() -> None:
    for name, values in simulated(np.random.default_rng(2), 1_000).items():
        figures = forecast_figures(values[:, :DAYS])
        covered = figures["covered_origins"].sum() / figures["origins"].sum()
        assert 0.75 < covered <= 1, name


VALUES = [41, 43, 42, 45, 47, 44, 48, 50, 49, 53, 52, 51, 55, 58, 57, 56, 60, 59, 63, 61]
# statsmodels 0.15.0: Holt(VALUES, damped_trend=True, initialization_method="known", initial_level=41,
# initial_trend=0).fit(level, trend, damping_trend=damping, optimized=False).forecast(7)[-1]
OF_STATSMODELS = {
    (0.1, 0.0, 0.8): 53.596290876642755,
    (0.2, 0.3, 0.97): 68.83524625662321,
    (0.4, 0.1, 0.9): 63.82278960910459,
    (0.7, 0.3, 0.8): 63.184461475189764,
    (1.0, 0.1, 0.97): 65.1310576685076,
}


@pytest.mark.parametrize("parameters", OF_STATSMODELS)
def test_the_forecast_is_that_of_statsmodels(parameters: tuple[float, float, float]) -> None:
    made = forecasts(series([float(each) for each in VALUES]), maximum=WIDE, grid=[Smoothing(*parameters)])
    assert made.value[0, -1] == pytest.approx(OF_STATSMODELS[parameters], rel=1e-12)
