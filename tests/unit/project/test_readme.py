"""README.md and docs/ describe what exists. `tests/e2e/test_days.py` runs their SQL on a deployed lake."""

from __future__ import annotations

import datetime as dt
import json
import re
import shlex
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer.main
from botocore import xform_name
from samtranslator.yaml_helper import yaml_parse

from infra.data_dictionary import is_pruned
from publish_catalog.view_sql import all_views
from resolve_run.run_input import KEYS, parse_run_input
from spotify_lake.contract.marts.forecasts import FORECAST_BACKTEST, POPULARITY_FORECAST
from spotify_lake.contract.marts.registry import ALL_TABLES, MARTS
from spotify_lake.contract.tables import TABLES
from tests import readme
from tests.benchmarks.__main__ import app as benchmarks
from tests.makefile import MAKEFILE, variables
from tests.project import ROOT

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "infra" / "template.yaml").read_text("utf-8"))
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
# `make lint` runs the first; the others need an AWS account.
SAM = ["sam build --template infra/template.yaml", "sam deploy", "sam deploy --guided"]
BENCHMARKS = ".venv/bin/python -m tests.benchmarks "
LINKS = [
    (page, target)
    for page, text in readme.PAGES.items()
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text)
]


@pytest.mark.parametrize("command", readme.commands(), ids=" ".join)
def test_a_make_command_names_a_target_and_variables_that_it_takes(command: list[str]) -> None:
    target, *settings = command
    target = target if f"\n{target}:" in MAKEFILE else target.replace("help-", "")
    assert {setting.partition("=")[0] for setting in settings} <= variables(target)


def of_aws(line: str) -> bool:
    """Whether a command of the AWS CLI names an operation and parameters that exist."""
    _, service, operation, *words = shlex.split(line, comments=True)
    model = botocore.session.get_session().get_service_model(service)
    (name,) = (each for each in model.operation_names if xform_name(each, "-") == operation)
    shape = model.operation_model(name).input_shape
    assert shape
    known = {f"--{xform_name(member, '-')}" for member in shape.members}
    return {word for word in words if word.startswith("--")} <= known


def of_the_benchmarks(line: str) -> bool:
    """Whether a command of the benchmarks can be parsed."""
    name, *words = shlex.split(line.removeprefix(BENCHMARKS))
    return bool(typer.main.get_command(benchmarks).commands[name].make_context(name, words))  # type: ignore[attr-defined]


@pytest.mark.parametrize("line", [each for each in readme.command_lines() if not each.startswith("make ")])
def test_any_other_command_is_a_known_one(line: str) -> None:
    command = line.partition("#")[0].strip()
    assert (
        command in SAM
        or (command.startswith("aws ") and of_aws(command))
        or (command.startswith(BENCHMARKS) and of_the_benchmarks(command))
    )


def test_no_block_is_of_a_kind_that_is_not_tested() -> None:
    """Commands, SQL, inputs; the graph; and the example of a source (`tests/e2e/test_new_source.py`)."""
    kinds = set(re.findall(r"^ *```(\w+)$", readme.TEXT, re.MULTILINE))
    assert kinds == {"sql", "json", "mermaid", "python", "diff"}


def test_no_command_needs_the_environment_to_be_active() -> None:
    assert not re.findall(r"^python .*|`python .*?`", readme.TEXT, re.MULTILINE)


def test_the_readme_can_be_read_in_ten_minutes() -> None:
    assert len(readme.PAGES[ROOT / "README.md"].splitlines()) <= 120


def test_the_picture_of_a_run_is_small_and_shows_every_table() -> None:
    picture = (ROOT / "docs" / "make-run.svg").read_text("utf-8")
    assert len(picture) < 200_000
    made = [table for table in ALL_TABLES if table not in (POPULARITY_FORECAST, FORECAST_BACKTEST)]
    assert all(f">{table.name}<" in picture.replace("&#160;", "") for table in made)


def test_the_picture_of_the_report_is_small() -> None:
    assert (ROOT / "docs" / "report.png").stat().st_size < 200_000


def test_exactly_the_tables_marts_and_views_are_documented() -> None:
    for header, published in (("table", TABLES), ("mart", MARTS), ("view", all_views())):
        documented = [name for row in readme.rows(header) for name in readme.code(row[0])]
        assert sorted(documented) == sorted(each.name for each in published)


def test_the_readme_names_every_table_and_view() -> None:
    page = readme.without_blocks(readme.PAGES[ROOT / "README.md"])
    names = set(readme.code(page))
    assert names >= {table.name for table in ALL_TABLES} | {view.name for view in all_views()}


@pytest.mark.parametrize("sql", readme.statements())
def test_an_example_does_not_depend_on_the_day(sql: str) -> None:
    assert not re.search(r"snapshot_date = '", sql)


def test_the_views_that_pass_on_a_filter_are_named() -> None:
    (sentence,) = re.findall(r"The views\s([^.]*) pass the filter on", readme.TEXT)
    assert set(readme.code(sentence)) == {view.name for view in all_views() if is_pruned(view)}


@pytest.mark.parametrize("row", readme.rows("parameter"), ids=lambda row: str(row[0]))
def test_a_documented_parameter_exists_with_its_default(row: list[str]) -> None:
    (name,) = readme.code(row[0])
    assert str(PARAMETERS[name].get("Default", "")) == next(iter(readme.code(row[1])), "")


def test_the_layout_names_every_package_of_the_deployed_code() -> None:
    documented = {name for row in readme.rows("folder") for name in readme.code(row[0])}
    assert all((ROOT / name).is_dir() for name in documented)
    packages = {
        f"{module.parent.relative_to(ROOT).as_posix()}/"
        for folder in ("glue_jobs", "lambdas")
        for module in (ROOT / folder).rglob("__init__.py")
    }
    assert documented >= packages - {"glue_jobs/spotify_lake/"}


def test_exactly_the_keys_of_an_input_are_documented() -> None:
    assert [key for row in readme.rows("key") for key in readme.code(row[0])] == list(KEYS)


@pytest.mark.parametrize("body", readme.inputs(), ids=json.dumps)
def test_an_input_is_valid(body: dict[str, Any]) -> None:
    assert parse_run_input(body, today=dt.date(2026, 11, 29))


def test_exactly_the_variables_of_make_run_are_documented() -> None:
    documented = [
        text.partition("=")[0]
        for row in readme.rows("variable of `make run`")
        for text in readme.code(row[0])
    ]
    assert sorted([*documented, "BIN"]) == sorted(variables("run"))


@pytest.mark.parametrize(("page", "target"), LINKS, ids=lambda each: getattr(each, "name", each))
def test_a_link_has_an_existing_target(page: Path, target: str) -> None:
    name, _, heading = target.partition("#")
    linked = page.parent / name if name else page
    assert linked.exists()
    if heading:
        titles = re.findall(r"^#+ (.*)$", readme.PAGES[linked.resolve()], re.MULTILINE)
        assert heading in {title.lower().replace(" ", "-") for title in titles}
