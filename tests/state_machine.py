"""The state machine's definition, as unit tests read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from infra.check_state_machine import DEFINITION
from infra.local.aws.jsonata_expressions import evaluate, expression_in

STATES: Final[dict[str, dict[str, Any]]] = json.loads(DEFINITION.read_text(encoding="utf-8"))["States"]


def filled(template: Any, variables: Mapping[str, Any]) -> Any:
    """A part of a state with its JSONata expressions evaluated."""
    if isinstance(template, dict):
        return {key: filled(item, variables) for key, item in template.items()}
    text = expression_in(template)
    return template if text is None else evaluate(text, variables)
