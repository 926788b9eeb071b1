"""How the rows of a table are made from raw lines: one `Entity` for each such table."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa

from spotify_lake.contract.tables import Table
from spotify_lake.transforms.columns import array
from spotify_lake.transforms.latest import TIE_BREAK, latest

CREDITS: Final = "_credits"
"""The column with the simplified artists of a track or an album, as the API sends them."""

Transform = Callable[[pa.Table], pa.Table]


@dataclasses.dataclass(frozen=True)
class FullRecords:
    """Full records of a thing, which the API returns apart from the lists that name it.

    Attributes:
        name: the name of the observations between the stages.
        source: the raw source.
        observe: from accepted lines to observations.
        distribute_by: the column with the thing's id.
        nothing: a table without rows, for a day without such records.
    """

    name: str
    source: str
    observe: Transform
    distribute_by: str
    nothing: pa.Table


@dataclasses.dataclass(frozen=True)
class Completion:
    """Fills columns of chosen rows from full records.

    Attributes:
        records: the full records.
        complete: takes rows, one per key, and the records, and returns the rows.
        observed_at: the column that is not null where a record was used.
    """

    records: FullRecords
    complete: Callable[[pa.Table, pa.Table], pa.Table]
    observed_at: str


@dataclasses.dataclass(frozen=True)
class Entity:
    """A table whose rows are chosen from observations in raw lines.

    Attributes:
        table: the table of the contract.
        sources: the raw sources with observations of it.
        observe: from accepted lines to observations: the table's columns and those of `tie_break`. Lines of
            playlist contents come as `playlist_items.classified_items`.
        distribute_by: a column of the key. Observations with the same value are processed by the same task.
        tie_break: the columns that decide between observations of the same `fetched_at` (`latest`).
        choose: returns one row per key; None: the latest observation.
        is_combined: whether a task passes on only the latest of its own observations of a key. It needs the
            default `tie_break` and `choose`.
        is_reconciled: whether each row is one raw line, so that lines are counted against rows. The
            observations carry the line's `_source`.
        credits: the table of the credited artists, for an entity with the column `CREDITS`; the first column
            of its key is that of this table.
        completion: the full records that complete its rows.
    """

    table: Table
    sources: tuple[str, ...]
    observe: Transform
    distribute_by: str
    tie_break: tuple[str, ...] = TIE_BREAK
    choose: Transform | None = None
    is_combined: bool = False
    is_reconciled: bool = False
    credits: Table | None = None
    completion: Completion | None = None

    def rows(self, observations: pa.Table) -> pa.Table:
        """Return one row per key."""
        if self.choose is not None:
            return self.choose(observations)
        return latest(observations, self.table.key, self.tie_break)


def place(items: pa.Table) -> dict[str, Any]:
    """Return the columns that decide between two observations in playlists: fetched_at and `TIE_BREAK`."""
    return {
        "fetched_at": array(items, "fetched_at"),
        **{name: array(items, name.removeprefix("_")) for name in TIE_BREAK},
    }
