"""The reports of the job `build_marts` as JSON files in `_runs`: one per day, and one per run.

```
_runs/snapshot_date=<day>/run_id=<run>/_marts.json      the marts of the day
_runs/run_id=<run>/_marts_built.json                    written last: the days of the run
```

The job writes them; the Lambda `publish_catalog` reads them. This module needs nothing but the standard
library.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Final

from spotify_lake.publishing.run_report import Columns, columns_as_lists

MARTS_NAME: Final = "_marts.json"
BUILT_NAME: Final = "_marts_built.json"


@dataclasses.dataclass(frozen=True)
class MartsReport:
    """What a run published of the marts of a day.

    Attributes:
        run_id: the run.
        snapshot_date: the day.
        published_at: ISO 8601, UTC.
        tables: rows by mart.
        columns: names and types of the columns of every mart, as published.
        quality: how many `rules` were checked, and those that `failed` (`rules.summary`).
        days_read: the days whose partitions were read, oldest first.
        changed: the marts whose rows differ from those that were published before.
    """

    run_id: str
    snapshot_date: str
    published_at: str
    tables: Mapping[str, int]
    columns: Mapping[str, Columns]
    quality: Mapping[str, Any]
    days_read: tuple[str, ...]
    changed: tuple[str, ...]

    def to_json(self) -> str:
        """Return the text of the report's file. Recovery reads the report's own name from it."""
        stored = {
            "report_name": MARTS_NAME,
            "run_id": self.run_id,
            "snapshot_date": self.snapshot_date,
            "published_at": self.published_at,
            "tables": {name: {"rows": rows} for name, rows in self.tables.items()},
            "columns": columns_as_lists(self.columns),
            "quality": dict(self.quality),
            "days_read": list(self.days_read),
            "changed": list(self.changed),
        }
        return json.dumps(stored, indent=1)


@dataclasses.dataclass(frozen=True)
class MartsRunReport:
    """The days whose marts a run built, and what they hold.

    Attributes:
        run_id: the run.
        requested: the requested days: a day, a range or all.
        days: the days that were built, oldest first, and why.
        newest: the newest of the requested days.
        newest_rows: rows by mart of that day.
        rows: rows by mart of all days.
        quality: the quality of the newest requested day (`MartsReport.quality`).
    """

    run_id: str
    requested: str
    days: Mapping[str, str]
    newest: str
    newest_rows: Mapping[str, int]
    rows: Mapping[str, int]
    quality: Mapping[str, Any]

    def to_json(self) -> str:
        """Return the text of the report's file."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> MartsRunReport:
        """Read the text of a report's file."""
        return cls(**json.loads(text))
