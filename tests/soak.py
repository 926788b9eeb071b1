"""How many times as many seeds `make soak` uses in the randomised tests as `make test`."""

from __future__ import annotations

import os
from typing import Final

SOAK_FACTOR: Final = int(os.environ.get("SOAK_FACTOR", "1"))
