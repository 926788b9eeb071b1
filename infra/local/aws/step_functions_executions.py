"""Step Functions: the end of an execution, and its redrive, which moto lacks."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.responses import StepFunctionResponse

from infra.local.aws import event_rules
from infra.local.aws.context import Aws
from infra.local.aws.patches import add, original, replace

_STATUS_CHANGE = "Step Functions Execution Status Change"
_HISTORY_PAGE = 100  # Step Functions' default
_REDRIVABLE = (ExecutionStatus.FAILED, ExecutionStatus.ABORTED, ExecutionStatus.TIMED_OUT)


def install(local: Aws) -> None:
    """Send events when executions end, and support RedriveExecution."""
    _send_status_changes(local)
    _keep_what_a_stop_says()
    _describe_every_end()
    _count_redrives()
    _redrive()
    _page_histories()


def _page_histories() -> None:
    """Moto returns the whole history, oldest first, whatever GetExecutionHistory asks for."""
    stock = original(StepFunctionResponse, "get_execution_history")

    def get_execution_history(self: Any) -> ActionResult:
        result: Any = stock(self).result
        events, last = result["events"], self._get_param("nextToken")
        if self._get_param("reverseOrder"):
            events = [event for event in reversed(events) if not last or event["id"] < int(last)]
        else:
            events = [event for event in events if not last or event["id"] > int(last)]
        page = events[: int(self._get_param("maxResults") or _HISTORY_PAGE)]
        more = {"nextToken": str(page[-1]["id"])} if len(page) < len(events) else {}
        return ActionResult({"events": page, **more})

    replace(StepFunctionResponse, "get_execution_history", get_execution_history)


def _send_status_changes(local: Aws) -> None:
    """Moto sends no event when an execution ends. Events of executions that start are still not sent."""
    stock = original(BaseExecutionWorkerCommunication, "terminated")

    def terminated(self: Any) -> None:
        with local.work_in_progress():
            stock(self)
            event_rules.send(local, _STATUS_CHANGE, "aws.states", _detail(self.execution))

    replace(BaseExecutionWorkerCommunication, "terminated", terminated)


def _detail(execution: Any) -> dict[str, Any]:
    """The event's detail, as the developer guide shows it ("Step Functions Execution Status Change")."""
    has_output = execution.exec_status == ExecutionStatus.SUCCEEDED
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.exec_status.value,
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date),
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "output": json.dumps(execution.output) if has_output else None,
        "outputDetails": {"included": True} if has_output else None,
    }


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000)


def _keep_what_a_stop_says() -> None:
    """Moto's StopExecution drops the error and the cause that the caller gives."""

    def stop_execution(self: Any) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        stopped_at = dt.datetime.now(dt.UTC)
        execution.stop(stop_date=stopped_at, error=self._get_param("error"), cause=self._get_param("cause"))
        return ActionResult({"stopDate": stopped_at})

    replace(StepFunctionResponse, "stop_execution", stop_execution)


def _describe_every_end() -> None:
    """Moto leaves out when an execution timed out, and how often one was redriven."""
    stock = original(StepFunctionResponse, "describe_execution")

    def describe_execution(self: Any) -> Any:
        described = stock(self)
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        if execution.stop_date is not None:
            described.result["stopDate"] = execution.stop_date
        described.result["redriveCount"] = _redrive_count(execution.exec_worker)
        return described

    replace(StepFunctionResponse, "describe_execution", describe_execution)


def _redrive_count(worker: Any) -> int:
    count: int = getattr(worker, "redrive_count", 0)
    return count


def _count_redrives() -> None:
    """Moto's context object has no Execution.RedriveCount."""
    stock = original(ExecutionWorker, "_get_evaluation_environment")

    def get_evaluation_environment(self: Any) -> Any:
        environment = stock(self)
        execution = environment.states.context_object.context_object_data["Execution"]
        execution["RedriveCount"] = _redrive_count(self)
        return environment

    replace(ExecutionWorker, "_get_evaluation_environment", get_evaluation_environment)


def _redrive() -> None:
    """Moto has no RedriveExecution: continue at the state that failed, with its input and all variables."""
    run_from_the_start: Callable[[Any], None] = original(ExecutionWorker, "_execution_logic")

    def redrive_execution(self: Any) -> ActionResult:
        execution: Execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        if execution.exec_status not in _REDRIVABLE:
            message = f"{execution.exec_arn} is {execution.exec_status.value}: it cannot be redriven"
            raise JsonRESTError("ExecutionNotRedrivable", message)
        ended = execution.exec_worker
        worker = execution._get_start_execution_worker()
        worker.ended, worker.redrive_count = ended, _redrive_count(ended) + 1
        execution.exec_status, execution.stop_date = ExecutionStatus.RUNNING, None
        execution.error = execution.cause = None
        execution.exec_worker = worker
        worker.start()
        return ActionResult({"redriveDate": dt.datetime.now(dt.UTC)})

    def execution_logic(self: Any) -> None:
        ended = getattr(self, "ended", None)
        if ended is None:
            run_from_the_start(self)
            return
        program = self._get_evaluation_entrypoint()
        environment = self._get_evaluation_environment()
        environment.event_manager = ended.env.event_manager
        environment.event_history_context = ended.env.event_history_context
        environment.variable_store = ended.env.variable_store
        history = environment.event_manager.get_event_history()
        entered = [event for event in history if event.get("stateEnteredEventDetails")][-1]
        failed = entered["stateEnteredEventDetails"]
        environment.states.reset(json.loads(failed["input"]))
        program.start_at = StartAt(failed["name"])
        environment.event_manager.add_event(
            context=environment.event_history_context,
            event_type=HistoryEventType.ExecutionRedriven,
            event_details=EventDetails(),
        )
        self.env = environment
        program.eval(environment)
        self._execution_communication.terminated()

    add(StepFunctionResponse, "redrive_execution", redrive_execution)
    replace(ExecutionWorker, "_execution_logic", execution_logic)
