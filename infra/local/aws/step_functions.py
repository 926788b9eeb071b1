"""Step Functions: corrections of moto's interpreter of the Amazon States Language.

This module corrects the language. `step_functions_tasks` corrects the integrations (Glue, Athena, SDK),
`step_functions_executions` the end of an execution and its redrive.
"""

import datetime as dt
import time
import uuid
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from moto.core.config import default_user_config
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import error_equals_decl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.state import state as state_module
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from infra.local.aws import step_functions_executions, step_functions_tasks
from infra.local.aws.context import Aws, iso_time
from infra.local.aws.jsonata_expressions import ExpressionFailed, evaluate
from infra.local.aws.patches import original, replace

_START_SECONDS = 30.0
_POLL_SECONDS = 0.01

_TERMINAL_ERRORS = {"States.Runtime", "States.DataLimitExceeded"}


def install(local: Aws) -> None:
    """Make moto run state machines as Step Functions does."""
    _read_each_definition_once()
    _run_executions(local)
    _stop_what_has_just_started()
    _name_unnamed_executions()
    _iso_times_in_the_context_object()
    _jsonata_expressions()
    _runtime_errors_are_not_catchable()
    _scale_waits(local.wait_scale)
    step_functions_tasks.install(local)
    step_functions_executions.install(local)


def _read_each_definition_once() -> None:
    """Moto parses a definition when its state machine is created and for each execution: 0.4 s each time.

    The parsed tree is cached. The program of an execution is built from it.
    """
    stock = original(AmazonStateLanguageParser, "parse")
    tree_of = lru_cache(maxsize=8)(lambda definition: stock(definition)[1])

    def parse(definition: str) -> tuple[Any, Any]:
        tree = tree_of(definition)
        return Preprocessor().visit(tree), tree

    replace(AmazonStateLanguageParser, "parse", staticmethod(parse))


def _run_executions(local: Aws) -> None:
    """Moto by default records an execution and does not run it. Running ones are stopped on closing."""
    configured = default_user_config["stepfunctions"]
    default_user_config["stepfunctions"] = {**configured, "execute_state_machine": True}
    local.on_close(lambda: default_user_config.__setitem__("stepfunctions", configured))
    local.on_close(lambda: _stop_executions(local))


def _stop_executions(local: Aws) -> None:
    client = local.client("stepfunctions")
    for machine in client.list_state_machines()["stateMachines"]:
        running = client.list_executions(stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING")
        for execution in running["executions"]:
            client.stop_execution(executionArn=execution["executionArn"])


def _stop_what_has_just_started() -> None:
    """Moto answers StopExecution with an internal error until the execution's thread has started its work."""
    stock = original(ExecutionWorker, "stop")

    def stop(self: Any, **stopped: Any) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self.env is None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        stock(self, **stopped)

    replace(ExecutionWorker, "stop", stop)


def _name_unnamed_executions() -> None:
    """Moto names an execution None when the caller gives no name, and refuses the second one."""
    stock = original(StepFunctionsParserBackend, "start_execution")

    def start_execution(self: Any, state_machine_arn: str, name: str | None = None, *args: Any) -> Any:
        return stock(self, state_machine_arn, name or str(uuid.uuid4()), *args)

    replace(StepFunctionsParserBackend, "start_execution", start_execution)


def _iso_times_in_the_context_object() -> None:
    """Moto has a datetime for $$.Execution.StartTime, and microseconds with an offset for EnteredTime."""
    stock = original(Execution, "get_start_execution_details")

    def get_start_execution_details(self: Any) -> Any:
        details = stock(self)
        details.start_time = iso_time(self.start_date)
        return details

    def state_data(EnteredTime: str, Name: str) -> dict[str, str]:  # noqa: N803 (the fields' own names)
        return {"EnteredTime": iso_time(dt.datetime.fromisoformat(EnteredTime)), "Name": Name}

    replace(Execution, "get_start_execution_details", get_start_execution_details)
    replace(state_module, "StateData", state_data)


def _jsonata_expressions() -> None:
    """Moto parses JSONata and has no evaluator for it; its own composes one text of all variables.

    An expression that fails or yields nothing is the state's `States.QueryEvaluationError`, as on AWS.
    """

    def eval_body(self: Any, env: Any) -> None:
        try:
            env.stack.append(evaluate(self.expression, _variables(env)))
        except ExpressionFailed as error:
            raise FailureEventException(_evaluation_failed(env, error)) from error

    replace(StringJSONata, "_eval_body", eval_body)


def _variables(env: Any) -> dict[str, Any]:
    """The assigned variables, and `$states` with the parts that exist at this point of a state."""
    states = {name: value for name, value in env.states._states_data.items() if value is not None}
    return {**env.variable_store._outer_scope, **env.variable_store._inner_scope, "states": states}


def _evaluation_failed(env: Any, error: ExpressionFailed) -> FailureEvent:
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    details = EvaluationFailedEventDetails(error=name.error_name, cause=str(error), state=env.next_state_name)
    return FailureEvent(
        env=env,
        error_name=name,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=EventDetails(evaluationFailedEventDetails=details),
    )


def _runtime_errors_are_not_catchable() -> None:
    """Moto lets States.ALL catch States.Runtime; on AWS such an execution fails whatever it catches.

    Source: "Error handling in Step Functions" in the developer guide, States.Runtime and
    States.DataLimitExceeded. Without this, a local run would continue where a real one ends.
    """
    decl = error_equals_decl.ErrorEqualsDecl
    stock = original(decl, "_eval_body")

    def eval_body(self: Any, env: Any) -> None:
        if env.stack[-1].error_name in _TERMINAL_ERRORS:
            env.stack[-1] = False
        else:
            stock(self, env)

    replace(decl, "_eval_body", eval_body)


def _scale_waits(scale: float) -> None:
    """Scale the seconds of Wait and Retry (moto waits in real time)."""

    def wait_interval(_: Any, env: Any, wait_seconds: float) -> None:
        deadline = time.monotonic() + wait_seconds * scale
        while env.is_running() and (left := deadline - time.monotonic()) > 0:
            env.program_state_event.wait(left)

    replace(WaitFunction, "_wait_interval", wait_interval)
    replace(retrier_decl, "time", SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * scale)))
