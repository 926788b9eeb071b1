"""The views: `latest_*`, which are generated from the contract, and those in `views/*.sql`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final

from spotify_lake.contract.tables import PLAYLISTS, TABLES, Table

# Tables with the same entities every day. Analysts mostly want the latest row of each.
_LATEST_OF: Final = tuple(table for table in TABLES if len(table.key) == 1 and table.row_count_is_watched)
_FOLDER: Final = Path(__file__).parent / "views"

_MISSED_DAYS: Final = 28
"""A playlist without contents for more published days than these is taken for removed."""
_ACCOUNT_LISTS: Final = "spotify:collection:"
"""How the URIs of the account's own lists begin."""
_NEWEST_DAY: Final = "(SELECT max(snapshot_date) FROM playlists)"
_NEWEST_CONTENTS: Final = f"""
      SELECT max(snapshot_date) AS day FROM playlists
      UNION ALL
      SELECT last_snapshot_date
      FROM playlist_daily
      WHERE snapshot_date = {_NEWEST_DAY} AND days_without_contents <= {_MISSED_DAYS}"""
"""The days with the newest contents of the playlists: the newest day only if all of them were read on it."""
_WITHOUT_FOLLOWERS: Final = f"""
      UNION ALL
      SELECT CAST(date(snapshot_date) - INTERVAL '{_MISSED_DAYS}' DAY AS varchar)
      FROM playlists
      WHERE snapshot_date = {_NEWEST_DAY} AND followers_observed_at IS NULL
        AND coalesce(uri, '') NOT LIKE '{_ACCOUNT_LISTS}%'"""
"""The first day to look for followers that were not read on the newest day. Lists of the account, such as the
saved tracks, never have followers."""


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

    It reads the newest published day, and the days with the newest contents of playlists that have none on
    that day. A day of which every playlist was read is read alone. See infra/decisions/0014.

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
        description=f"The latest row of each {keys} in {of.name}: of the newest day and, for playlists that"
        f" were not read on it, of the day when they last were (at most {_MISSED_DAYS} published days before,"
        f" and only with marts).{newest}",
        query=f"SELECT\n  {listed}\nFROM (\n"
        f"  SELECT\n    {values},\n    row_number() OVER ({days}) AS newest_first\n"
        f"  FROM {of.name}\n  WHERE {_is_latest(of)}\n)\nWHERE newest_first = 1",
    )


def _is_latest(of: Table) -> str:
    """Return the condition on the days to read.

    A comparison with one value bounds what is scanned: the value is known before the days are listed.
    """
    if of is PLAYLISTS:  # a small table, in which followers may have been read before the row
        return f"snapshot_date >= (SELECT min(day) FROM ({_NEWEST_CONTENTS}{_WITHOUT_FOLLOWERS}))"
    first_day = f"(SELECT min(day) FROM ({_NEWEST_CONTENTS}))"
    return f"snapshot_date >= {first_day}\n    AND snapshot_date IN (SELECT day FROM ({_NEWEST_CONTENTS}))"


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
