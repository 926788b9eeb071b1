"""Make the archive of Spark's classes that lets a job's JVM start in half the time (AppCDS).

`python -m infra.local.aws.spark_classes` runs a small job once to see which classes Spark loads and stores
them parsed and verified: 40 s and 150 MB once, for each pair of Java and pyspark. Jobs use the archive when
it is there and run as well without it. An archive that does not fit is left unused by Java itself.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.local.aws.spark_submit import (
    TRAINING_JOB,
    SparkScript,
    class_archive,
    java_options,
    spark_classpath,
)
from infra.local.java import java_home


class ArchiveNotMade(RuntimeError):
    """Java could not make the archive; jobs still run, only slower to start."""

    def __init__(self, step: str, output: str) -> None:
        super().__init__(f"The archive of Spark's classes was not made ({step}): {output[-800:]}")


def make_archive() -> Path:
    """Make the archive unless it exists.

    Returns:
        Where it is.

    Raises:
        ArchiveNotMade: a step failed; the message ends with its output.
        JavaNotFound: there is no Java 17.
    """
    archive = class_archive()
    if archive.exists():
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as name:
        folder = Path(name)
        classes, made = folder / "classes.txt", folder / "classes.jsa"
        _list_classes(folder, classes)
        _dump(classes, made)
        made.replace(archive)
    return archive


def _list_classes(folder: Path, classes: Path) -> None:
    bucket = folder / "bucket"
    bucket.mkdir()
    training = SparkScript(
        script=TRAINING_JOB, arguments=["s3://bucket/"], folder=folder / "run", buckets={"bucket": bucket}
    )
    java, *rest = training.command()
    # Without sharing, the list also has the JDK's own classes, which a JDK may come without an archive of.
    command = [java, "-Xshare:off", f"-XX:DumpLoadedClassList={classes}", *rest]
    _run("training job", command, training.environment({}))


def _dump(classes: Path, archive: Path) -> None:
    command = [
        str(java_home() / "bin" / "java"),
        "-Xshare:dump",
        f"-XX:SharedClassListFile={classes}",
        f"-XX:SharedArchiveFile={archive}",
        "-Xlog:cds=off",
        *java_options(),
    ]
    _run("dump", command, {**os.environ, "CLASSPATH": spark_classpath()})


def _run(step: str, command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603  # the command is built here
        command, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        raise ArchiveNotMade(step, done.stdout + done.stderr)


if __name__ == "__main__":
    sys.stdout.write(f"{make_archive()}\n")
