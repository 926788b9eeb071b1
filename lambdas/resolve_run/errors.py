"""What can be wrong with an execution's input. None of it is worth a retry."""

from __future__ import annotations

from common.errors import LakeError


class InvalidInput(LakeError):
    """The input is no object, or has a key that is unknown or whose value cannot be used.

    Attributes:
        key: the key; "" when the input as a whole is meant.
    """

    def __init__(self, key: str, problem: str, way_out: str) -> None:
        self.key = key
        subject = f"Input '{key}'" if key else "The input"
        super().__init__(f"{subject} {problem}. {way_out}")
