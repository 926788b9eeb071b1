"""The base of the Lambdas' errors.

The class name is the error's name in the state machine, and `str()` is its cause.
"""

from __future__ import annotations

from typing import ClassVar


class LakeError(Exception):
    """An error with a message for the operator.

    Attributes:
        is_retryable: whether the same call may succeed later without any change.
    """

    is_retryable: ClassVar[bool] = False
