"""Check the state machine before it is deployed: `python -m infra.check_state_machine`.

Two checks: the Amazon States Language itself, by cfn-lint's schema; and what a schema cannot check: every
`Next` names a state, every state can be reached, every path can end, every state has a comment for the
operator, every JSONata expression can be parsed, every variable is assigned on each path to where it is read,
and every substitution of the definition is one that the template makes, and the other way round.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from cfnlint.api import ManualArgs, lint
from cfnlint.decode.cfn_yaml import load as load_template
from jsonata import Jsonata
from jsonata.jexception import JException

from infra.local.aws.jsonata_expressions import expression_in

ROOT: Final = Path(__file__).resolve().parents[1]
DEFINITION: Final = ROOT / "step_functions" / "spotify_pipeline.asl.json"
TEMPLATE: Final = ROOT / "infra" / "template.yaml"
_SUBSTITUTION: Final = re.compile(r"\$\{(\w+)\}")
_TERMINAL: Final = ("Succeed", "Fail")
_READ: Final = re.compile(r"\$([A-Za-z_]\w*)\b(?!\s*\(|\s*:=)")
_BOUND_WITHIN: Final = re.compile(r"\$(\w+)\s*:=|function\(([^)]*)\)")


def problems(definition: Mapping[str, Any], substitutions: set[str]) -> list[str]:
    """Return the problems of a state machine.

    Args:
        definition: the Amazon States Language, parsed.
        substitutions: the names that the template substitutes.
    """
    return [
        *_language_problems(definition),
        *_graph_problems(definition),
        *_comment_problems(definition),
        *_expression_problems(definition),
        *_variable_problems(definition),
        *_substitution_problems(definition, substitutions),
    ]


def _language_problems(definition: Mapping[str, Any]) -> Iterator[str]:
    names = _SUBSTITUTION.findall(json.dumps(definition))
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "StateMachine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": "arn:aws:iam::123456789012:role/any",
                    "Definition": definition,
                    "DefinitionSubstitutions": dict.fromkeys(names, "any"),
                },
            }
        },
    }
    for match in lint(json.dumps(template), config=ManualArgs(regions=["us-east-1"])):
        yield f"{match.rule.id}: {match.message}"


def _graph_problems(definition: Mapping[str, Any]) -> Iterator[str]:
    states = definition["States"]
    goes_to = {name: {way.to for way in ways_out(state)} for name, state in states.items()}
    for name, targets in goes_to.items():
        for missing in sorted(targets - set(states)):
            yield f"state '{name}' goes to '{missing}', which does not exist"
    reached = _closure({definition["StartAt"]}, goes_to)
    for name in sorted(set(states) - reached):
        yield f"state '{name}' cannot be reached"
    comes_from = {name: {source for source, targets in goes_to.items() if name in targets} for name in states}
    ends = {name for name, state in states.items() if state["Type"] in _TERMINAL or state.get("End")}
    for name in sorted(set(states) - _closure(ends, comes_from)):
        yield f"state '{name}' cannot reach an end"


def _comment_problems(definition: Mapping[str, Any]) -> Iterator[str]:
    for name, state in definition["States"].items():
        if not state.get("Comment"):
            yield f"state '{name}' has no Comment for the operator"


def _substitution_problems(definition: Mapping[str, Any], substitutions: set[str]) -> Iterator[str]:
    used = set(_SUBSTITUTION.findall(json.dumps(definition)))
    for name in sorted(used - substitutions):
        yield f"${{{name}}} is used and the template does not substitute it"
    for name in sorted(substitutions - used):
        yield f"the template substitutes {name}, which is not used"


def _expression_problems(definition: Mapping[str, Any]) -> Iterator[str]:
    for name, state in definition["States"].items():
        for expression in expressions(state):
            try:
                Jsonata(expression)
            except JException as error:
                yield f"state '{name}' has a JSONata expression that cannot be parsed ({error}): {expression}"


def _variable_problems(definition: Mapping[str, Any]) -> Iterator[str]:
    states = definition["States"]
    assigned: dict[str, set[str]] = {definition["StartAt"]: set()}
    todo = [definition["StartAt"]]
    while todo:
        name = todo.pop()
        for way in ways_out(states[name]):
            known = assigned[name] | set(way.assigns)
            before = assigned.get(way.to)
            after = known if before is None else before & known
            if way.to in states and after != before:
                assigned[way.to] = after
                todo.append(way.to)
    for name in sorted(assigned):
        for variable in sorted(_variables_read(states[name]) - assigned[name]):
            yield f"state '{name}' reads ${variable}, which is not assigned on every path to it"


def _variables_read(state: Mapping[str, Any]) -> set[str]:
    read: set[str] = set()
    for expression in expressions(state):
        within = {
            name.strip(" $")
            for variable, parameters in _BOUND_WITHIN.findall(expression)
            for name in (variable, *parameters.split(","))
        }
        read |= set(_READ.findall(expression)) - within - {"states"}
    return read


def expressions(value: Any) -> Iterator[str]:
    """Yield the JSONata expressions of a state, or of a part of one."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from expressions(item)
    elif (expression := expression_in(value)) is not None:
        yield expression


class WayOut(NamedTuple):
    """A transition of a state.

    Attributes:
        to: the next state.
        kind: `next`, `catch`, `choice` or `default`.
        assigns: the variables that it assigns.
    """

    to: str
    kind: str
    assigns: Mapping[str, Any]


def ways_out(state: Mapping[str, Any]) -> Iterator[WayOut]:
    """Yield the transitions of a state."""
    own = state.get("Assign", {})
    if "Next" in state:
        yield WayOut(state["Next"], "next", own)
    for choice in state.get("Choices", []):
        yield WayOut(choice["Next"], "choice", choice.get("Assign", {}))
    if "Default" in state:
        yield WayOut(state["Default"], "default", own)
    for catch in state.get("Catch", []):
        yield WayOut(catch["Next"], "catch", catch.get("Assign", {}))


def _closure(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    found, todo = set(start), list(start)
    while todo:
        fresh = edges.get(todo.pop(), set()) - found
        found |= fresh
        todo += fresh
    return found


def main() -> int:
    """Check the project's state machine; print the problems and return 1 if there are any."""
    definition = json.loads(DEFINITION.read_text(encoding="utf-8"))
    template = load_template(str(TEMPLATE))
    pipeline = template["Resources"]["Pipeline"]["Properties"]
    found = problems(definition, set(pipeline["DefinitionSubstitutions"]))
    for problem in found:
        sys.stderr.write(f"{DEFINITION.relative_to(ROOT)}: {problem}\n")
    if not found:
        sys.stdout.write(f"{DEFINITION.relative_to(ROOT)}: {len(definition['States'])} states, no problems\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
