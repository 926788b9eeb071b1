"""Lambda: the handlers of functions, run in processes on this machine.

Moto runs a function in a Docker container. Here its process stays warm between invocations, as on AWS. It has
the function's variables, its code as working directory, its layers and the credentials of the local AWS, and
nothing else of this machine's environment.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, cast

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

from infra.local.aws.context import Aws
from infra.local.aws.patches import original, replace

_RUNTIME: Final = Path(__file__).with_name("lambda_runtime.py")
# Lambda allows 10 s for loading the code, apart from the timeout; this machine may be slower.
_INIT_SECONDS: Final = 60.0
# Variables that a function inherits: how this machine finds programs and reaches the internet.
_INHERITED: Final = (
    *("PATH", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
)
_YIELDING: Final = 5  # a third of the processor where another process wants all of it
_LAYERS_FOLDER: Final = re.compile(r"(?<![\w./-])/opt(?=[/:]|$)")


def install(local: Aws) -> None:
    """Run functions, and log to the group that their LoggingConfig names."""
    functions = _Functions(local)
    local.on_close(functions.close)

    def invoke_lambda(self: Any, event: Any = None) -> tuple[str, bool, str]:
        # Moto passes the text "{}" when the invocation has no payload.
        result = functions.invoke(self, json.loads(event) if isinstance(event, str) else event or {})
        self.logs_backend.ensure_log_group(self.logs_group_name)
        self.save_logs(result.logs)
        return result

    stock = original(LambdaFunction, "__init__")

    def init(self: Any, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        stock(self, account_id, spec, *args, **kwargs)
        # Moto logs to /aws/lambda/<function> whatever LoggingConfig says.
        self.logs_group_name = spec.get("LoggingConfig", {}).get("LogGroup", self.logs_group_name)
        if local.warm:
            functions.prepare(self)

    replace(LambdaFunction, "__init__", init)
    replace(LambdaFunction, "_invoke_lambda", invoke_lambda)


class _Functions:
    """The warm processes of all functions, and the folders of their code."""

    def __init__(self, local: Aws) -> None:
        self._local = local
        self._root = Path(tempfile.mkdtemp(prefix="spotify-lake-lambda-"))
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, ...], list[Worker]] = {}
        self._workers: list[Worker] = []

    def prepare(self, function: Any) -> None:
        """Start a process ahead of the first invocation."""
        worker = self._start(function)
        worker.yield_processor()
        self._give_back(_identity(function), worker)

    def invoke(self, function: Any, event: Any) -> Invocation:
        identity = _identity(function)
        worker = self._take(identity) or self._start(function)
        try:
            return worker.invoke(
                event,
                function_arn=function.function_arn,
                request_id=str(uuid.uuid4()),
                timeout=float(function.timeout),
            )
        finally:
            self._give_back(identity, worker)

    def close(self) -> None:
        with self._lock:
            for worker in self._workers:
                worker.close()
            self._workers.clear()
            self._idle.clear()
        shutil.rmtree(self._root, ignore_errors=True)

    def _take(self, identity: tuple[str, ...]) -> Worker | None:
        with self._lock:
            idle = self._idle.get(identity)
            return idle.pop() if idle else None

    def _give_back(self, identity: tuple[str, ...], worker: Worker) -> None:
        with self._lock:
            if worker.alive and worker in self._workers:
                self._idle.setdefault(identity, []).append(worker)

    def _start(self, function: Any) -> Worker:
        code = self._unzipped(function.code_sha_256, [function.code_bytes])
        layer_arns = [layer["Arn"] for layer in function.layers]
        backend = get_backend(function.account_id, function.region)
        archives = [backend.layers_versions_by_arn(arn).code_bytes for arn in layer_arns]
        # The folder used as /opt: the layers unzipped over each other, the last one on top.
        layers = self._unzipped("opt-" + "+".join(layer_arns), archives)
        worker = Worker(code, self._environment(function, code, layers))
        with self._lock:
            self._workers.append(worker)
        return worker

    def _unzipped(self, name: str, archives: list[bytes]) -> Path:
        with self._lock:  # two concurrent first invocations must not both unzip
            folder = self._root / re.sub(r"[^\w.-]", "_", name)
            if not folder.exists():
                folder.mkdir()
                for archive in archives:
                    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                        opened.extractall(folder)
            return folder

    def _environment(self, function: Any, code: Path, layers: Path) -> dict[str, str]:
        own = {
            name: _LAYERS_FOLDER.sub(str(layers), str(value))
            for name, value in function.environment_vars.items()
        }
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "NO_PROXY": "127.0.0.1,localhost",
            **self._local.environment,
            "HOME": str(self._root),  # hides ~/.aws
            "LANG": "en_US.UTF-8",
            "TZ": "UTC",
            "LAMBDA_TASK_ROOT": str(code),
            "AWS_SAM_LOCAL": "true",  # Powertools then traces nothing: there is no X-Ray daemon here
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
            "AWS_LAMBDA_LOG_STREAM_NAME": f"local/[$LATEST]{uuid.uuid4().hex}",
            # A function's own PYTHONPATH replaces this. The runtime puts the code before either.
            "PYTHONPATH": str(layers / "python"),
            **own,
            "_HANDLER": function.handler,
        }


def _identity(function: Any) -> tuple[str, ...]:
    """What a process was started with; an update of code or configuration starts a new one."""
    return (
        function.function_arn,
        function.code_sha_256,
        str(function.handler),
        json.dumps(function.environment_vars, sort_keys=True),
        *(layer["Arn"] for layer in function.layers),
    )


class Invocation(NamedTuple):
    """The outcome of one invocation.

    Attributes:
        payload: the handler's result, or the error document, as JSON text.
        failed: whether the payload is an error document.
        logs: what the function wrote to standard output and error.
    """

    payload: str
    failed: bool
    logs: str


class Worker:
    """A process with a function's code loaded, which handles one event at a time.

    Args:
        code: the folder with the function's code, used as working directory.
        environment: all variables of the process.
    """

    def __init__(self, code: Path, environment: Mapping[str, str]) -> None:
        self._log = tempfile.TemporaryFile(mode="w+b")  # noqa: SIM115 - `close` closes it
        self._loaded = False
        self._in_use = threading.Lock()
        self._answers, write_end = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 (nothing in it comes from outside)
                # -u: the log has what a killed process printed. -P: a handler cannot import the modules of
                # the runtime's folder.
                [sys.executable, "-u", "-P", str(_RUNTIME), str(write_end)],
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                cwd=code,
                env=dict(environment),
                pass_fds=[write_end],
                start_new_session=True,  # so that a timeout also ends what the handler has started
                text=True,
            )
        finally:
            os.close(write_end)
        self._stdin = cast("IO[str]", self._process.stdin)  # it is a pipe

    def invoke(self, event: Any, *, function_arn: str, request_id: str, timeout: float) -> Invocation:
        """Run the handler on an event.

        Args:
            event: the event, JSON-serialisable.
            function_arn: for the context object.
            request_id: for the context object and the errors.
            timeout: seconds until the process is killed, as Lambda does.
        """
        with self._in_use:
            return self._invoke(event, function_arn, request_id, timeout)

    def yield_processor(self) -> None:
        """Let other processes go first: none waits for this one yet, and it may only be used in a while."""
        os.setpriority(os.PRIO_PROCESS, self._process.pid, _YIELDING)

    @property
    def alive(self) -> bool:
        """Whether it can handle another event."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Kill the process and its children. The log stays readable."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(OSError):
            self._stdin.close()

    def close(self) -> None:
        """Stop, and close the files. A running invocation ends with Runtime.ExitError."""
        self.stop()
        with self._in_use:
            os.close(self._answers)
            self._log.close()

    def _invoke(self, event: Any, function_arn: str, request_id: str, timeout: float) -> Invocation:
        log_start = self._log_size() if self._loaded else 0
        self._loaded = self._loaded or self._read_line(_INIT_SECONDS) == "\n"
        invocation = {
            "event": event,
            "function_arn": function_arn,
            "request_id": request_id,
            "deadline": time.time() + timeout,
        }
        with contextlib.suppress(BrokenPipeError):  # the process has ended: there is no answer to read either
            self._stdin.write(json.dumps(invocation) + "\n")
            self._stdin.flush()
        line = self._read_line(timeout)
        if line is None:
            self.stop()
            answer = _error("Sandbox.Timedout", request_id, f"Task timed out after {timeout:.2f} seconds")
        elif line.endswith("\n"):
            answer = json.loads(line)
        else:
            code = self._process.wait()
            reason = f"exit status {code}" if code >= 0 else f"signal: {signal.Signals(-code).name}"
            answer = _error("Runtime.ExitError", request_id, f"Runtime exited with error: {reason}")
        logs = os.pread(self._log.fileno(), self._log_size() - log_start, log_start).decode(errors="replace")
        failed = "error" in answer
        payload = json.dumps(answer["error"]) if failed else answer["result"]
        return Invocation(payload, failed=failed, logs=logs)

    def _read_line(self, timeout: float) -> str | None:
        """The answer; without its newline if the process has ended; None on a timeout."""
        deadline = time.monotonic() + timeout
        received = b""
        while not received.endswith(b"\n"):
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            piece = os.read(self._answers, 1 << 20)
            if not piece:
                break
            received += piece
        return received.decode()

    def _log_size(self) -> int:
        return os.fstat(self._log.fileno()).st_size


def _error(error_type: str, request_id: str, message: str) -> dict[str, Any]:
    text = f"RequestId: {request_id} Error: {message}"
    return {"error": {"errorType": error_type, "errorMessage": text}}
