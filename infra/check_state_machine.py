"""Check the state machine before it is deployed: `python -m infra.check_state_machine`.

Two checks: the Amazon States Language itself, by cfn-lint's schema; and what a schema cannot see: every
`Next` names a state, every state can be reached, every path can end, every state tells the operator what it
does, and every substitution of the definition is one that the template makes, and the other way round.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cfnlint.api import ManualArgs, lint
from cfnlint.decode.cfn_yaml import load as load_template

ROOT: Final = Path(__file__).resolve().parents[1]
DEFINITION: Final = ROOT / "step_functions" / "spotify_pipeline.asl.json"
TEMPLATE: Final = ROOT / "infra" / "template.yaml"
_SUBSTITUTION: Final = re.compile(r"\$\{(\w+)\}")
_TERMINAL: Final = ("Succeed", "Fail")


def problems(definition: Mapping[str, Any], substitutions: set[str]) -> list[str]:
    """Return what is wrong with a state machine; empty when nothing is.

    Args:
        definition: the Amazon States Language, parsed.
        substitutions: the names that the template substitutes.
    """
    return [
        *_language_problems(definition),
        *_graph_problems(definition),
        *_comment_problems(definition),
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
    goes_to = {name: set(_targets(state)) for name, state in states.items()}
    for name, targets in goes_to.items():
        for missing in sorted(targets - set(states)):
            yield f"state '{name}' goes to '{missing}', which is no state"
    reached = _closure({definition["StartAt"]}, goes_to)
    for name in sorted(set(states) - reached):
        yield f"state '{name}' cannot be reached"
    comes_from = {name: {source for source, targets in goes_to.items() if name in targets} for name in states}
    ends = {name for name, state in states.items() if state["Type"] in _TERMINAL or state.get("End")}
    for name in sorted(set(states) - _closure(ends, comes_from)):
        yield f"state '{name}' leads to no end"


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


def _targets(state: Mapping[str, Any]) -> Iterator[str]:
    for branch in (state, *state.get("Catch", []), *state.get("Choices", [])):
        if "Next" in branch:
            yield branch["Next"]
    if "Default" in state:
        yield state["Default"]


def _closure(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    found, todo = set(start), list(start)
    while todo:
        fresh = edges.get(todo.pop(), set()) - found
        found |= fresh
        todo += fresh
    return found


def main() -> int:
    """Check the project's state machine; print what is wrong and return 1, or say that nothing is."""
    definition = json.loads(DEFINITION.read_text(encoding="utf-8"))
    template = load_template(str(TEMPLATE))
    pipeline = template["Resources"]["Pipeline"]["Properties"]
    found = problems(definition, set(pipeline["DefinitionSubstitutions"]))
    for problem in found:
        sys.stderr.write(f"{DEFINITION.relative_to(ROOT)}: {problem}\n")
    if not found:
        sys.stdout.write(
            f"{DEFINITION.relative_to(ROOT)}: {len(definition['States'])} states, nothing wrong\n"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
