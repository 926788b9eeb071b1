"""The newest earlier snapshot's figures, from its report: a listing and one small file, never the history."""

from __future__ import annotations

import json
from typing import Any, Protocol

from spotify_lake.publish import PUBLISHED_NAME, RUNS
from spotify_lake.quality_rules import Former
from spotify_lake.tables import PARTITION


class Reports(Protocol):
    """The file operations needed (`storage.HadoopFiles`)."""

    def exists(self, uri: str) -> bool:
        """Tell whether there is a file or folder."""
        ...

    def names(self, uri: str) -> list[str]:
        """Return the names in a folder, none when it does not exist."""
        ...

    def read_text(self, uri: str) -> str:
        """Return a text file."""
        ...


def former_snapshot(files: Reports, curated_uri: str, snapshot_date: str) -> Former | None:
    """Return what the newest snapshot before a day held; None for the first one."""
    root, prefix = f"{curated_uri}{RUNS}/", f"{PARTITION.name}="
    today = f"{prefix}{snapshot_date}"
    earlier = [name for name in files.names(root) if name.startswith(prefix) and name < today]
    for name in sorted(earlier, reverse=True):
        reports = _reports(files, f"{root}{name}/")
        if reports:
            report = max(reports, key=lambda each: (each["published_at"], each["run_id"]))
            return Former(
                snapshot_date=name.removeprefix(prefix),
                rows={table: each["rows"] for table, each in report["tables"].items()},
                # Reports of the job's first version have no such figures.
                items=report.get("items", {}),
            )
    return None


def _reports(files: Reports, day: str) -> list[dict[str, Any]]:
    places = [f"{day}{run}/{PUBLISHED_NAME}" for run in files.names(day)]
    return [json.loads(files.read_text(place)) for place in places if files.exists(place)]
