"""Which of several observations of one thing becomes its row.

The rule, the same for every table: the latest `fetched_at` wins. Where two were fetched in the same
millisecond, the first in the order of (source, playlist_id, position, run_id, content) does, nulls first.
That order is total, so the result depends neither on the order of the files nor on the partitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

TIE_BREAK: Final = ("source", "playlist_id", "position", "run_id")
_RANK: Final = "_rank"


def latest(
    rows: DataFrame,
    key: Sequence[str],
    *,
    content: str,
    tie_break: Sequence[str] = TIE_BREAK,
    prefer: str | None = None,
) -> DataFrame:
    """Keep one row a key.

    Args:
        rows: observations, with `fetched_at` and the columns named by the other arguments.
        key: the columns that identify the thing.
        content: the struct of the record itself, which decides last.
        tie_break: what decides, ascending, among rows of the same `fetched_at`.
        prefer: a boolean column that outranks even the time: true wins over false.
    """
    order = [
        *([F.col(prefer).desc_nulls_last()] if prefer else []),
        F.col("fetched_at").desc_nulls_last(),
        *[F.col(name).asc_nulls_first() for name in tie_break],
        F.col(content).asc_nulls_first(),
    ]
    window = Window.partitionBy(*key).orderBy(*order)
    # The filter on a rank lets Spark drop losers before it shuffles (WindowGroupLimit).
    return rows.withColumn(_RANK, F.row_number().over(window)).where(F.col(_RANK) == F.lit(1)).drop(_RANK)
