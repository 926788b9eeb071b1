"""The program in a function's process: Lambda's runtime loop for a Python handler.

`lambda_functions` starts it as a script. It uses the standard library only. It loads the handler and writes
an empty line. Then it reads one invocation per line from standard input and writes one answer per line, to
the file descriptor given as argument. Standard output and error are the function's log. The errors have
Lambda's names and messages.
"""

import gc
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple


class LambdaContext(NamedTuple):
    """The `context` of a handler: the attributes in Lambda's documentation."""

    aws_request_id: str
    invoked_function_arn: str
    function_name: str
    function_version: str
    memory_limit_in_mb: str
    log_group_name: str
    log_stream_name: str
    deadline: float
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        return max(0, int((self.deadline - time.time()) * 1000))


Handler = Callable[[Any, LambdaContext], Any]


class _RuntimeFailure(Exception):
    """Lambda's own error: the handler cannot be loaded, or its result is not JSON."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def main() -> None:
    """Answer invocations until standard input closes."""
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as answers:
        gc.disable()  # the handler's modules are never garbage
        try:
            handler = _load_handler(os.environ["_HANDLER"])
        except _RuntimeFailure as error:
            handler = _raising(error)
        gc.freeze()
        gc.enable()
        print(file=answers, flush=True)
        for line in sys.stdin:
            answer = _answer(handler, json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
            print(json.dumps(answer), file=answers, flush=True)


def _answer(handler: Handler, invocation: dict[str, Any]) -> dict[str, Any]:
    context = _context(invocation)
    try:
        return {"result": _to_json(handler(invocation["event"], context))}
    except _RuntimeFailure as error:
        return {"error": _error(error.error_type, str(error), context, [])}
    except Exception as error:
        return {"error": _error(type(error).__name__, str(error), context, _stack(error))}


def _raising(error: _RuntimeFailure) -> Handler:
    def handler(_event: Any, _context: LambdaContext) -> Any:
        raise error

    return handler


def _load_handler(name: str) -> Handler:
    module_name, _, function_name = name.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        traceback.print_exc()
        raise _RuntimeFailure(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from error
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise _RuntimeFailure("Runtime.HandlerNotFound", message) from error
    return handler


def _to_json(result: Any) -> str:
    try:
        return json.dumps(result)
    except (TypeError, ValueError) as error:
        raise _RuntimeFailure("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def _context(invocation: dict[str, Any]) -> LambdaContext:
    return LambdaContext(
        aws_request_id=invocation["request_id"],
        invoked_function_arn=invocation["function_arn"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        deadline=invocation["deadline"],
    )


def _error(error_type: str, message: str, context: LambdaContext, stack: list[str]) -> dict[str, Any]:
    return {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": context.aws_request_id,
        "stackTrace": stack,
    }


def _stack(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is this loop
    print(f"[ERROR] {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 (Lambda logs it)
    traceback.print_exception(error, file=sys.stderr)
    return traceback.format_list(frames)


if __name__ == "__main__":
    main()
