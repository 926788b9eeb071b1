"""Run a script on the Spark of a running JVM: the part of `spark-submit` that a warm JVM leaves to do.

warm_spark_driver.py <spark-defaults.conf> <zips, separated by commas> <script> <arguments>
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from pyspark import SparkContext


def main(defaults: str, libraries: str, script: str, *arguments: str) -> None:
    """Set the script's Spark properties in the JVM, run it, and end its Spark context."""
    settings = dict(line.split(" ", 1) for line in Path(defaults).read_text("utf-8").splitlines())
    if libraries:
        settings |= {"spark.files": libraries, "spark.submit.pyFiles": libraries}
    settings["spark.local.dir"] = str(Path(defaults).parents[1] / "work")
    SparkContext._ensure_initialized()  # connects to the JVM
    jvm = SparkContext._jvm
    assert jvm is not None
    properties = jvm.java.lang.System.getProperties()
    for name in list(properties.stringPropertyNames()):
        if name.startswith("spark."):
            properties.remove(name)
    for name, value in settings.items():
        properties.setProperty(name, value)
    jvm.org.apache.hadoop.fs.FileSystem.closeAll()  # they know the folders of the buckets
    sys.argv = [script, *arguments]
    sys.path[:1] = [str(Path(script).parent), *filter(None, libraries.split(","))]
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        context = SparkContext._active_spark_context
        if context is not None:
            context.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
