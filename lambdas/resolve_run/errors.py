"""What can be wrong with an execution's input. None of it is worth a retry."""

from __future__ import annotations

from common.errors import LakeError


class InvalidInput(LakeError):
    """The input is no object, or has a key that is unknown or whose value cannot be used.

    Attributes:
        key: the key; "" when the input as a whole is meant.
        problem: what is wrong, as the rest of a sentence that begins with the key.
        way_out: how to fix it.
    """

    def __init__(self, key: str, problem: str, way_out: str) -> None:
        self.key, self.problem, self.way_out = key, problem, way_out
        subject = f"Input '{key}'" if key else "The input"
        super().__init__(f"{subject} {problem}. {way_out}")
