"""The JVM of the jobs: its archive of classes, and what happens when it does not start."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from infra.local.aws import spark_jvm
from infra.local.aws.spark_jvm import Spark, SparkNotStarted
from infra.local.aws.spark_script import SparkScript

# Like the JVM, it archives its classes when its standard input ends.
_JVM = "import sys; sys.stdin.read(); open(sys.argv[1], 'w').write('classes')"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def command(_folder: Path, new_archive: Path | None) -> list[str]:
        return [sys.executable, "-c", _JVM, str(new_archive or tmp_path / "none")]

    path = tmp_path / "cache" / "classes.jsa"
    monkeypatch.setattr(spark_jvm, "class_archive", lambda: path)
    monkeypatch.setattr(spark_jvm, "java_command", command)
    return path


def test_the_classes_that_the_jvm_loaded_are_kept_for_the_next_one(archive: Path) -> None:
    spark = Spark(keeps_classes=True)
    spark.start()
    spark.finished(0)
    assert not archive.exists()
    spark.close()
    assert archive.read_text() == "classes"
    archive.write_text("of an earlier run")
    again = Spark(keeps_classes=True)
    again.start()
    again.finished(0)
    again.close()
    assert archive.read_text() == "of an earlier run"


@pytest.mark.parametrize("exit_codes", [[], [1], [0, None], [0, -9]])
def test_a_jvm_in_which_no_script_succeeded_or_one_was_killed_leaves_no_archive(
    archive: Path, exit_codes: list[int | None]
) -> None:
    spark = Spark(keeps_classes=True)
    spark.start()
    for exit_code in exit_codes:
        spark.finished(exit_code)
    spark.close()
    assert not archive.exists()


def test_an_archive_is_used_by_the_jvms_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "classes.jsa"
    monkeypatch.setattr(spark_jvm, "class_archive", lambda: archive)
    assert "-XX:SharedArchiveFile" not in " ".join(spark_jvm.java_command(tmp_path))
    archive.touch()
    assert f"-XX:SharedArchiveFile={archive}" in spark_jvm.java_command(tmp_path)


def test_a_jvm_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_jvm, "_FAST_START", ("-XX:NoSuchFlag",))
    spark = Spark()
    with pytest.raises(SparkNotStarted, match="NoSuchFlag"):
        spark.run(SparkScript(tmp_path / "job.py", [], tmp_path / "spark", {}), {}, tmp_path / "log")
    spark.close()
