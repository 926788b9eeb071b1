"""The errors of building the report."""

from __future__ import annotations

from common.errors import LakeError


class PartitionMissing(LakeError):
    """A table or mart has no partition of the report's day."""

    def __init__(self, table: str, day: str, uri: str) -> None:
        self.table = table
        self.day = day
        self.uri = uri
        super().__init__(
            f"{table} has no partition of {day}: there is no {uri}. Make it again: start an execution with"
            f' {{"rebuild": "{day}"}}.'
        )
