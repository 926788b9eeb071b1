"""What every typed error of the Lambdas has in common.

The class name is the error's name in the state machine; `str()` is what the operator reads there.
"""

from __future__ import annotations

from typing import ClassVar


class LakeError(Exception):
    """A failure with a plain sentence for the operator.

    Attributes:
        is_retryable: whether the same call may succeed a little later without anybody doing anything.
    """

    is_retryable: ClassVar[bool] = False
