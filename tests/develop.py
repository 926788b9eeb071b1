"""The examples in docs/develop.md, as tests use them."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from infra.local.java import java_home

_DOCUMENT = (Path(__file__).parents[1] / "docs" / "develop.md").read_text("utf-8")


@dataclasses.dataclass(frozen=True)
class Section:
    """A section of the document."""

    text: str

    def blocks(self, language: str) -> list[str]:
        """The section's blocks of code in a language."""
        found = re.findall(rf"^ *```{language}\n(.*?)^ *```$", self.text, re.MULTILINE | re.DOTALL)
        return [textwrap.dedent(each) for each in found]

    def block(self, language: str) -> str:
        """The section's only block of code in a language."""
        (found,) = self.blocks(language)
        return found


def section(title: str) -> Section:
    """Return the section with a title."""
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", _DOCUMENT, re.MULTILINE | re.DOTALL)
    return Section(found)


def apply(diff: str, code: str) -> str:
    """Apply a diff without line numbers to a text that has its context exactly once."""
    lines = diff.splitlines()
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    assert code.count(before) == 1, before
    return code.replace(before, after)


def run_job(script: Path, raw: Path, curated: Path, day: str) -> None:
    """Run the Glue job with the code in its folder."""
    command = [sys.executable, str(script), "--run_id", "job-1", "--snapshot_date", day]
    command += ["--raw_uri", raw.as_uri(), "--curated_uri", curated.as_uri()]
    environment = {
        **os.environ,
        "JAVA_HOME": str(java_home()),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": "--master local[2] --conf spark.ui.enabled=false pyspark-shell",
        "PYTHONPATH": str(script.parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
