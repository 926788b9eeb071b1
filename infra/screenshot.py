"""Render the terminal output of `make run` as an SVG picture: `make screenshot` writes docs/make-run.svg."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from infra.local import cli

PICTURE: Final = Path(__file__).resolve().parents[1] / "docs" / "make-run.svg"
_DATE: Final = "2026-11-22"
_WIDTH: Final = 150


def main(picture: Path = PICTURE) -> None:
    """Run the pipeline on the synthetic catalog in a new lake and save what it prints.

    Args:
        picture: the SVG file to write.
    """
    picture = picture.resolve()
    for name in [name for name in os.environ if name.startswith("SPOTIFY_")]:
        del os.environ[name]
    cli.console = Console(record=True, width=_WIDTH, force_terminal=True, force_interactive=False)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        cli.run(date=_DATE)
    cli.console.save_svg(str(picture), title="make run")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
