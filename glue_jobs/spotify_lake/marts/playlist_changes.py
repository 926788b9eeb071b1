"""playlist_changes: what was added to, removed from and moved within each playlist."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spotify_lake.contract import tables
from spotify_lake.contract.marts.playlists import PLAYLIST_CHANGES, PLAYLIST_DAILY, PLAYLIST_STAYS
from spotify_lake.contract.spark_schema import conform
from spotify_lake.marts.contents import compare
from spotify_lake.marts.mart import Mart, MartInputs

_MOVED_SCHEMA: Final = pa.schema([("playlist_id", pa.string()), ("item_uri", pa.string())])
_MOVED_COLUMNS: Final = "playlist_id string, item_uri string"


def playlist_changes(
    items: DataFrame, previous_stays: DataFrame, playlist_daily: DataFrame, *, day: str
) -> DataFrame:
    """Return what changed in the playlists whose contents are of a day and of an earlier one.

    Args:
        items: playlist_items of the day.
        previous_stays: playlist_stays of the newest earlier day.
        playlist_daily: of the day.
        day: the day.
    """
    compared = compare(items, previous_stays, playlist_daily, day=day).where(
        F.col("is_read") & F.col("previous_snapshot_date").isNotNull()
    )
    moved = moved_items(compared).withColumn("is_moved", F.lit(True))
    change = (
        F.when(F.col("old_position").isNull(), "added")
        .when(F.col("position").isNull(), "removed")
        .when(F.col("is_moved"), "moved")
    )
    rows = (
        compared.join(moved, on=["playlist_id", "item_uri"], how="left")
        .withColumn("change", change)
        .where(F.col("change").isNotNull())
    )
    is_removed = F.col("change") == "removed"
    of_item = ("item_type", "track_id", "episode_id", "item_name", "position")
    return conform(
        rows.select(
            "playlist_id",
            "playlist_name",
            "change",
            "item_uri",
            *(
                F.when(is_removed, F.col(f"old_{name}")).otherwise(F.col(name)).alias(name)
                for name in of_item
            ),
            F.col("old_position").alias("previous_position"),
            "previous_snapshot_date",
            F.datediff(F.lit(day).cast("date"), F.col("previous_snapshot_date").cast("date")).alias(
                "days_between"
            ),
        ),
        PLAYLIST_CHANGES,
    )


def moved_items(compared: DataFrame) -> DataFrame:
    """Return playlist_id and item_uri of the items that moved: the fewest that explain the new order.

    Args:
        compared: from `compare`.
    """
    is_kept = F.col("position").isNotNull() & F.col("old_position").isNotNull()
    old_positions = F.transform("kept", lambda item: item["old_position"])
    reordered = (
        compared.where(is_kept)
        .groupBy("playlist_id")
        .agg(F.array_sort(F.collect_list(F.struct("position", "old_position", "item_uri"))).alias("kept"))
        .where(old_positions != F.array_sort(old_positions))
    )
    return reordered.mapInArrow(_moved, _MOVED_COLUMNS)


def _moved(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        moved = [
            {"playlist_id": playlist, "item_uri": kept[place]["item_uri"]}
            for playlist, kept in zip(*(column.to_pylist() for column in batch.columns), strict=True)
            for place in out_of_order([item["old_position"] for item in kept])
        ]
        yield pa.RecordBatch.from_pylist(moved, schema=_MOVED_SCHEMA)


def out_of_order(positions: Sequence[int]) -> list[int]:
    """Return the places to leave out so that the rest increases: the fewest, which is unique up to ties.

    Patience sorting: `ends[n]` is the place of the smallest last number of an increasing sequence of n + 1.

    Args:
        positions: distinct numbers.
    """
    ends: list[int] = []
    numbers: list[int] = []
    before: list[int | None] = []
    for place, number in enumerate(positions):
        length = bisect_left(numbers, number)
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1] = [place]
        numbers[length : length + 1] = [number]
    kept = set()
    at = ends[-1] if ends else None
    while at is not None:
        kept.add(at)
        at = before[at]
    return [place for place in range(len(positions)) if place not in kept]


def _build(inputs: MartInputs) -> DataFrame:
    if inputs.previous_day is None:
        return inputs.no_rows(PLAYLIST_CHANGES)  # starting a Python worker would take a second
    return playlist_changes(
        inputs.table(tables.PLAYLIST_ITEMS),
        inputs.previous(PLAYLIST_STAYS),
        inputs.built(PLAYLIST_DAILY),
        day=inputs.day,
    )


MART: Final = Mart(PLAYLIST_CHANGES, _build, needs=(PLAYLIST_DAILY,))
