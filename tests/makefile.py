"""The Makefile, as tests read it."""

from __future__ import annotations

import re
from typing import Final

from tests.project import ROOT

MAKEFILE: Final = (ROOT / "Makefile").read_text("utf-8")


def variables(target: str) -> set[str]:
    """The variables that a target of the Makefile takes."""
    lines = re.findall(rf"^{target}:.*\n(?:\t.*\n)*", MAKEFILE, re.MULTILINE)
    assert lines, f"the Makefile has no target {target}"
    return set(re.findall(r"\$\((?:value |call flag,)?([A-Z][A-Z0-9_]*)[,)]", "".join(lines)))
