"""One warm process of a function: Lambda's "execution environment" on this machine."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

# Lambda gives the loading of the code 10 s of its own, before the timeout begins; this machine may be slower.
INIT_SECONDS = 60.0

RUNTIME = Path(__file__).with_name("lambda_runtime.py")


class Invocation(NamedTuple):
    """What one invocation came to.

    Attributes:
        payload: the handler's result, or the error document, as JSON text.
        failed: whether the payload is an error document.
        logs: what the function wrote to standard output and error.
    """

    payload: str
    failed: bool
    logs: str


class Worker:
    """A process that has the function's code loaded and takes one event at a time.

    Args:
        code: the folder with the function's code; becomes the working directory.
        environment: the whole environment of the process.
    """

    def __init__(self, code: Path, environment: Mapping[str, str]) -> None:
        # The worker's own, until `stop`.
        self._log = tempfile.TemporaryFile(mode="w+b")  # noqa: SIM115
        self._loaded = False
        self._in_use = threading.Lock()
        self._answers, write_end = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 (nothing in it comes from outside)
                # -u: what a killed process has printed is in the log. The script's folder is taken from the
                # path: a handler must not find this project's modules beside the runtime.
                [sys.executable, "-u", "-P", str(RUNTIME), str(write_end)],
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

    @property
    def alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Kill the process and whatever it started. Its log can still be read."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]  # it is a pipe

    def close(self) -> None:
        """Stop, and let go of the files. An invocation that is under way ends with Runtime.ExitError."""
        self.stop()
        with self._in_use:
            os.close(self._answers)
            self._log.close()

    def _invoke(self, event: Any, function_arn: str, request_id: str, timeout: float) -> Invocation:
        logged = self._log_size() if self._loaded else 0
        self._loaded = self._loaded or self._read_line(INIT_SECONDS) == "\n"
        self._send(event, function_arn, request_id, deadline=time.time() + timeout)
        line = self._read_line(timeout)
        if line is None:
            self.stop()
            error = _error(
                "Sandbox.Timedout", request_id, f"Error: Task timed out after {timeout:.2f} seconds"
            )
            return self._failure(error, logged)
        if not line.endswith("\n"):
            error = _error("Runtime.ExitError", request_id, self._how_it_ended())
            return self._failure(error, logged)
        answer = json.loads(line)
        if "error" in answer:
            return self._failure(answer["error"], logged)
        return Invocation(answer["result"], failed=False, logs=self._logs_since(logged))

    def _send(self, event: Any, function_arn: str, request_id: str, *, deadline: float) -> None:
        invocation = {
            "event": event,
            "function_arn": function_arn,
            "request_id": request_id,
            "deadline": deadline,
        }
        with contextlib.suppress(BrokenPipeError):  # it has ended: reading the answer tells how
            self._process.stdin.write(json.dumps(invocation) + "\n")  # type: ignore[union-attr]  # a pipe
            self._process.stdin.flush()  # type: ignore[union-attr]  # a pipe

    def _read_line(self, timeout: float) -> str | None:
        """The answer; without its newline if the process has ended; None if there is none in time."""
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

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        how = f"exit status {code}" if code >= 0 else f"signal: {signal.Signals(-code).name}"
        return f"Error: Runtime exited with error: {how}"

    def _failure(self, error: dict[str, Any], logged: int) -> Invocation:
        return Invocation(json.dumps(error), failed=True, logs=self._logs_since(logged))

    def _log_size(self) -> int:
        return os.fstat(self._log.fileno()).st_size

    def _logs_since(self, start: int) -> str:
        return os.pread(self._log.fileno(), self._log_size() - start, start).decode(errors="replace")


def _error(error_type: str, request_id: str, message: str) -> dict[str, Any]:
    return {"errorType": error_type, "errorMessage": f"RequestId: {request_id} {message}"}
