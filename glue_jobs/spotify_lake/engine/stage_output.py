"""The output of a stage: finished rows, input of the next stage, and what goes to the driver."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spotify_lake.contract import tables
from spotify_lake.contract.arrow_schema import arrow_schema
from spotify_lake.contract.tables import Table
from spotify_lake.engine.exchange import Tables
from spotify_lake.quality import row_checks

FIGURES: Final = "figures"
FOREIGN_KEYS: Final = "foreign_keys"
REFERENCED_KEYS: Final = "referenced_keys"

Figures = Mapping[tuple[str, str], int]
"""Counts by kind and by name: ("distinct", "artists"), ("failing", "tracks.name:not_null") ..."""


@dataclasses.dataclass(frozen=True)
class StageOutput:
    """What a stage made.

    Attributes:
        rows: finished rows, by table of the contract.
        next_stage: the input of the next stage.
        driver: small tables for the driver, `figures` among them.
    """

    rows: Tables
    next_stage: Tables
    driver: Tables


class StageOutputBuilder:
    """Collects the output of a stage. Tables that are added under the same name are concatenated."""

    def __init__(self) -> None:
        self._rows: dict[str, list[pa.Table]] = {}
        self._next_stage: dict[str, list[pa.Table]] = {}
        self._driver: dict[str, list[pa.Table]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def to_next_stage(self, name: str, rows: pa.Table | None) -> None:
        """Pass a table to the next stage."""
        if rows is not None:
            self._next_stage.setdefault(name, []).append(rows)

    def to_driver(self, name: str, rows: pa.Table | None) -> None:
        """Pass a small table to the driver."""
        if rows is not None:
            self._driver.setdefault(name, []).append(rows)

    def count(self, kind: str, name: str, number: int) -> None:
        """Add to a figure."""
        self._counts[kind, name] += number

    def count_each(self, kind: str, names: pa.Array) -> None:
        """Add the number of occurrences of each name to its figure."""
        for counted in pc.value_counts(names).to_pylist():
            self.count(kind, counted["values"], counted["counts"])

    def publish(self, table: Table, rows: pa.Table) -> pa.Table:
        """Check a table's rows. Add the good ones, the quarantined ones, and the keys for foreign keys.

        Returns:
            The good ones.
        """
        checked = row_checks.check(table, rows)
        self.to_next_stage(FOREIGN_KEYS, row_checks.foreign_keys(table, checked.kept))
        self.to_next_stage(REFERENCED_KEYS, row_checks.referenced_keys(table, checked.kept))
        self.to_next_stage(
            REFERENCED_KEYS, row_checks.referenced_keys(table, checked.removed, is_published=False)
        )
        self._count_checked(table, checked)
        self.count("kept", table.name, checked.kept.num_rows)
        for column in table.counted_columns:
            self.count(
                "values", f"{table.name}.{column}", len(checked.kept) - checked.kept[column].null_count
            )
        self._add_rows(table, checked.kept.select(arrow_schema(table).names))
        self.reject(checked.quarantined)
        self.count_each("quarantined", checked.quarantined["source"].drop_null())
        return checked.kept

    def reject(self, rows: pa.Table | None) -> None:
        """Check and add rows of rejected_records. None of them is quarantined."""
        if rows is None:
            return
        self._add_rows(tables.REJECTED_RECORDS, rows)
        self.count_each("rejected", rows["reason"])
        self._count_checked(tables.REJECTED_RECORDS, row_checks.check(tables.REJECTED_RECORDS, rows))

    def _add_rows(self, table: Table, rows: pa.Table) -> None:
        self._rows.setdefault(table.name, []).append(rows)

    def _count_checked(self, table: Table, checked: row_checks.CheckedRows) -> None:
        for rule, failing in checked.failing.items():
            self.count("failing", rule, failing)
        self.count("checked", table.name, checked.kept.num_rows + checked.removed.num_rows)

    def take_next_stage(self) -> Tables:
        """Remove and return the input of the next stage: the last stage has none and uses it itself."""
        taken, self._next_stage = self._next_stage, {}
        return _concatenated(taken)

    def build(self) -> StageOutput:
        """Return the output, the figures as the driver's table `figures`."""
        return StageOutput(
            rows=_concatenated(self._rows),
            next_stage=_concatenated(self._next_stage),
            driver={**_concatenated(self._driver), FIGURES: _as_table(self._counts)},
        )


def _concatenated(pieces: Mapping[str, list[pa.Table]]) -> Tables:
    return {name: pa.concat_tables(each).combine_chunks() for name, each in pieces.items()}


def _as_table(counts: Figures) -> pa.Table:
    return pa.table(
        {
            "kind": pa.array([kind for kind, _ in counts], pa.string()),
            "name": pa.array([name for _, name in counts], pa.string()),
            "count": pa.array(list(counts.values()), pa.int64()),
        }
    )


def add_figures(*figures: pa.Table | None) -> Figures:
    """Return the sums of the figures of many tasks."""
    total: Counter[tuple[str, str]] = Counter()
    for each in figures:
        for row in each.to_pylist() if each is not None else []:
            total[row["kind"], row["name"]] += row["count"]
    return total
