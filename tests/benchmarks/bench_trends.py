"""How often `trend_signals` calls a series without a trend rising or falling, in simulated series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from rich.table import Table
from scipy.stats import false_discovery_control  # type: ignore[import-untyped]  # scipy has no types

from spotify_lake.contract.marts.trends import SIGNIFICANCE
from spotify_lake.marts.trend_statistics import Numbers, trends

LENGTHS: Final = (7, 12, 28)
_AUTOCORRELATION: Final = 0.5
_TREND: Final = 0.2
"""Slope per day of the series with a trend, in standard deviations of the noise."""

Series = Callable[[np.random.Generator, int, int], Numbers]


def noise(chance: np.random.Generator, count: int, length: int) -> Numbers:
    """Independent values."""
    return chance.normal(size=(count, length))


def autocorrelated(chance: np.random.Generator, count: int, length: int) -> Numbers:
    """Values that depend on the one before them."""
    steps = chance.normal(size=(count, length + 50))
    for place in range(1, steps.shape[1]):
        steps[:, place] += _AUTOCORRELATION * steps[:, place - 1]
    return steps[:, 50:]


def walk(chance: np.random.Generator, count: int, length: int) -> Numbers:
    """Sums of independent steps."""
    return np.cumsum(chance.normal(size=(count, length)), axis=1)


def rising(chance: np.random.Generator, count: int, length: int) -> Numbers:
    """Independent values around a line that rises."""
    return noise(chance, count, length) + _TREND * np.arange(length)


KINDS: Final[dict[str, Series]] = {
    "independent values": noise,
    f"autocorrelation of {_AUTOCORRELATION}": autocorrelated,
    "random walk": walk,
}


def measure(count: int, seed: int) -> Table:
    """Test series without a trend, alone and among as many with one, and tabulate how many have a direction.

    Args:
        count: series of each kind.
        seed: of the simulation.
    """
    chance = np.random.default_rng(seed)
    table = Table(
        "series without a trend", "called rising or falling by", title=f"{count:,} series of each kind"
    )
    for length in LENGTHS:
        table.add_column(f"{length} values", justify="right")
    with_trend = {length: _p_values(rising(chance, count, length)) for length in LENGTHS}
    for name, make in KINDS.items():
        found = {length: _p_values(make(chance, count, length)) for length in LENGTHS}
        mixed = {length: np.concatenate([found[length], with_trend[length]]) for length in LENGTHS}
        rates = {
            "p_value": [_rate(found[length]) for length in LENGTHS],
            "p_adjusted": [_rate(false_discovery_control(found[length])) for length in LENGTHS],
            "p_adjusted, half with a trend": [
                _rate(false_discovery_control(mixed[length])[:count]) for length in LENGTHS
            ],
        }
        for test, row in rates.items():
            table.add_row(name, test, *(f"{each:.1%}" for each in row))
    uncorrected = [_rate(_p_values(walk(chance, count, length), with_correction=False)) for length in LENGTHS]
    table.add_row("random walk", "p_value without the correction", *(f"{each:.1%}" for each in uncorrected))
    return table


def _p_values(values: Numbers, *, with_correction: bool = True) -> Numbers:
    days = np.tile(np.arange(values.shape[1], dtype=float), (len(values), 1))
    return trends(days, values, with_correction=with_correction).p_value


def _rate(found: Numbers) -> float:
    return float(np.mean(found <= SIGNIFICANCE))
