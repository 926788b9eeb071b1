"""The report page: its size, the time to render it, and the time until the first screen is drawn."""

from __future__ import annotations

import gzip
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, ViewportSize
from rich.table import Table

from build_report.page import render
from tests import chromium, reports

_KINDS: Final = ("empty-first-day", "ordinary-day", "sixty-days", "large-day")
_PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
_DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 900}
_SLOWER: Final = 4


def measure(times: int) -> Table:
    """Render and open the pages of the tests' reports; tabulate medians.

    Args:
        times: how often each page is opened on each screen. One more page is opened first, to warm up.
    """
    table = Table(title=f"The report page, {times} times")
    table.add_column("page", no_wrap=True)
    for column in ("kB", "gzip kB", "render s", "desktop s", "phone s", f"phone, CPU {_SLOWER}x slower, s"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder, chromium.browser() as browser:
        _open(browser, _written(Path(folder), render(reports.KINDS[_KINDS[0]]()).encode()), _DESKTOP, 1)
        for kind in _KINDS:
            report = reports.KINDS[kind]()
            start = time.perf_counter()
            page = render(report).encode()
            seconds = time.perf_counter() - start
            path = _written(Path(folder), page)
            screens = ((_DESKTOP, 1), (_PHONE, 1), (_PHONE, _SLOWER))
            table.add_row(
                kind,
                f"{len(page) / 1000:,.0f}",
                f"{len(gzip.compress(page)) / 1000:,.0f}",
                f"{seconds:.2f}",
                *(f"{_ready(browser, path, *screen, times):.2f}" for screen in screens),
            )
    return table


def _written(folder: Path, page: bytes) -> Path:
    path = folder / "index.html"
    path.write_bytes(page)
    return path


def _ready(browser: Browser, path: Path, viewport: ViewportSize, slower: int, times: int) -> float:
    """Return the median of the seconds from the navigation until the first screen is drawn."""
    return statistics.median(_open(browser, path, viewport, slower) for _ in range(times))


def _open(browser: Browser, path: Path, viewport: ViewportSize, slower: int) -> float:
    context = browser.new_context(offline=True, viewport=viewport)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(path.as_uri())
    ready = page.wait_for_selector("html[data-ready]", state="attached")
    assert ready
    seconds = float(ready.get_attribute("data-ready") or "nan") / 1000
    context.close()
    return seconds
