"""Which simulated series get a forecast, and how good these forecasts are a week later."""

from __future__ import annotations

from typing import Final

import numpy as np
from rich.table import Table

from spotify_lake.contract.marts.forecasts import HORIZON
from spotify_lake.marts.mart import WINDOW_DAYS
from spotify_lake.marts.popularity_forecast import forecast_figures
from spotify_lake.marts.trend_statistics import Numbers

_DAYS: Final = WINDOW_DAYS + HORIZON


def simulated(chance: np.random.Generator, count: int) -> dict[str, Numbers]:
    """Return popularities of `WINDOW_DAYS` days and the week after them, whole numbers from 0 to 100."""
    days = np.arange(_DAYS)
    noise = chance.normal(size=(count, _DAYS))
    made = {
        "random walk": 50 + np.cumsum(noise, axis=1),
        "noise around a constant": 50 + 3 * noise,
        "slow trend with noise": 40 + 0.5 * days + 2 * noise,
        "clear trend": 30 + days + noise,
    }
    return {name: np.clip(np.round(values), 0, 100) for name, values in made.items()}


def measure(count: int, seed: int) -> Table:
    """Forecast the last week of simulated series from the days before it, and tabulate the errors.

    Args:
        count: series of each kind.
        seed: of the simulation.
    """
    table = Table("series", title=f"{count:,} series of each kind, {WINDOW_DAYS} days")
    for column in ("with a forecast", "MASE a week later", "in the 90 % interval"):
        table.add_column(column, justify="right")
    for name, values in simulated(np.random.default_rng(seed), count).items():
        figures = forecast_figures(values[:, :WINDOW_DAYS])
        actual, today = values[:, -1], values[:, WINDOW_DAYS - 1]
        has_forecast = ~np.isnan(figures["forecast"])
        error = np.abs(actual - figures["forecast"])[has_forecast].mean()
        naive_error = np.abs(actual - today)[has_forecast].mean()
        is_covered = (figures["forecast_low"] <= actual) & (actual <= figures["forecast_high"])
        table.add_row(
            name,
            f"{has_forecast.mean():.0%}",
            f"{error / naive_error:.2f}",
            f"{is_covered[has_forecast].mean():.0%}",
        )
    return table
