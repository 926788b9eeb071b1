"""A mart, and the partitions that the marts of a day are made from."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spotify_lake.contract.marts.columns import CHANGE_DAYS
from spotify_lake.contract.spark_schema import spark_schema
from spotify_lake.contract.tables import Table
from spotify_lake.publishing.publish import CuratedPaths

WINDOW_DAYS: Final = 28
"""Marts read marts of at most this many days before their own, and the newest day before it."""


@dataclasses.dataclass(frozen=True)
class Mart:
    """A mart of the contract and how it is made.

    Attributes:
        table: the table of the contract.
        build: returns its rows, exactly the columns of the table.
        needs: marts of the same day that are made first.
        is_state: whether the next day reads it as its previous partition.
    """

    table: Table
    build: Callable[[MartInputs], DataFrame]
    needs: tuple[Table, ...] = ()
    is_state: bool = False


@dataclasses.dataclass(frozen=True)
class MartInputs:
    """The partitions that the marts of a day may read: no others are listed or scanned.

    Attributes:
        spark: the session.
        places: the run's paths of the day.
        previous_day: the newest earlier day with marts; None when there is none.
        mart_days: the earlier days with marts that are read, oldest first.
        days_of: the days with a partition of a mart, by its name. Earlier days lack a mart that is new.
        is_small: whether one task reads everything, so that nothing is shuffled.
    """

    spark: SparkSession
    places: CuratedPaths
    previous_day: str | None
    mart_days: tuple[str, ...]
    days_of: Mapping[str, Collection[str]]
    is_small: bool
    _kept: dict[Callable[[MartInputs], DataFrame], DataFrame] = dataclasses.field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def day(self) -> str:
        """The day."""
        return self.places.snapshot_date

    def table(self, table: Table) -> DataFrame:
        """Return the day's rows of a table."""
        return self._read(table, [self.places.target(table.name)])

    def kept(self, make: Callable[[MartInputs], DataFrame]) -> DataFrame:
        """Return what a function makes of these inputs, and plan it only once for all marts of the day."""
        if make not in self._kept:
            self._kept[make] = make(self)
        return self._kept[make]

    def built(self, mart: Table) -> DataFrame:
        """Return the rows of a mart of this day, which `Mart.needs` names."""
        return self._read(mart, [self.places.staged(mart.name)])

    def previous(self, mart: Table) -> DataFrame:
        """Return the rows of a mart on `previous_day`; none when there is no such day."""
        return self._of_day(mart, self.previous_day)

    def before(self, mart: Table) -> dict[int, DataFrame | None]:
        """Return the rows of a mart 1, 7 and 28 days before the day; None for a day without marts."""
        days = {number: day_before(self.day, number) for number in CHANGE_DAYS}
        return {
            number: self._of_day(mart, day) if self._has(mart, day) else None for number, day in days.items()
        }

    def window(self, mart: Table, days: int) -> DataFrame:
        """Return the rows of a mart in the days before the day, with `snapshot_date`; none when it has none.

        Args:
            mart: the mart.
            days: the length of the window, in which the day itself is the last one.
        """
        first = day_before(self.day, days - 1)
        paths = [
            self.places.partition(mart.name, day)
            for day in self.mart_days
            if day >= first and self._has(mart, day)
        ]
        return self._read(mart, paths, with_partition=True)

    def no_rows(self, mart: Table) -> DataFrame:
        """Return no rows of a mart."""
        return self._read(mart, [])

    def _of_day(self, mart: Table, day: str | None) -> DataFrame:
        if day is None or not self._has(mart, day):
            return self.no_rows(mart)
        return self._read(mart, [self.places.partition(mart.name, day)])

    def _has(self, mart: Table, day: str) -> bool:
        return day in self.mart_days and day in self.days_of[mart.name]

    def _read(self, table: Table, paths: list[str], *, with_partition: bool = False) -> DataFrame:
        schema = spark_schema(table, with_partition=with_partition)
        if not paths:
            # Spark's optimizer removes joins with rows that it knows to be none.
            return self.spark.range(1).where(F.lit(False)).select().to(schema)
        reader = self.spark.read.schema(schema)
        if with_partition:
            reader = reader.option("basePath", f"{self.places.curated_uri}{table.name}/")
        rows = reader.parquet(*paths)
        return rows.coalesce(1) if self.is_small else rows


def day_before(day: str, days: int) -> str:
    """Return the day so many days before a day (YYYY-MM-DD)."""
    return (dt.date.fromisoformat(day) - dt.timedelta(days)).isoformat()
