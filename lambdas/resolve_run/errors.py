"""What can be wrong with an execution's input. None of it is worth a retry."""

from __future__ import annotations

from common.errors import LakeError


class InvalidInput(LakeError):
    """A key of the input that is unknown, or whose value cannot be used."""

    def __init__(self, key: str, problem: str, way_out: str) -> None:
        self.key = key
        super().__init__(f"Input '{key}' {problem}. {way_out}")
