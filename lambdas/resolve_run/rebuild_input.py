"""The part of an execution's input that asks for a rebuild: days made anew from the raw zone, no fetch."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from spotify_lake.contract.tables import TABLES
from spotify_lake.rebuild.days import ALL, DaysInvalid, parse_days

from .errors import InvalidInput
from .values import flag, names

KEYS: Final = ("rebuild", "tables", "reprocess_rejected")
_OF_A_FETCH: Final = ("snapshot_date", "playlists", "playlists_uri", "max_calls", "max_wait_seconds")
_TABLES: Final = tuple(table.name for table in TABLES)


@dataclasses.dataclass(frozen=True)
class Rebuild:
    """What is to be made anew.

    Attributes:
        days: a day, a range or all, as the Glue job takes it.
        tables: the names of tables; none of them stands for all.
        reprocess_rejected: whether only days with rejected records are meant.
    """

    days: str
    tables: tuple[str, ...] = ()
    reprocess_rejected: bool = False

    def job_arguments(self) -> dict[str, str]:
        """Return the Glue job's arguments, by name; they are texts."""
        return {
            "snapshot_date": self.days,
            "tables": ",".join(self.tables) or ALL,
            "reprocess_rejected": str(self.reprocess_rejected).lower(),
        }


def parse_rebuild(body: Mapping[str, Any], *, today: dt.date) -> Rebuild | None:
    """Check what the input says of a rebuild; None when it asks for a fetch.

    Raises:
        InvalidInput: naming the key, what is wrong with it, and the way out.
    """
    if body.get("rebuild") in (None, ""):
        for key in KEYS:
            if body.get(key) is not None and key != "rebuild":
                way_out = 'Add the days: {"rebuild": "2026-11-01..2026-11-20"}, or leave it out.'
                raise InvalidInput(key, "goes with 'rebuild' only", way_out)
        return None
    for key in _OF_A_FETCH:
        if body.get(key) is not None:
            raise InvalidInput(key, "has no meaning beside 'rebuild', which fetches nothing", "Leave it out.")
    rebuild = Rebuild(_days(body["rebuild"], today), _tables(body), flag(body, "reprocess_rejected"))
    if rebuild.reprocess_rejected and rebuild.tables:
        raise InvalidInput("tables", "does not go with 'reprocess_rejected': whole days", "Leave it out.")
    return rebuild


def _days(value: Any, today: dt.date) -> str:
    way_out = "Write a day as YYYY-MM-DD, a range as 2026-11-01..2026-11-20, or all."
    if not isinstance(value, str):
        raise InvalidInput("rebuild", f"is {value!r}", way_out)
    try:
        days = parse_days(value)
    except DaysInvalid as error:
        raise InvalidInput("rebuild", f"is {value!r}, which {error.problem}", way_out) from error
    if days.first is not None and days.first > today.isoformat():
        raise InvalidInput("rebuild", f"is {value}, in the future", way_out)
    return value


def _tables(body: Mapping[str, Any]) -> tuple[str, ...]:
    asked = names(body, "tables", "tracks")
    if asked == [ALL]:
        return ()
    for name in asked:
        if name not in _TABLES:
            raise InvalidInput(
                "tables", f"holds {name!r}, which is no table", f"There are {', '.join(_TABLES)}."
            )
    return tuple(asked)
