"""Imported packages are declared, and the functions ship the versions that are tested."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from tests.project import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DEPLOYED = PROJECT["project"]["dependencies"]
LOCAL = [*DEPLOYED, *PROJECT["dependency-groups"]["local"], *PROJECT["dependency-groups"]["dev"]]
OWN = set(PROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"])
# botocore comes with boto3, which needs it; awsglue exists only on Glue.
BROUGHT_ALONG = {"botocore", "awsglue"}


def names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", each)[0].lower() for each in requirements}


def imported(folder: Path) -> set[str]:
    """The third-party distributions that the modules below a folder import."""
    modules: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.split(".")[0])
    distributions = packages_distributions()
    foreign = modules - set(sys.stdlib_module_names) - OWN - BROUGHT_ALONG
    return {
        distributions[module][0].lower().replace("_", "-")
        for module in foreign
        if not module.startswith("mypy_boto3_")  # types, imported only under TYPE_CHECKING
    }


@pytest.mark.parametrize(
    ("folder", "declared"), [("glue_jobs", DEPLOYED), ("lambdas", DEPLOYED), ("infra", LOCAL)]
)
def test_every_package_that_is_imported_is_declared(folder: str, declared: list[str]) -> None:
    assert imported(ROOT / folder) <= names(declared)


def test_the_functions_pack_what_they_import_in_the_versions_that_are_tested() -> None:
    packed = (ROOT / "lambdas" / "requirements.txt").read_text("utf-8").splitlines()[1:]
    given = {"boto3", "awswrangler", "pandas"}  # by the runtime and a managed layer
    assert imported(ROOT / "lambdas") - given == names(packed)
    locked = re.findall(r"^(\S+==\S+) \\$", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    assert set(packed) <= set(locked)
