"""The mart of trends: which figures rise or fall, and how sure that is."""

from __future__ import annotations

from typing import Final

from spotify_lake.contract.marts.columns import count, figure
from spotify_lake.contract.tables import Column, Table

TREND_WINDOWS: Final = (7, 28)
"""A trend is that of the observations within so many days, the day itself included."""
MIN_OBSERVATIONS: Final = 7
"""Fewer observations have no direction: the test's normal approximation does not hold for them."""
SIGNIFICANCE: Final = 0.05

_IF_TESTED: Final = f"Null with fewer than {MIN_OBSERVATIONS} observations."


def _slope(name: str, description: str) -> Column:
    return Column(name, "double", f"{description} {_IF_TESTED}")


def _probability(name: str, description: str) -> Column:
    return Column(name, "double", f"{description} {_IF_TESTED}", minimum=0, maximum=1, severity="halt")


TREND_SIGNALS: Final = Table(
    name="trend_signals",
    description="Which figures of the day's tracks, artists and playlists rise or fall. The slope is"
    " Theil and Sen's, the test is Mann and Kendall's with Hamed and Rao's correction for autocorrelation."
    " Only values that were read for their day count.",
    grain="one metric of an entity and window per day",
    columns=(
        Column(
            "entity_type",
            "string",
            "track, artist or playlist.",
            nullable=False,
            values=("track", "artist", "playlist"),
            severity="halt",
        ),
        Column("entity_id", "string", "The track, artist or playlist.", nullable=False),
        Column("name", "string", "Its name on the day."),
        Column(
            "metric",
            "string",
            "The column of track_daily, artist_daily or playlist_daily. For reach, days on which the"
            " followers of one of its playlists are unknown are left out.",
            nullable=False,
            values=("popularity", "playlists", "reach", "followers", "items"),
            severity="halt",
        ),
        Column(
            "window_days",
            "int",
            "Length of the window in days, this day included.",
            nullable=False,
            minimum=min(TREND_WINDOWS),
            maximum=max(TREND_WINDOWS),
            severity="halt",
        ),
        count("observations", "Number of days in the window on which the value was read.", minimum=1),
        Column(
            "direction",
            "string",
            f"rising or falling if p_adjusted is at most {SIGNIFICANCE} and the slope is not 0, otherwise"
            " none.",
            nullable=False,
            values=("rising", "falling", "none"),
            severity="halt",
        ),
        _slope("slope", "Median change per day between any two observations."),
        _slope("slope_low", "Lower end of the 95 % confidence interval of the slope."),
        _slope("slope_high", "Upper end of the 95 % confidence interval of the slope."),
        _probability("p_value", "Probability of a trend at least as clear in values without one."),
        _probability(
            "p_adjusted",
            "p_value after Benjamini and Hochberg, over all entities of the day with the same entity_type,"
            " metric and window_days: of the signals up to this value, at most this part is expected to be"
            " false.",
        ),
        figure(
            "variance_correction",
            "double",
            "By how much autocorrelation makes the variance of the test larger. 1 without autocorrelation."
            f" {_IF_TESTED}",
            minimum=1,
        ),
    ),
    key=("entity_type", "entity_id", "metric", "window_days"),
    row_count_is_watched=False,
)
