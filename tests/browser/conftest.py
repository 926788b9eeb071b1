"""Opens the report page in a real browser without a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, ViewportSize, expect

from build_report.page import render
from build_report.report import Report
from tests import chromium, reports

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
_TIMEOUT_MS: Final = 120_000  # other tests may use the processor
expect.set_options(timeout=_TIMEOUT_MS)


@dataclasses.dataclass(frozen=True)
class Opened:
    """A page in the browser, and what went wrong: errors, messages on the console, requests, dialogs."""

    page: Page
    report: Report
    problems: list[str]


Open = Callable[..., Opened]


@pytest.fixture(scope="session")
def running_browser() -> Iterator[Browser]:
    if chromium.executable() is None:
        pytest.skip("Chromium is not installed, so the report page is not tested in a browser")
    with chromium.browser() as running:
        yield running


@pytest.fixture
def open_page(running_browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """A function that opens the page of a report, or of a kind of report, with options of the context."""
    contexts: list[BrowserContext] = []

    def opened(kind: str | Report, *, wait: bool = True, clock: str = "", **options: Any) -> Opened:
        report = kind if isinstance(kind, Report) else reports.KINDS[kind]()
        path = tmp_path / "index.html"
        path.write_text(render(report), "utf-8", newline="\n")
        settings = {"offline": True, "viewport": DESKTOP, "reduced_motion": "reduce", **options}
        context = running_browser.new_context(**settings)
        context.set_default_timeout(_TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        if clock:
            page.clock.set_fixed_time(clock)
        problems: list[str] = []

        def closed(dialog: Dialog) -> None:
            problems.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
        page.on("dialog", closed)
        page.on("request", lambda request: problems.append(request.url))
        page.goto(path.as_uri())
        assert problems.pop(0) == path.as_uri()
        if wait:
            page.wait_for_selector("html[data-drawn]", state="attached")
        return Opened(page, report, problems)

    yield opened
    for context in contexts:
        context.close()
