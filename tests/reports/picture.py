"""Render the picture of the report page in the README: `make report-picture` writes docs/report.png."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from build_report.page import render
from tests import chromium, reports
from tests.project import ROOT

PICTURE: Final = ROOT / "docs" / "report.png"
_WIDTH: Final = 1120
_HEIGHT: Final = 1180


def main(picture: Path = PICTURE) -> None:
    """Take a picture of the top of the page of an ordinary day.

    Args:
        picture: the PNG file to write.
    """
    report = reports.KINDS["ordinary-day"]()
    with tempfile.TemporaryDirectory() as folder, chromium.browser() as browser:
        page_file = Path(folder) / "index.html"
        page_file.write_text(render(report), "utf-8")
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, reduced_motion="reduce")
        page.clock.set_fixed_time(report.built_at)
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-drawn]", state="attached")
        page.screenshot(path=picture)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
