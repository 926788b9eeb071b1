"""EventBridge: rules that start state machines and call functions."""

import datetime as dt
import json
import logging
import time
import uuid
from typing import Any

from moto.events.models import Rule, events_backends
from moto.events.utils import EventTemplateParser

from infra.local.aws.context import Aws, iso_time
from infra.local.aws.patches import original, replace

_log = logging.getLogger(__name__)
_CLOSING_SECONDS = 30.0


def install(local: Aws) -> None:
    """Start a state machine, or call a function, when an event matches a rule.

    Moto does not support these targets and hides the error. Nothing is started before the deployment is
    complete: an object that is restored from the lake had its event in an earlier run.
    """
    stock = original(Rule, "send_to_targets")

    def send_to_targets(self: Any, event: dict[str, Any], transform_input: bool = True) -> None:
        own = [target for target in self.targets if _service(target) in _DELIVERIES]
        if not own:
            stock(self, event, transform_input)
            return
        is_open = local.deployed and not local.closing and self.state == "ENABLED"
        if is_open and self.event_pattern.matches_event(event):
            for target in own:
                _deliver(local, target, {**event, "time": _iso(event["time"])})

    replace(Rule, "send_to_targets", send_to_targets)
    local.on_close(lambda: _finish(local))


def send(local: Aws, detail_type: str, source: str, detail: dict[str, Any]) -> None:
    """Send a service's event to the default bus and wait until its targets are done."""
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": local.account_id,
        "time": time.time(),
        "region": local.region,
        "resources": [value for name, value in detail.items() if name == "executionArn"],
        "detail": detail,
    }
    buses = events_backends[local.account_id][local.region].event_buses
    for rule in list(buses["default"].rules.values()):
        rule.send_to_targets(event, transform_input=False)


def _finish(local: Aws) -> None:
    """On closing, start no more deliveries and wait for those in progress."""
    local.closing = True
    if not local.wait_for_work(timeout=_CLOSING_SECONDS):
        _log.error("An event was still being delivered after %s s", _CLOSING_SECONDS)


def _iso(seconds: Any) -> str:
    return iso_time(dt.datetime.fromtimestamp(float(seconds), dt.UTC))


def _service(target: dict[str, Any]) -> str:
    return str(target["Arn"]).split(":")[2]


def _deliver(local: Aws, target: dict[str, Any], event: dict[str, Any]) -> None:
    try:
        _DELIVERIES[_service(target)](local, target["Arn"], _input(target, event))
    except Exception:  # the log is the only place where a failure can be seen
        _log.exception("An event could not be delivered to %s", target["Arn"])


def _start(local: Aws, arn: str, event: Any) -> None:
    local.client("stepfunctions").start_execution(stateMachineArn=arn, input=json.dumps(event))


def _call(local: Aws, arn: str, event: Any) -> None:
    """Lambda calls a function three times before it discards an event."""
    for _ in range(3):
        answer = local.client("lambda").invoke(FunctionName=arn, Payload=json.dumps(event))
        if "FunctionError" not in answer:
            return
    raise RuntimeError(answer["Payload"].read().decode())


_DELIVERIES = {"states": _start, "lambda": _call}


def _input(target: dict[str, Any], event: dict[str, Any]) -> Any:
    """The target's input: its constant, its filled template, or the event itself."""
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
