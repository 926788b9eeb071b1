"""Columns that compare a mart's rows with those of earlier days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract.marts.columns import change_name
from spotify_lake.marts.mart import day_before


def with_changes(
    rows: DataFrame,
    before: Mapping[int, DataFrame | None],
    *,
    key: str,
    columns: Sequence[str],
    observed: Mapping[str, str] | None = None,
    comparable: Mapping[str, str] | None = None,
) -> DataFrame:
    """Add the changes of columns against exactly so many days before.

    Args:
        rows: the day's rows.
        before: the mart's rows by days before; None for a day without marts: its changes are left out.
        key: the column with the entity.
        columns: the columns to compare.
        observed: by column, the column with the time at which its value was observed. Its change is null
            unless it was read again in between.
        comparable: by column, the column that must be the same on both days. Otherwise its change is null.
    """
    new_only, same_only = observed or {}, comparable or {}
    for days, earlier in before.items():
        if earlier is not None:
            rows = _with_changes(
                rows, earlier, days, columns, key=key, observed=new_only, comparable=same_only
            )
    return rows


def _with_changes(
    rows: DataFrame,
    earlier: DataFrame,
    days: int,
    columns: Sequence[str],
    *,
    key: str,
    observed: Mapping[str, str],
    comparable: Mapping[str, str],
) -> DataFrame:
    kept = dict.fromkeys([*columns, *observed.values(), *comparable.values()])
    then = earlier.select(key, *(F.col(name).alias(f"then_{name}") for name in kept))

    def change(name: str) -> Column:
        difference = F.col(name) - F.col(f"then_{name}")
        if name in observed:
            return F.when(F.col(observed[name]) != F.col(f"then_{observed[name]}"), difference)
        if name in comparable:
            return F.when(F.col(comparable[name]) == F.col(f"then_{comparable[name]}"), difference)
        return difference

    return (
        rows.join(then, on=key, how="left")
        .withColumns({change_name(name, days): change(name) for name in columns})
        .drop(*(f"then_{name}" for name in kept))
    )


def is_observed(value: str, observed_at: str, previous_observed_at: str, *, day: str) -> Column:
    """Return whether a value was observed for a day, and not repeated from an earlier one.

    The time is UTC and the day is one of the pipeline's time zone, so the time may be of the day before.

    Args:
        value: the column with the value.
        observed_at: the column with the time at which it was observed.
        previous_observed_at: the column with that time in the entity's row of the newest earlier day.
        day: the day.
    """
    is_of_day = F.col(observed_at) >= F.lit(day_before(day, 1)).cast("timestamp")
    is_repeated = F.col(observed_at).eqNullSafe(F.col(previous_observed_at))
    return F.coalesce(F.col(value).isNotNull() & is_of_day & ~is_repeated, F.lit(False))
