"""EventBridge: rules that start state machines."""

import datetime as dt
import json
import logging
from typing import Any

from moto.events.models import Rule
from moto.events.utils import EventTemplateParser

from infra.local.aws.context import Aws
from infra.local.aws.patches import original, replace
from infra.local.aws.step_functions import iso_time

_log = logging.getLogger(__name__)


def install(local: Aws) -> None:
    """Start a state machine when a rule's event comes.

    Moto knows no such target: the event ends in an error that it hides. Nothing is started before the
    deployment is complete: an object that is restored from the lake has had its event in an earlier run.
    """
    stock = original(Rule, "send_to_targets")

    def send_to_targets(self: Any, event: dict[str, Any], transform_input: bool = True) -> None:
        machines = [target for target in self.targets if ":states:" in target["Arn"]]
        if not machines:
            stock(self, event, transform_input)
            return
        is_open = local.deployed and self.state == "ENABLED"
        if is_open and self.event_pattern.matches_event(event):
            for target in machines:
                _start(local, target, {**event, "time": _iso(event["time"])})

    replace(Rule, "send_to_targets", send_to_targets)


def _start(local: Aws, target: dict[str, Any], event: dict[str, Any]) -> None:
    try:
        local.client("stepfunctions").start_execution(
            stateMachineArn=target["Arn"], input=json.dumps(_input(target, event))
        )
    except Exception:  # moto hides whatever goes wrong here
        _log.exception("An event could not start %s", target["Arn"])
        raise


def _input(target: dict[str, Any], event: dict[str, Any]) -> Any:
    """What the target makes of the event: its constant, its template, or the event as it is."""
    if "Input" in target:
        return json.loads(target["Input"])
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        return EventTemplateParser.parse(
            input_template=transformer["InputTemplate"],
            input_paths_map=transformer.get("InputPathsMap", {}),
            event={**event, "ingestion-time": event["time"]},
        )
    return event


def _iso(seconds: Any) -> str:
    return iso_time(dt.datetime.fromtimestamp(float(seconds), dt.UTC))
