"""Trends of short series: against SciPy, and how often series without a trend seem to have one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spotify_lake.marts.trend_statistics import Numbers, autocorrelation_correction, mann_kendall, trends

SERIES = 2_000


def days(length: int, series: int = SERIES) -> Numbers:
    return np.tile(np.arange(length, dtype=np.float64), (series, 1))


def false_positives(values: Numbers, *, with_correction: bool = True) -> float:
    found = trends(days(values.shape[1], len(values)), values, with_correction=with_correction)
    return float((found.p_value <= 0.05).mean())


def test_slope_interval_and_test_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats", reason="needs the packages of `make dev-environment`")
    chance = np.random.default_rng(7)
    for length in (7, 12, 28):
        for values in (chance.normal(size=length), chance.integers(0, 4, length).astype(np.float64)):
            when = np.sort(chance.choice(60, length, replace=False)).astype(np.float64)
            found = trends(when[np.newaxis], values[np.newaxis], with_correction=False)
            slope, _, low, high = stats.theilslopes(values, when, 0.95)
            assert [found.slope[0], found.low[0], found.high[0]] == pytest.approx([slope, low, high])
            score, variance = mann_kendall(values[np.newaxis])
            # SciPy's test has no continuity correction.
            p_value = math.erfc(abs(score[0]) / math.sqrt(2 * variance[0]))
            assert p_value == pytest.approx(stats.kendalltau(when, values, method="asymptotic").pvalue)


def test_a_straight_line_has_its_slope_and_no_doubt() -> None:
    found = trends(np.array([[0.0, 1, 2, 4, 7, 9, 12]]), np.array([[5.0, 7, 9, 13, 19, 23, 29]]))
    assert (found.slope[0], found.low[0], found.high[0]) == (2, 2, 2)
    assert found.p_value[0] < 0.01


def test_constant_values_have_no_trend() -> None:
    found = trends(days(9, 1), np.full((1, 9), 3.0))
    assert (found.slope[0], found.low[0], found.high[0], found.p_value[0]) == (0, 0, 0, 1)


def test_autocorrelation_never_makes_a_trend_more_certain() -> None:
    alternating = np.tile([1.0, -1.0], (1, 10))
    assert autocorrelation_correction(alternating)[0] == 1
    waves = np.sin(days(28, 1) / 4)
    assert autocorrelation_correction(waves)[0] > 1


@pytest.mark.parametrize("length", [7, 28])
def test_at_most_one_in_twenty_series_of_white_noise_seems_to_have_a_trend(length: int) -> None:
    noise = np.random.default_rng(length).normal(size=(SERIES, length))
    assert 0.01 < false_positives(noise) < 0.06
    assert 0.01 < false_positives(np.round(2 * noise)) < 0.06


def test_random_walks_often_seem_to_have_a_trend_and_the_correction_makes_it_rarer() -> None:
    walks = np.random.default_rng(28).normal(size=(SERIES, 28)).cumsum(axis=1)
    assert 0.5 < false_positives(walks) < 0.65
    assert false_positives(walks) < false_positives(walks, with_correction=False) - 0.08
