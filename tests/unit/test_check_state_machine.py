from __future__ import annotations

import copy
from typing import Any

import pytest

from infra.check_state_machine import main, problems

MACHINE: dict[str, Any] = {
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Choice",
            "Comment": "Which way?",
            "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Do"}],
            "Default": "Done",
        },
        "Do": {
            "Type": "Task",
            "Comment": "The work.",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${Function}"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed", "Comment": "Good."},
        "Failed": {"Type": "Fail", "Comment": "Bad.", "Error": "E", "Cause": "C"},
    },
}


@pytest.fixture
def machine() -> dict[str, Any]:
    return copy.deepcopy(MACHINE)


def test_the_projects_own_state_machine_has_no_problem() -> None:
    assert main() == 0


def test_a_sound_machine_has_no_problem(machine: dict[str, Any]) -> None:
    assert problems(machine, {"Function"}) == []


def test_a_next_that_names_no_state_is_found(machine: dict[str, Any]) -> None:
    machine["States"]["Do"]["Next"] = "Dnoe"
    assert any("goes to 'Dnoe', which is no state" in problem for problem in problems(machine, {"Function"}))


def test_a_catch_that_names_no_state_is_found(machine: dict[str, Any]) -> None:
    machine["States"]["Do"]["Catch"][0]["Next"] = "Fialed"
    found = problems(machine, {"Function"})
    assert any("goes to 'Fialed'" in problem for problem in found)
    assert any("'Failed' cannot be reached" in problem for problem in found)


def test_a_state_that_leads_to_no_end_is_found(machine: dict[str, Any]) -> None:
    machine["States"]["Look"]["Default"] = "Round"
    machine["States"]["Round"] = {"Type": "Pass", "Comment": "Round and round.", "Next": "Round"}
    assert "state 'Round' leads to no end" in problems(machine, {"Function"})


def test_a_state_without_a_comment_is_found(machine: dict[str, Any]) -> None:
    del machine["States"]["Do"]["Comment"]
    assert "state 'Do' has no Comment for the operator" in problems(machine, {"Function"})


def test_a_state_of_no_known_type_is_found(machine: dict[str, Any]) -> None:
    machine["States"]["Do"]["Type"] = "Tsak"
    assert any(problem.startswith("E") for problem in problems(machine, {"Function"}))


def test_substitutions_must_match_on_both_sides(machine: dict[str, Any]) -> None:
    assert "${Function} is used and the template does not substitute it" in problems(machine, {"Other"})
    assert "the template substitutes Other, which is not used" in problems(machine, {"Other"})
