"""Every state of the state machine is entered by a test."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from infra.check_state_machine import DEFINITION
from tests.e2e.entered_states import ENTERED_BY


def test_every_state_is_entered_by_a_test() -> None:
    states = list(json.loads(DEFINITION.read_text(encoding="utf-8"))["States"])
    entered = [state for tests in ENTERED_BY.values() for names in tests.values() for state in names.split()]
    assert sorted(entered) == sorted(states)


def test_the_tests_that_are_named_for_states_exist() -> None:
    for module, tests in ENTERED_BY.items():
        tree = ast.parse((Path(__file__).parent / f"{module}.py").read_text(encoding="utf-8"))
        assert tests.keys() <= {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
