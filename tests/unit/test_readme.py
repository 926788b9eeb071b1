"""What the README says is there, is there. Its SQL is run on a deployed lake, in `tests/e2e/test_days.py`."""

from __future__ import annotations

import re
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.data_dictionary import reads_whole_history
from publish_catalog.view_sql import all_views
from resolve_run.run_input import KEYS
from spotify_lake.contract.tables import TABLES
from tests import readme

MAKEFILE = (readme.ROOT / "Makefile").read_text("utf-8")
TEMPLATE: dict[str, Any] = yaml_parse((readme.ROOT / "infra" / "template.yaml").read_text("utf-8"))
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]


def variables(target: str) -> set[str]:
    """The variables that a target of the Makefile takes."""
    lines = re.findall(rf"^{target}:.*\n(?:\t.*\n)*", MAKEFILE, re.MULTILINE)
    assert lines, f"the Makefile has no target {target}"
    return set(re.findall(r"\$\((?:value |call flag,)?([A-Z][A-Z0-9_]*)[,)]", "".join(lines)))


@pytest.mark.parametrize("command", readme.commands(), ids=" ".join)
def test_a_make_command_names_a_target_and_variables_that_it_takes(command: list[str]) -> None:
    target, *settings = command
    target = target if f"\n{target}:" in MAKEFILE else target.replace("help-", "")
    assert {setting.partition("=")[0] for setting in settings} <= variables(target)


def test_no_command_needs_the_environment_to_be_active() -> None:
    assert not re.findall(r"^python .*|`python .*?`", readme.TEXT, re.MULTILINE)


def test_the_tables_and_views_are_all_there_and_no_other() -> None:
    for header, there in (("table", TABLES), ("view", all_views())):
        told = [name for row in readme.rows(header) for name in readme.code(row[0])]
        assert sorted(told) == sorted(each.name for each in there)


def test_the_views_that_hand_a_filter_on_are_named() -> None:
    (sentence,) = re.findall(r"Of the views, (.*) hand the filter on", readme.TEXT)
    assert set(readme.code(sentence)) == {view.name for view in all_views() if not reads_whole_history(view)}


@pytest.mark.parametrize("row", readme.rows("parameter"), ids=lambda row: str(row[0]))
def test_a_parameter_is_the_templates_and_has_its_default(row: list[str]) -> None:
    (name,) = readme.code(row[0])
    assert str(PARAMETERS[name]["Default"]) == next(iter(readme.code(row[1])), "")


def test_the_keys_of_an_input_are_all_there_and_no_other() -> None:
    assert [key for row in readme.rows("key") for key in readme.code(row[0])] == list(KEYS)


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)]+)\)", readme.TEXT))
def test_a_link_leads_somewhere(target: str) -> None:
    path, _, heading = target.partition("#")
    assert (readme.ROOT / path).exists()
    if heading:
        told = {
            title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", readme.TEXT, re.MULTILINE)
        }
        assert heading in told
