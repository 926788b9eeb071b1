"""A JVM that stays warm between the Glue jobs of end-to-end tests.

On Glue, and in `make run`, each job run has a JVM of its own, and loading Spark's classes takes most of its
CPU time. Here a job run is still a process with its own driver, session and Python workers, which run the
deployed script. Only the JVM is the same. Jobs in `test_rebuild`, `test_command_line` and `test_ctrl_c` have
a JVM each.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from infra.local.aws.spark_submit import SparkScript

_DRIVER = Path(__file__).with_name("warm_spark_driver.py")
_SUBMIT = "org.apache.spark.deploy.SparkSubmit"
_SERVER = "org.apache.spark.api.python.PythonGatewayServer"
_START_SECONDS = 60


@dataclasses.dataclass(frozen=True, kw_only=True)
class WarmScript(SparkScript):
    """A script whose Spark is in a running JVM.

    Attributes:
        gateway: the variables that direct PySpark to the JVM.
    """

    gateway: Mapping[str, str]

    def command(self) -> list[str]:
        super().command()  # writes the configuration
        defaults = self.folder / "conf" / "spark-defaults.conf"
        libraries = ",".join(map(str, self.py_files))
        return [sys.executable, str(_DRIVER), str(defaults), libraries, str(self.script), *self.arguments]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        return {**super().environment(base), **self.gateway}


class WarmSpark:
    """A JVM that starts with the first script and ends with the context.

    Args:
        folder: an empty folder for its files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._gateway: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def script(self, **attributes: Any) -> WarmScript:
        """Return a script that uses the JVM. Run one at a time."""
        if self._process is None:
            self._start()
        return WarmScript(**attributes, gateway=self._gateway)

    def _start(self) -> None:
        script = SparkScript(script=self._folder, arguments=(), folder=self._folder / "spark", buckets={})
        command = script.command()
        command[command.index(_SUBMIT) :] = [_SERVER]
        connection = self._folder / "connection"
        environment = {**script.environment({}), "_PYSPARK_DRIVER_CONN_INFO_PATH": str(connection)}
        del environment["SPARK_LOCAL_DIRS"]  # it would override the folder of each job
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, env=environment, cwd=self._folder, stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while not connection.exists():
            assert self._process.poll() is None, "the JVM has ended"
            assert time.monotonic() < deadline, "the JVM did not start in time"
            time.sleep(0.05)
        content = connection.read_bytes()  # the port, the secret's length and the secret
        self._gateway = {
            "PYSPARK_GATEWAY_PORT": str(int.from_bytes(content[:4], "big")),
            "PYSPARK_GATEWAY_SECRET": content[8:].decode(),
        }
