from __future__ import annotations

import copy
from typing import Any

import pytest

from fetch_spotify import errors
from infra.check_state_machine import main, problems
from infra.state_graph import mermaid
from tests import readme
from tests.state_machine import STATES

MACHINE: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Choice",
            "Comment": "Which way?",
            "Choices": [{"Condition": "{% $states.input.x = 1 %}", "Next": "Do", "Assign": {"x": 1}}],
            "Default": "Done",
        },
        "Do": {
            "Type": "Task",
            "Comment": "The work.",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": "${Function}",
                "Payload": "{% ($y := $x; $map([$y], function($each) { $each + $x })) %}",
            },
            "Assign": {"done": "{% $states.result.Payload %}"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed", "Assign": {"why": "it failed"}}],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed", "Comment": "Good."},
        "Failed": {"Type": "Fail", "Comment": "Bad.", "Error": "E", "Cause": "{% $why %}"},
    },
}


@pytest.fixture
def machine() -> dict[str, Any]:
    return copy.deepcopy(MACHINE)


def test_the_projects_own_state_machine_has_no_problem() -> None:
    assert main() == 0


def test_the_projects_own_state_machine_is_small() -> None:
    assert len(STATES) <= 30


def test_the_documents_show_the_graph_of_the_projects_own_state_machine() -> None:
    graph = mermaid({"States": STATES})
    assert f"```mermaid\n{graph}```" in readme.TEXT, "update docs/operate.md from make state-graph"


def test_a_sound_machine_has_no_problem(machine: dict[str, Any]) -> None:
    assert problems(machine, {"Function"}) == []


def test_a_next_that_is_not_a_state_is_found(machine: dict[str, Any]) -> None:
    machine["States"]["Do"]["Next"] = "Dnoe"
    assert any(
        "goes to 'Dnoe', which does not exist" in problem for problem in problems(machine, {"Function"})
    )


def test_a_catch_that_is_not_a_state_is_found(machine: dict[str, Any]) -> None:
    machine["States"]["Do"]["Catch"][0]["Next"] = "Fialed"
    found = problems(machine, {"Function"})
    assert any("goes to 'Fialed'" in problem for problem in found)
    assert any("'Failed' cannot be reached" in problem for problem in found)


def test_a_state_that_leads_to_no_end_is_found(machine: dict[str, Any]) -> None:
    machine["States"]["Look"]["Default"] = "Round"
    machine["States"]["Round"] = {"Type": "Pass", "Comment": "Round and round.", "Next": "Round"}
    assert "state 'Round' cannot reach an end" in problems(machine, {"Function"})


def test_a_state_without_a_comment_is_found(machine: dict[str, Any]) -> None:
    del machine["States"]["Do"]["Comment"]
    assert "state 'Do' has no Comment for the operator" in problems(machine, {"Function"})


def test_a_state_of_an_unknown_type_is_found(machine: dict[str, Any]) -> None:
    machine["States"]["Do"]["Type"] = "Tsak"
    assert any(problem.startswith("E") for problem in problems(machine, {"Function"}))


def test_substitutions_must_match_on_both_sides(machine: dict[str, Any]) -> None:
    assert "${Function} is used and the template does not substitute it" in problems(machine, {"Other"})
    assert "the template substitutes Other, which is not used" in problems(machine, {"Other"})


def test_an_expression_that_cannot_be_parsed_is_found(machine: dict[str, Any]) -> None:
    machine["States"]["Failed"]["Cause"] = "{% 'it & $why %}"
    found = problems(machine, {"Function"})
    assert any(
        "state 'Failed' has a JSONata expression that cannot be parsed" in problem for problem in found
    )


@pytest.mark.parametrize("owner", ["the state", "its catch", "a choice before it"])
def test_a_variable_that_is_not_assigned_on_every_path_is_found(machine: dict[str, Any], owner: str) -> None:
    states = machine["States"]
    variable, state = {
        "the state": ("done", "Done"),  # it is not assigned on the path from Look
        "its catch": ("why", "Failed"),
        "a choice before it": ("x", "Do"),
    }[owner]
    if owner == "the state":
        states["Done"]["Output"] = "{% $done %}"
    elif owner == "its catch":
        del states["Do"]["Catch"][0]["Assign"]
    else:
        del states["Look"]["Choices"][0]["Assign"]
    found = problems(machine, {"Function"})
    assert f"state '{state}' reads ${variable}, which is not assigned on every path to it" in found


def test_the_graph_has_every_state_and_every_transition(machine: dict[str, Any]) -> None:
    assert mermaid(machine).splitlines() == [
        "flowchart TD",
        "  Look{Look}",
        "  Do[Do]",
        "  Done((Done))",
        "  Failed((Failed))",
        "  Look --> Do",
        "  Look --> Done",
        "  Do --> Done",
        "  Do -. caught .-> Failed",
    ]


def test_exactly_the_retryable_errors_of_the_fetch_are_retried() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    retryable = {
        each.__name__ for each in classes if issubclass(each, errors.FetchError) and each.is_retryable
    }
    # The machine waits for limits in separate states; a broken answer is handled by the function.
    retryable -= {"LimitReached", "RateLimited", "QuotaExceeded", "BrokenAnswer"}
    names = {name for retry in STATES["FetchSpotify"]["Retry"] for name in retry["ErrorEquals"]}
    assert names & {each.__name__ for each in classes} == retryable
    assert not names & {"States.ALL", "States.TaskFailed"}
