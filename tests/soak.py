"""How long `make soak` lets the randomised tests go on: so many times as many seeds as `make test`."""

from __future__ import annotations

import os
from typing import Final

SOAK_FACTOR: Final = int(os.environ.get("SOAK_FACTOR", "1"))
