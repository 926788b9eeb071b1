"""Running a job's script as a process of its own, and killing it at a random moment."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

SUBMIT = (
    "--master local[2] --conf spark.ui.enabled=false --conf spark.driver.memory=1g"
    " --conf spark.driver.extraJavaOptions='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' pyspark-shell"
)


def kill_a_run(script: str, arguments: Mapping[str, str], line: bytes, within: float) -> None:
    """Run a script, and kill it and its JVM at most so many seconds after a line of its log.

    Args:
        script: the script's file.
        arguments: its arguments by name; the moment depends on `run_id`.
        line: a part of the line.
        within: the most seconds after it.
    """
    command = [sys.executable, script]
    command += [part for name, value in arguments.items() for part in (f"--{name}", value)]
    environment = {
        **os.environ,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": SUBMIT,
        "PYTHONPATH": str(Path(script).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    # A session of its own, so that the kill takes Python and its JVM at once.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            assert any(line in each for each in process.stdout), "the job ended too soon"
            time.sleep(random.Random(arguments["run_id"]).uniform(0, within))  # a moment, no secret
        finally:
            os.killpg(process.pid, signal.SIGKILL)
