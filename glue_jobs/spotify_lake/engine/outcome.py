"""What a step of the day hands on: tables, and counts beside them."""

from __future__ import annotations

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
CLAIMS: Final = "claims"
PARTNERS: Final = "partners"

Figures = Mapping[tuple[str, str], int]
"""Counts by what is counted and of what: ("distinct", "artists"), ("failing", "tracks.name:not_null") ..."""


class Outcome:
    """Collects what a step makes."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[pa.Table]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, rows: pa.Table | None) -> None:
        """Hand a table on; further rows of the same table are joined to it."""
        if rows is not None:
            self._pieces.setdefault(name, []).append(rows)

    def reject(self, rows: pa.Table | None) -> None:
        """Check rows of rejected_records and hand them on; of these none is taken out."""
        if rows is None:
            return
        self.add(tables.REJECTED_RECORDS.name, rows)
        self.count_each("rejected", rows["reason"])
        self._count_checked(tables.REJECTED_RECORDS, row_checks.check(tables.REJECTED_RECORDS, rows))

    def count(self, kind: str, name: str, number: int) -> None:
        """Add to a figure."""
        self._counts[kind, name] += number

    def count_each(self, kind: str, names: pa.Array) -> None:
        """Add to the figure of each name the number of times that it is there."""
        for counted in pc.value_counts(names).to_pylist():
            self.count(kind, counted["values"], counted["counts"])

    def publish(self, table: Table, rows: pa.Table) -> None:
        """Check a table's rows; hand on those kept, those quarantined, and what foreign keys need."""
        checked = row_checks.check(table, rows)
        self.add(CLAIMS, row_checks.claims(table, checked.kept))
        self.add(PARTNERS, row_checks.partners(table, checked.kept))
        self.add(PARTNERS, row_checks.partners(table, checked.taken, is_published=False))
        self._count_checked(table, checked)
        self.count("kept", table.name, checked.kept.num_rows)
        for column in table.counted_columns:
            self.count(
                "values", f"{table.name}.{column}", len(checked.kept) - checked.kept[column].null_count
            )
        self.add(table.name, checked.kept.select(arrow_schema(table).names))
        self.reject(checked.quarantined)
        self.count_each("quarantined", checked.quarantined["source"].drop_null())

    def _count_checked(self, table: Table, checked: row_checks.Checked) -> None:
        for rule, failing in checked.failing.items():
            self.count("failing", rule, failing)
        self.count("checked", table.name, checked.kept.num_rows + checked.taken.num_rows)

    def take(self, name: str) -> pa.Table | None:
        """Take a table back, so that it is not handed on."""
        pieces = self._pieces.pop(name, None)
        return None if pieces is None else pa.concat_tables(pieces).combine_chunks()

    def tables(self) -> Tables:
        """Return everything, the counts as the table `figures`."""
        joined = {name: pa.concat_tables(each).combine_chunks() for name, each in self._pieces.items()}
        return {**joined, FIGURES: _as_table(self._counts)}


def _as_table(counts: Figures) -> pa.Table:
    return pa.table(
        {
            "kind": pa.array([kind for kind, _ in counts], pa.string()),
            "name": pa.array([name for _, name in counts], pa.string()),
            "count": pa.array(list(counts.values()), pa.int64()),
        }
    )


def added_up(*figures: pa.Table | None) -> Figures:
    """Return the counts of many tasks, those of the same kind and name added up."""
    total: Counter[tuple[str, str]] = Counter()
    for each in figures:
        for row in each.to_pylist() if each is not None else []:
            total[row["kind"], row["name"]] += row["count"]
    return total
