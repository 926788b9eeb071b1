"""The state machine as a graph: `make state-graph` prints the Mermaid text in docs/operate.md."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from infra.check_state_machine import DEFINITION, ways_out

_SHAPES: Final = {
    "Task": "{name}[{name}]",
    "Choice": "{name}{{{name}}}",
    "Wait": "{name}([{name}])",
    "Succeed": "{name}(({name}))",
    "Fail": "{name}(({name}))",
}
_ARROWS: Final = {"next": "-->", "choice": "-->", "default": "-->", "catch": "-. caught .->"}


def mermaid(definition: Mapping[str, Any]) -> str:
    """Return a state machine as a Mermaid flowchart: a line for each state and each transition."""
    lines = ["flowchart TD"]
    for name, state in definition["States"].items():
        lines.append(f"  {_SHAPES[state['Type']].format(name=name)}")
    for name, state in definition["States"].items():
        ways = dict.fromkeys((way.to, _ARROWS[way.kind]) for way in ways_out(state))
        lines += [f"  {name} {arrow} {to}" for to, arrow in ways]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the graph of the project's own state machine."""
    sys.stdout.write(mermaid(json.loads(DEFINITION.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
