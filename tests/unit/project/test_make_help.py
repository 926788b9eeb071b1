"""`make help` and `make help-<target>` fit on a screen and are complete."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.makefile import MAKEFILE, variables
from tests.project import ROOT

TARGETS = re.findall(r"^([a-z0-9-]+):.* ## ", MAKEFILE, re.MULTILINE)
_OF_THE_ENVIRONMENT = {"BIN", "VENV4", "LINT", "MAKE", "TESTS4", "COMPILE", "MAKEFILE_LIST"}


def make(target: str) -> subprocess.CompletedProcess[str]:
    # Within `make test`, make would add the folder's name to what it prints.
    command = ["make", "--no-print-directory", target]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_targets_are_grouped_and_fit_on_a_screen() -> None:
    lines = make("help").stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert [line for line in lines[1:] if not line.startswith(" ")] == ["Use", "Check", "Set up"]
    assert sorted(line.split()[0] for line in lines if line.startswith(" ")) == sorted(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_every_variable_of_a_target_is_explained(target: str) -> None:
    first, *lines = make(f"help-{target}").stdout.splitlines()
    assert first.startswith(f"make {target}: ")
    explained = {line.strip().partition("=")[0] for line in lines}
    assert explained == variables(target) - _OF_THE_ENVIRONMENT
    assert all(len(line) <= 100 for line in lines)


def test_a_target_that_does_not_exist_has_no_help() -> None:
    refused = make("help-nothing")
    assert refused.returncode == 2
    assert "There is no target 'nothing': 'make help' lists them." in refused.stderr
