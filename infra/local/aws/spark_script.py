"""A PySpark script on this machine: its Spark properties, and the process that runs it on a running JVM.

This module has the cluster's configuration, and no session option that a job may want to choose.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra.local.java import java_home

DAEMON: Final = Path(__file__).with_name("spark_python") / "loaded_daemon.py"


@dataclass(frozen=True)
class SparkScript:
    """A script and its settings.

    Attributes:
        script: the Python file.
        arguments: its `sys.argv[1:]`.
        folder: an empty folder of this run, for its properties and working files.
        buckets: folder of each bucket that an `s3://` URI may name.
        py_files: zips and modules put on the Python path of driver and workers.
        configuration: further Spark settings (what Glue's `--conf` gives).
    """

    script: Path
    arguments: Sequence[str]
    folder: Path
    buckets: Mapping[str, Path]
    py_files: Sequence[Path] = ()
    configuration: Mapping[str, str] = field(default_factory=dict)

    def properties(self) -> dict[str, str]:
        """The Spark properties that `spark-submit` would set."""
        libraries = ",".join(map(str, self.py_files))
        return {
            "spark.app.name": self.script.name,
            **_cluster_settings(self.folder),
            **_s3_settings(self.buckets),
            **({"spark.files": libraries, "spark.submit.pyFiles": libraries} if libraries else {}),
            **self.configuration,
        }

    def command(self) -> list[str]:
        """The arguments of `spark_driver.main`, after writing the file with the properties."""
        self.folder.mkdir(parents=True)
        properties = self.folder / "properties.json"
        properties.write_text(json.dumps(self.properties()), encoding="utf-8")
        return [str(properties), str(self.script), *self.arguments]


def spark_environment(base: Mapping[str, str]) -> dict[str, str]:
    """The variables of a driver or a JVM: `base` and those that make Spark find its parts.

    Variables that would put this checkout on the Python path are removed: on Glue a job has its own code
    only.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SPARK_", "PYSPARK_", "PYTHON", "JDK_JAVA_", "JAVA_"))
    }
    return {
        **inherited,
        **base,
        "JAVA_HOME": str(java_home()),
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONUNBUFFERED": "1",  # so that the log's lines are in order
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def _cluster_settings(folder: Path) -> dict[str, str]:
    cores = max(2, os.cpu_count() or 2)
    return {
        "spark.master": f"local[{cores}]",
        "spark.default.parallelism": str(cores),
        "spark.sql.shuffle.partitions": str(cores),
        # A sort or an aggregation takes its memory in pages. Spark would make them 64 MB, for a few rows too.
        "spark.buffer.pageSize": "1m",
        # Listing folders as a Spark job pays on S3; on a disk it is slower than one thread.
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(cores),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.python.daemon.module": DAEMON.stem,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.eventLog.enabled": "false",
        "spark.local.dir": str(folder / "work"),
    }


def _s3_settings(buckets: Mapping[str, Path]) -> dict[str, str]:
    """Hadoop's mount table as file system of `s3://`, so that a job's URIs stay as they are on AWS."""
    settings = {}
    for scheme in ("s3", "s3a"):
        settings[f"spark.hadoop.fs.{scheme}.impl"] = (
            "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
        )
        settings[f"spark.hadoop.fs.viewfs.overload.scheme.target.{scheme}.impl"] = (
            "org.apache.hadoop.fs.RawLocalFileSystem"
        )
    for bucket, folder in buckets.items():
        settings[f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"] = folder.as_uri()
    return settings
