"""The driver processes of scripts, each forked from one process that has loaded PySpark and Arrow.

Loading these takes more than a second, which would be much of a job's time here.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final, Protocol, cast

_SERVER: Final = Path(__file__).with_name("spark_driver.py")


class DriverNotStarted(RuntimeError):
    """The process that drivers are forked from has ended."""

    def __init__(self, output: str) -> None:
        super().__init__(f"The driver of a job did not start: {output.strip() or 'no output'}")


class Driver(Protocol):
    """A running script."""

    def wait(self, seconds: float) -> int | None:
        """Return the exit code, negative for a signal; None if it still runs after so many seconds."""
        ...

    def kill(self) -> None:
        """End the script, and what it started, at once."""
        ...


class Drivers:
    """The process that drivers are forked from. One driver may run at a time.

    Args:
        environment: all variables of the process.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # the command is built here
            [sys.executable, str(_SERVER)],
            env=dict(environment),
            stdin=subprocess.PIPE,  # the process ends when this closes, so it cannot outlive this one
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # so that `select` knows of all that can be read
            start_new_session=True,  # so that Ctrl-C does not end it while the lake is being saved
        )

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
    ) -> Driver:
        """Start a driver.

        Args:
            command: the file with the Spark properties, the script, and its arguments.
            environment: all variables of the driver.
            folder: its working directory.
            log: the file that standard output and standard error are appended to.

        Raises:
            DriverNotStarted: the process that drivers are forked from has ended.
        """
        request = {
            "command": list(command),
            "environment": dict(environment),
            "folder": str(folder),
            "log": str(log),
        }
        with contextlib.suppress(BrokenPipeError):  # it has ended: then it does not answer either
            cast("IO[bytes]", self._process.stdin).write(json.dumps(request).encode() + b"\n")
        return _ForkedDriver(int(self.answer()), self)

    def answer(self, seconds: float | None = None) -> str:
        """Return the next line of the process; "" if there is none after so many seconds.

        Raises:
            DriverNotStarted: the process has ended.
        """
        stdout, stderr = cast("IO[bytes]", self._process.stdout), cast("IO[bytes]", self._process.stderr)
        ready, _, _ = select.select([stdout], [], [], seconds)
        line = stdout.readline() if ready else b"\n"
        if not line:
            raise DriverNotStarted(stderr.read().decode(errors="replace"))
        return line.decode().strip()

    def close(self) -> None:
        """End the process. A driver that still runs is not ended."""
        self._process.kill()
        self._process.communicate()


class _ForkedDriver:
    def __init__(self, pid: int, drivers: Drivers) -> None:
        self._pid = pid
        self._drivers = drivers
        self._exit_code: int | None = None

    def wait(self, seconds: float) -> int | None:
        if self._exit_code is None:
            answer = self._drivers.answer(seconds)
            self._exit_code = int(answer) if answer else None
        return self._exit_code

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
