"""Step Functions: what moto's interpreter of the Amazon States Language gets wrong.

Here is the language itself; the integrations (Glue, Athena, the AWS SDK) are in `step_functions_tasks`.
"""

import datetime as dt
import re
import time
import uuid
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from moto.core.config import default_user_config
from moto.stepfunctions.parser.asl.component.common.error_name import error_equals_decl
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.generic.string_format import (
    StringFormat,
)
from moto.stepfunctions.parser.asl.component.state import state as state_module
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.intrinsic.intrinsic_parser import IntrinsicParser
from moto.stepfunctions.parser.asl.parse.intrinsic.preprocessor import Preprocessor as IntrinsicPreprocessor
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from infra.local.aws import step_functions_tasks
from infra.local.aws.context import Aws
from infra.local.aws.patches import original, replace

# A path with one of these may select several values, so its result is a list even when it selects one.
_SELECTS_MANY = re.compile(r"\[\*\]|\.\*|\.\.|\[\?|\[[^\]'\"]*[:,][^\]]*\]")

_FORMAT_PART = re.compile(r"\\([{}])|\{\}")

_START_SECONDS = 30.0
_POLL_SECONDS = 0.01

_TERMINAL_ERRORS = {"States.Runtime", "States.DataLimitExceeded"}


def install(local: Aws) -> None:
    """Make moto run state machines, and run them as Step Functions does."""
    _read_each_definition_once()
    _run_executions(local)
    _stop_what_has_just_started()
    _name_unnamed_executions()
    _iso_times_in_the_context_object()
    _singleton_paths_give_the_value()
    _escapes_in_intrinsic_strings()
    _braces_in_format()
    _runtime_errors_are_not_catchable()
    _scale_waits(local.wait_scale)
    step_functions_tasks.install(local)


def iso_time(moment: dt.datetime) -> str:
    """A time as Step Functions writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_each_definition_once() -> None:
    """Moto parses a definition when its state machine is made and for each execution: 0.4 s each time.

    What is kept is the tree; the program that runs is built from it anew for each execution.
    """
    stock = original(AmazonStateLanguageParser, "parse")
    tree_of = lru_cache(maxsize=8)(lambda definition: stock(definition)[1])

    def parse(definition: str) -> tuple[Any, Any]:
        tree = tree_of(definition)
        return Preprocessor().visit(tree), tree

    replace(AmazonStateLanguageParser, "parse", staticmethod(parse))


def _run_executions(local: Aws) -> None:
    """Moto by itself records an execution and never runs it. On closing, those that still run are stopped."""
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
    """Moto answers StopExecution with an internal error until the execution's thread has come to its work."""
    stock = original(ExecutionWorker, "stop")

    def stop(self: Any, **stopped: Any) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self.env is None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        stock(self, **stopped)

    replace(ExecutionWorker, "stop", stop)


def _name_unnamed_executions() -> None:
    """Moto names an execution None when the caller gives no name, and then refuses the second such one."""
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


def _singleton_paths_give_the_value() -> None:
    """Moto gives `$.Rows[1].Data[0].X` as a list of one: it looks only at the path's end for the index."""

    def is_singleton(path: str) -> bool:
        return not _SELECTS_MANY.search(path)

    replace(json_path, "_is_singleton_array_access", is_singleton)


def _escapes_in_intrinsic_strings() -> None:
    r"""Moto parses the JSON text of an intrinsic, in which `\'` is still `\\'`, and keeps the backslash."""
    stock_parse = original(IntrinsicParser, "parse")
    stock_replace = original(IntrinsicPreprocessor, "_replace_escaped_characters")

    def parse(source: str) -> Any:
        return stock_parse(source.replace("\\\\", "\\"))

    def replace_escaped(match: re.Match[str]) -> Any:
        escaped = match.group(1)
        return escaped if escaped in "'\\" else stock_replace(match)

    replace(IntrinsicParser, "parse", staticmethod(parse))
    replace(IntrinsicPreprocessor, "_replace_escaped_characters", staticmethod(replace_escaped))


def _braces_in_format() -> None:
    r"""Moto gives a States.Format template to str.format: `\{` and any brace in the text break it.

    Only `{}` is a place for a value; a brace of the text itself is written with a backslash.
    """

    def eval_body(self: Any, env: Any) -> None:
        self.argument_list.eval(env=env)
        template, *values = env.stack.pop()
        texts = iter([self._to_str_repr(value) for value in values])
        env.stack.append(_FORMAT_PART.sub(lambda part: part.group(1) or next(texts), template))

    replace(StringFormat, "_eval_body", eval_body)


def _runtime_errors_are_not_catchable() -> None:
    """Moto lets States.ALL catch States.Runtime; on AWS such an execution fails whatever it catches.

    Source: "Error handling in Step Functions" in the developer guide, States.Runtime and
    States.DataLimitExceeded. Without this a local run goes on where a real one has ended.
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
    """Wait and Retry last `scale` times their seconds (moto always waits in real time)."""

    def wait_interval(_: Any, env: Any, wait_seconds: float) -> None:
        deadline = time.monotonic() + wait_seconds * scale
        while env.is_running() and (left := deadline - time.monotonic()) > 0:
            env.program_state_event.wait(left)

    replace(WaitFunction, "_wait_interval", wait_interval)
    replace(retrier_decl, "time", SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * scale)))
