"""Trends of short series: Theil-Sen slope with its interval, and the Mann-Kendall test, in NumPy.

Sen (1968), Mann (1945), Kendall (1975). The variance is corrected for ties, and for autocorrelation as Hamed
and Rao (1998) do: by the significant autocorrelations of the ranks of the detrended values. The correction
never makes the variance smaller, so it cannot turn a series without a trend into one with a trend.
"""

from __future__ import annotations

import dataclasses
import math
from statistics import NormalDist
from typing import Any, Final

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.float64]]

CONFIDENCE: Final = 0.95
_QUANTILE: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclasses.dataclass(frozen=True)
class Trends:
    """The trends of several series, one number per series.

    Attributes:
        slope: the median slope between two observations, per day.
        low, high: the 95 % confidence interval of the slope.
        p_value: of the two-sided test that there is no trend.
        correction: by how much autocorrelation makes the variance larger; 1 without autocorrelation.
    """

    slope: Numbers
    low: Numbers
    high: Numbers
    p_value: Numbers
    correction: Numbers


def trends(days: Numbers, values: Numbers, *, with_correction: bool = True) -> Trends:
    """Return the trends of series of equal length.

    Args:
        days: the days of the observations, increasing; one row per series.
        values: the observed values.
        with_correction: whether the variance is corrected for autocorrelation.
    """
    first, second = np.triu_indices(days.shape[1], 1)
    slopes = np.sort((values[:, second] - values[:, first]) / (days[:, second] - days[:, first]), axis=1)
    slope = np.median(slopes, axis=1)
    score, variance = mann_kendall(values)
    detrended = values - slope[:, np.newaxis] * days
    correction = autocorrelation_correction(detrended) if with_correction else np.ones(len(values))
    deviation = np.sqrt(variance * correction)
    low, high = _interval(slopes, deviation)
    return Trends(slope, low, high, _p_values(score, deviation), correction)


def mann_kendall(values: Numbers) -> tuple[Numbers, Numbers]:
    """Return the score S of each series and its variance without a trend, corrected for ties."""
    length = values.shape[1]
    first, second = np.triu_indices(length, 1)
    score = np.sign(values[:, second] - values[:, first]).sum(axis=1)
    equal = (values[:, :, np.newaxis] == values[:, np.newaxis, :]).sum(axis=2)
    ties = ((equal - 1) * (2 * equal + 5)).sum(axis=1)  # t (t - 1) (2 t + 5) of each group of t equal values
    return score, (length * (length - 1) * (2 * length + 5) - ties) / 18


def autocorrelation_correction(detrended: Numbers) -> Numbers:
    """Return the factor of the variance (n / n* of Hamed and Rao), at least 1."""
    length = detrended.shape[1]
    ranks = _ranks(detrended)
    deviations = ranks - ranks.mean(axis=1, keepdims=True)
    squares = (deviations**2).sum(axis=1)
    total = np.zeros(len(detrended))
    for lag in range(1, length - 2):
        products = (deviations[:, lag:] * deviations[:, :-lag]).sum(axis=1)
        correlation = np.divide(products, squares, out=np.zeros_like(products), where=squares > 0)
        is_significant = np.abs(correlation) > _QUANTILE / math.sqrt(length)
        weight = (length - lag) * (length - lag - 1) * (length - lag - 2)
        total += weight * np.where(is_significant, correlation, 0)
    return np.asarray(np.maximum(1.0, 1 + 2 * total / (length * (length - 1) * (length - 2))), np.float64)


def _ranks(values: Numbers) -> Numbers:
    """The ranks within each series; equal values have their mean rank."""
    less = (values[:, np.newaxis, :] < values[:, :, np.newaxis]).sum(axis=2)
    equal = (values[:, np.newaxis, :] == values[:, :, np.newaxis]).sum(axis=2)
    return np.asarray(less + (equal + 1) / 2, np.float64)


def _p_values(score: Numbers, deviation: Numbers) -> Numbers:
    """Two-sided, from the normal distribution with continuity correction; 1 for constant values."""
    shifted = np.abs(score - np.sign(score))
    normal = np.divide(shifted, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    return np.array([math.erfc(each / math.sqrt(2)) for each in normal.tolist()])


def _interval(slopes: Numbers, deviation: Numbers) -> tuple[Numbers, Numbers]:
    """The slopes at Sen's ranks, rounded outwards as scipy.stats.theilslopes does."""
    count = slopes.shape[1]
    half = _QUANTILE * deviation
    lowest = np.maximum(np.round((count - half) / 2).astype(int) - 1, 0)
    highest = np.minimum(np.round((count + half) / 2).astype(int), count - 1)
    rows = np.arange(len(slopes))
    return slopes[rows, lowest], slopes[rows, highest]
