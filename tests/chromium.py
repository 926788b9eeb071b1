"""Debian's Chromium, driven by playwright."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright


def executable() -> str | None:
    """Return the path of Chromium: `CHROMIUM`, or the one that is installed; None without."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Run Chromium.

    Raises:
        FileNotFoundError: there is no Chromium.
    """
    path = executable()
    if path is None:
        raise FileNotFoundError(
            "Chromium is not installed. On Debian: apt-get install chromium fonts-noto-core"
        )
    # Containers run as root, which Chromium's sandbox does not support.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()
