"""Live progress of an execution: one line for each state that takes time or fails."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.markup import escape

from infra.local.execution import Step

# Pass and Choice states take no time and are not shown.
_SHOWN_TYPES: Final = ("Task", "Wait")


class StateTimes:
    """How often each state was entered and how long it took altogether, in the order of appearance."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.entered: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()
        self._since: dt.datetime | None = None

    def add(self, step: Step) -> float:
        """Add a step; return the seconds of the state if the step leaves one, else 0."""
        if step.state_type not in _SHOWN_TYPES:
            return 0.0
        if step.kind == "entered":
            self.entered[step.state] += 1
            self.seconds.setdefault(step.state, 0.0)
            self._since = step.at
        elif step.kind == "retried":
            self.retries[step.state] += 1
        elif step.kind == "left" and self._since:
            took = (step.at - self._since).total_seconds()
            self.seconds[step.state] += took
            return took
        return 0.0


def follow(steps: Iterable[Step], console: Console) -> StateTimes:
    """Print what happens as it happens; return the states' times."""
    times = StateTimes()
    started: dt.datetime | None = None
    has_failed = False
    last: Step | None = None
    with console.status("starting") as status:
        for step in steps:
            started = started or step.at
            took = times.add(step)
            if step.state_type not in _SHOWN_TYPES:
                continue
            last = step
            # A failure without another attempt after it is the state's failure.
            has_failed = step.kind == "failed" or (step.kind == "left" and has_failed)
            clock = f"[dim]{(step.at - started).total_seconds():6.1f} s[/dim]"
            if step.kind == "entered":
                status.update(_doing(step))
            elif step.kind == "failed":
                detail = escape(step.detail)
                console.print(f"{clock}  [yellow]![/yellow] {step.state}: {detail}", highlight=False)
            elif step.kind == "retried":
                console.print(f"{clock}  [yellow]↻[/yellow] {step.state}: trying again", highlight=False)
            elif step.kind == "left":
                mark = "[red]✗[/red]" if has_failed else "[green]✓[/green]"
                console.print(f"{clock}  {mark} {step.state} [dim]{took:.1f} s[/dim]", highlight=False)
        if last and last.kind == "failed":  # nothing caught it: the execution ended there
            console.print(f"{clock}  [red]✗[/red] {last.state}", highlight=False)
    return times


def _doing(step: Step) -> str:
    return f"{step.state} (waiting)" if step.state_type == "Wait" else step.state
