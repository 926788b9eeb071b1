"""Run scripts on the Spark of a running JVM: the part of `spark-submit` that such a JVM leaves to do.

A process of its own runs this file, so it imports nothing of this project. It reads requests from standard
input, a line of JSON each, and forks a driver for each. It answers with a line with the driver's process id
at once, and another with its exit code when it has ended.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any

# Before any driver is forked, so that none has to load them.
import numpy as np  # noqa: F401
import pandas as pd  # noqa: F401
import pyarrow.parquet  # noqa: F401
import pyspark.sql  # noqa: F401
from pyspark import SparkContext


def serve() -> None:
    """Fork a driver for each request, one after the other."""
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become_driver(request)
            main(*request["command"])
            return
        os.setpgid(pid, pid)  # so that what it starts is killed with it
        _answer(pid)
        _, status = os.waitpid(pid, 0)
        _answer(os.waitstatus_to_exitcode(status))


def main(properties: str, script: str, *arguments: str) -> None:
    """Set the script's Spark properties in the JVM, run it, and end its Spark context.

    Args:
        properties: the file with the Spark properties, as JSON.
        script: the script.
        arguments: its `sys.argv[1:]`.
    """
    settings: dict[str, str] = json.loads(Path(properties).read_text("utf-8"))
    _use(settings)
    libraries = settings.get("spark.submit.pyFiles", "")
    sys.argv = [script, *arguments]
    sys.path[:1] = [str(Path(script).parent), *filter(None, libraries.split(","))]
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        context = SparkContext._active_spark_context
        if context is not None:
            context.stop()


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _become_driver(request: dict[str, Any]) -> None:
    """Take the variables, the folder and the files of a driver."""
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(source, target)


def _use(settings: dict[str, str]) -> None:
    """Replace the properties of the script that the JVM ran before."""
    SparkContext._ensure_initialized()  # connects to the JVM
    jvm = SparkContext._jvm
    assert jvm is not None  # noqa: S101
    properties = jvm.java.lang.System.getProperties()
    for name in list(properties.stringPropertyNames()):
        if name.startswith("spark."):
            properties.remove(name)
    for name, value in settings.items():
        properties.setProperty(name, value)
    jvm.org.apache.hadoop.fs.FileSystem.closeAll()  # they know the folders of the buckets


if __name__ == "__main__":
    serve()
