"""What can be wrong with an execution's input. None of it is worth a retry."""

from __future__ import annotations

from common.errors import LakeError


class InvalidInput(LakeError):
    """The input is not an object, or has an unknown key or an invalid value.

    Attributes:
        key: the key; "" for the input as a whole.
        problem: what is wrong; it continues a sentence that begins with the key.
        remedy: how to fix it.
    """

    def __init__(self, key: str, problem: str, remedy: str) -> None:
        self.key, self.problem, self.remedy = key, problem, remedy
        subject = f"Input '{key}'" if key else "The input"
        super().__init__(f"{subject} {problem}. {remedy}")
