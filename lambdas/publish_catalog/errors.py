"""The errors of publishing the catalog."""

from __future__ import annotations

from common.errors import LakeError


class ReportMissing(LakeError):
    """The Glue job wrote no report: it did not publish this run."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        super().__init__(
            f"There is no {uri}: the Glue job did not publish this run. "
            "Start an execution for the same snapshot_date (or rebuild)."
        )


class ViewNotCreated(LakeError):
    """Athena did not create a view."""

    def __init__(self, view: str, reason: str) -> None:
        self.view = view
        super().__init__(
            f"Athena did not create the view '{view}' ({reason}). The day's tables are published. "
            "Fix the cause and start an execution for the same snapshot_date."
        )
