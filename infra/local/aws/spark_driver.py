"""Run a script on the Spark of a running JVM: the part of `spark-submit` that such a JVM leaves to do.

    spark_driver.py <file with the Spark properties, as JSON> <script> <arguments>

A process of its own runs this file, so it imports nothing of this project.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

from pyspark import SparkContext


def main(properties: str, script: str, *arguments: str) -> None:
    """Set the script's Spark properties in the JVM, run it, and end its Spark context."""
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
    main(*sys.argv[1:])
