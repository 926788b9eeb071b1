"""The keys of an execution's input for a rebuild: days computed again from the raw zone, without a fetch."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from spotify_lake.contract.marts.registry import MARTS
from spotify_lake.contract.tables import TABLES
from spotify_lake.rebuild.days import ALL, DaysInvalid, parse_days

from .errors import InvalidInput
from .values import flag, names

KEYS: Final = ("rebuild", "tables", "reprocess_rejected")
_PLAYLIST_KEYS: Final = ("playlists", "playlists_uri", "dropped")
_FETCH_KEYS: Final = ("snapshot_date", *_PLAYLIST_KEYS, "max_calls", "max_wait_seconds")
_TABLES: Final = tuple(table.name for table in TABLES)
MARTS_ONLY: Final = ("marts",)
"""The value of `tables` for a rebuild of the marts from the published tables."""
_MARTS: Final = {"marts", *(mart.name for mart in MARTS)}


@dataclasses.dataclass(frozen=True)
class Rebuild:
    """The days and tables to rebuild.

    Attributes:
        days: a day, a range or all, in the form of the Glue job's argument.
        tables: the names of tables; empty for all, `MARTS_ONLY` for none.
        reprocess_rejected: whether to rebuild only days with rejected records.
    """

    days: str
    tables: tuple[str, ...] = ()
    reprocess_rejected: bool = False

    @property
    def with_tables(self) -> bool:
        """Whether tables are rebuilt, and not only the marts."""
        return self.tables != MARTS_ONLY


def parse_rebuild(body: Mapping[str, Any], *, today: dt.date) -> Rebuild | None:
    """Check the keys for a rebuild; return None when the input requests a fetch.

    Raises:
        InvalidInput: a key or value is wrong.
    """
    if body.get("rebuild") in (None, ""):
        for key in KEYS:
            if body.get(key) is not None and key != "rebuild":
                remedy = 'Add the days: {"rebuild": "2026-11-01..2026-11-20"}, or leave it out.'
                raise InvalidInput(key, "requires 'rebuild'", remedy)
        return None
    for key in _FETCH_KEYS:
        if body.get(key) is not None:
            raise InvalidInput(
                key, "cannot be combined with 'rebuild', which does not fetch", "Leave it out."
            )
    rebuild = Rebuild(_days(body["rebuild"], today), _tables(body), flag(body, "reprocess_rejected"))
    if rebuild.reprocess_rejected and rebuild.tables:
        raise InvalidInput(
            "tables",
            "cannot be combined with 'reprocess_rejected', which rebuilds whole days",
            "Leave it out.",
        )
    return rebuild


def _days(value: Any, today: dt.date) -> str:
    remedy = "Write a day as YYYY-MM-DD, a range as 2026-11-01..2026-11-20, or all."
    if not isinstance(value, str):
        raise InvalidInput("rebuild", f"is {value!r}", remedy)
    try:
        days = parse_days(value)
    except DaysInvalid as error:
        raise InvalidInput("rebuild", f"is {value!r}, which {error.problem}", remedy) from error
    if days.first is not None and days.first > today.isoformat():
        raise InvalidInput("rebuild", f"is {value}, in the future", remedy)
    return value


def _tables(body: Mapping[str, Any]) -> tuple[str, ...]:
    requested = names(body, "tables", "tracks")
    if requested == [ALL]:
        return ()
    if requested == list(MARTS_ONLY):
        return MARTS_ONLY
    for name in requested:
        if name in _MARTS:
            raise InvalidInput(
                "tables",
                f"contains {name!r}, but marts are built together, after any tables",
                'Leave it out, or write ["marts"] to build only the marts of these days.',
            )
        if name not in _TABLES:
            raise InvalidInput(
                "tables", f"contains {name!r}, which is not a table", f"The tables are {', '.join(_TABLES)}."
            )
    return tuple(requested)
