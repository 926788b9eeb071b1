"""The permissions that the tasks of a state machine need, from its definition.

Sources: "IAM policies for integrated services" in the guide of Step Functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.privileges.resources import Needed, needed

_RESOURCE: Final = re.compile(
    r"arn:aws:states:::(?:aws-sdk:)?(?P<service>\w+):(?P<operation>\w+)(?P<is_waited_for>\.sync)?"
)
# What Step Functions calls besides, to follow a task to its end or to end it.
_ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "glue:StartJobRun.sync": ("GetJobRun", "GetJobRuns", "BatchStopJobRun"),
    "athena:StartQueryExecution.sync": ("GetQueryExecution", "StopQueryExecution"),
}
_LAST_TEXT: Final = re.compile(r"'([^']*)'\s*%}$")


def needed_by_tasks(definition: Mapping[str, Any]) -> set[Needed]:
    """Return what all tasks of a definition need, whether or not a run enters them.

    Args:
        definition: with its substitutions made.
    """
    return {permission for task in _tasks(definition) for permission in _needed(task, definition)}


def _tasks(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for state in definition["States"].values():
        if state["Type"] == "Task":
            yield state
        elif state["Type"] in {"Map", "Parallel"}:
            message = f"Tasks inside a {state['Type']} are not looked at: extend {__name__}."
            raise NotImplementedError(message)


def _needed(task: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[Needed]:
    found = _RESOURCE.fullmatch(task["Resource"])
    if found is None:
        message = f"{task['Resource']} is not the resource of a known kind of task: extend {__name__}."
        raise NotImplementedError(message)
    operation = found["operation"][0].upper() + found["operation"][1:]
    also = _ALSO_CALLED.get(f"{found['service']}:{operation}{found['is_waited_for'] or ''}", ())
    parameters = {name: _value(value) for name, value in task["Arguments"].items()}
    for each in (operation, *also):
        yield from needed(found["service"], each, parameters, lambda _: _work_group(definition))
    if operation == "StartQueryExecution":
        yield from needed("athena", "GetDataCatalog", {"Name": "AwsDataCatalog"}, str)


def _value(argument: Any) -> Any:
    """Return what an argument is: that of a JSONata expression whose last alternative is a text."""
    text = _LAST_TEXT.search(argument) if isinstance(argument, str) else None
    return text[1] if text else argument


def _work_group(definition: Mapping[str, Any]) -> str:
    """Return the work group of the only queries that the definition starts."""
    (group,) = {
        task["Arguments"]["WorkGroup"] for task in _tasks(definition) if "WorkGroup" in task["Arguments"]
    }
    return str(group)
