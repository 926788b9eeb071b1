"""The views: those that follow from the contract, and those written out in `views/*.sql`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final

from spotify_lake.tables import Table, table

# Tables that state a thing anew each day: analysts mostly want its latest row.
_LATEST_OF: Final = ("tracks", "albums", "artists", "episodes", "playlists")
_FOLDER: Final = Path(__file__).parent / "views"


@dataclasses.dataclass(frozen=True)
class View:
    """A view: its name, what it is, and its query in Athena SQL."""

    name: str
    description: str
    query: str

    @property
    def statement(self) -> str:
        """The statement that creates or replaces it."""
        return f"CREATE OR REPLACE VIEW {self.name} AS\n{self.query}"


def all_views() -> tuple[View, ...]:
    """Return every view of the lake; none reads another."""
    latest = [latest_view(table(name)) for name in _LATEST_OF]
    written = [read_view(path) for path in sorted(_FOLDER.glob("*.sql"))]
    return (*latest, *written)


def latest_view(of: Table) -> View:
    """Return the view with the latest row for each key of a table."""
    columns = ",\n  ".join(column.name for column in of.columns)
    keys = ", ".join(of.key)
    return View(
        name=f"latest_{of.name}",
        description=f"{of.name}: the latest observation of each {keys}, whichever day it is from.",
        query=f"SELECT\n  {columns},\n  snapshot_date\nFROM (\n"
        f"  SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY snapshot_date DESC) AS newest_first\n"
        f"  FROM {of.name}\n)\nWHERE newest_first = 1",
    )


def read_view(path: Path) -> View:
    """Read a view's file: its first lines, as `-- ` comments, are the description."""
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
    query = "\n".join(line for line in lines if not line.startswith("--")).strip()
    return View(name=path.stem, description=" ".join(comment), query=query)
