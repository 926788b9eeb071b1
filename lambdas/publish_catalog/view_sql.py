"""The views: `latest_*`, which are generated from the contract, and those in `views/*.sql`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final

from spotify_lake.contract.tables import TABLES, Table

# Tables with the same entities every day. Analysts mostly want the latest row of each.
_LATEST_OF: Final = tuple(table for table in TABLES if len(table.key) == 1 and table.row_count_is_watched)
_FOLDER: Final = Path(__file__).parent / "views"


@dataclasses.dataclass(frozen=True)
class View:
    """A view: its name, its description for analysts, and its query in Athena SQL."""

    name: str
    description: str
    query: str

    @property
    def statement(self) -> str:
        """The statement that creates or replaces it."""
        return f"CREATE OR REPLACE VIEW {self.name} AS\n{self.query}"


def all_views() -> tuple[View, ...]:
    """Return every view of the lake; none reads another."""
    latest = [latest_view(table) for table in _LATEST_OF]
    written = [read_view(path) for path in sorted(_FOLDER.glob("*.sql"))]
    return (*latest, *written)


def latest_view(of: Table) -> View:
    """Return the view with the latest row for each key of a table.

    A column with an observation time of its own (`Column.observed_at`) has the newest known value, which may
    be from an earlier day than the row.
    """
    keys = ", ".join(of.key)
    days = f"PARTITION BY {keys} ORDER BY snapshot_date DESC"
    dated = {column.name: column.observed_at for column in of.columns if column.observed_at}
    observed_at = {**dated, **{name: name for name in dated.values()}}
    names = [*of.column_names, "snapshot_date"]
    listed = ",\n  ".join(names)
    values = ",\n    ".join(
        f"{_newest_known(name, observed_at[name], keys)} AS {name}" if name in observed_at else name
        for name in names
    )
    newest = "".join(f" {name} is the newest known value, as of {time}." for name, time in dated.items())
    return View(
        name=f"latest_{of.name}",
        description=f"The latest row of each {keys} in {of.name}, whatever day it is from.{newest}",
        query=f"SELECT\n  {listed}\nFROM (\n"
        f"  SELECT\n    {values},\n    row_number() OVER ({days}) AS newest_first\n"
        f"  FROM {of.name}\n)\nWHERE newest_first = 1",
    )


def _newest_known(column: str, observed_at: str, keys: str) -> str:
    """Return the value on the newest day with an observation.

    Days that were published before `observed_at` existed come last.
    """
    rank = f"CASE WHEN {observed_at} IS NOT NULL THEN 0 WHEN {column} IS NOT NULL THEN 1 ELSE 2 END"
    return f"first_value({column}) OVER (PARTITION BY {keys} ORDER BY {rank}, snapshot_date DESC)"


def read_view(path: Path) -> View:
    """Read a view's file: the description (comment lines) and the query."""
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
    query = "\n".join(line for line in lines if not line.startswith("--")).strip()
    return View(name=path.stem, description=" ".join(comment), query=query)
