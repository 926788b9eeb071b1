"""How much of the randomised and combined tests runs: `make soak` runs all of it, several times."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

SOAK_FACTOR: Final = int(os.environ.get("SOAK_FACTOR", "1"))
"""So many times as many seeds as in `make test`."""
IS_SOAK: Final = SOAK_FACTOR > 1


def thinned(cases: Sequence[T], *places: int) -> Sequence[T]:
    """Return every case for `make soak`, and those at the given places for `make test`."""
    return cases if IS_SOAK else [cases[place] for place in places]
