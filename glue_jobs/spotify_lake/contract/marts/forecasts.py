"""The marts of forecasts, which are made if the parameter ForecastPopularity is true."""

from __future__ import annotations

from typing import Final

from spotify_lake.contract.marts.columns import TRACK_NAME, count, day, figure, flag
from spotify_lake.contract.tables import TRACKS, Column, Table

HORIZON: Final = 7
"""A forecast is for so many days later."""
MIN_ORIGINS: Final = 8
"""Forecasts of fewer earlier days do not show whether the method suits a track."""
MAX_MASE: Final = 0.9
"""A forecast is made for tracks whose earlier forecasts had at most this part of the naive error."""

_MODES: Final = TRACKS.column("popularity").modes
_IF_BETTER: Final = "Null unless has_forecast."


def _forecast(name: str, description: str) -> Column:
    return Column(
        name, "double", f"{description} {_IF_BETTER}", minimum=0, maximum=100, severity="halt", modes=_MODES
    )


_FIGURES: Final = (
    count(
        "origins", f"Number of earlier days whose forecast is compared with the value {HORIZON} days later."
    ),
    count("covered_origins", "Number of these values that were within the 90 % interval."),
    figure("mae", "double", "Mean absolute error of these forecasts."),
    figure("naive_mae", "double", 'Mean absolute error of "same as on the day of the forecast".'),
    figure("mase", "double", "mae divided by naive_mae. Null if naive_mae is 0."),
)

POPULARITY_FORECAST: Final = Table(
    name="popularity_forecast",
    description=f"Forecast of each track's popularity {HORIZON} days later, from its own values of the last"
    " 28 days: exponential smoothing with a damped trend. No model is trained across tracks. Only tracks with"
    " enough values to compare earlier forecasts with have a row, and only those whose earlier forecasts were"
    f" better than the naive one (mase at most {MAX_MASE}) have a forecast. Empty unless the parameter"
    " ForecastPopularity is true.",
    grain="one track per day",
    columns=(
        Column("track_id", "string", "The track. Join to tracks.", nullable=False),
        TRACK_NAME,
        day("forecast_day", f"The day of the forecast: {HORIZON} days after snapshot_date.", nullable=False),
        flag("has_forecast", "Whether the earlier forecasts were better than the naive one."),
        _forecast("forecast", "Expected popularity on forecast_day."),
        _forecast("forecast_low", "Lower end of its 90 % interval."),
        _forecast("forecast_high", "Upper end of its 90 % interval."),
        *_FIGURES,
    ),
    key=("track_id",),
    row_count_is_watched=False,
)

FORECAST_BACKTEST: Final = Table(
    name="forecast_backtest",
    description="How well the forecasts of popularity_forecast would have done on earlier days, over all its"
    " tracks and over those with a forecast. Empty unless the parameter ForecastPopularity is true.",
    grain="one group of tracks per day",
    columns=(
        Column(
            "track_group",
            "string",
            "all, or with_forecast for the tracks that have one.",
            nullable=False,
            values=("all", "with_forecast"),
            severity="halt",
        ),
        count("tracks", "Number of tracks.", minimum=1),
        *_FIGURES,
        Column(
            "coverage",
            "double",
            "covered_origins divided by origins. 0.9 is intended.",
            nullable=False,
            minimum=0,
            maximum=1,
            severity="halt",
        ),
    ),
    key=("track_group",),
    row_count_is_watched=False,
)
