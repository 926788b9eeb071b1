"""Fixtures for every test."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from tests.project import ROOT


def pytest_collection_finish() -> None:
    """Modules and tests are never garbage, so the collector need not examine them again and again."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let the interpreter clean up as usual when it exits."""
    gc.unfreeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have to say besides that they passed, such as the figures of the conformance test."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)]
    lines = [text for each in reports for name, text in each.user_properties if name == "conformance"]
    if lines:
        terminalreporter.section("conformance of the local Athena")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(autouse=True, scope="session")
def _no_real_aws() -> None:
    """No test may reach a real account, whatever the developer's shell is configured for."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
        POWERTOOLS_TRACE_DISABLED="true",
    )


@pytest.fixture(scope="session")
def recorded_folder() -> Path:
    """The folder of real recorded answers; the test is skipped where there is none."""
    folder = Path(os.environ.get("SPOTIFY_RECORDED_DIR") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no recorded answers at {folder}; name a folder with SPOTIFY_RECORDED_DIR")
    return folder
