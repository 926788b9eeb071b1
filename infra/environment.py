"""Install a lock file into a virtual environment.

`python3.11 infra/environment.py FOLDER LOCK [OTHER_LOCK ...]` does nothing when the environment holds what
LOCK, or one of the other locks, says now. uv installs exactly what the lock names, in about half a minute;
pip does it where uv cannot be installed. Only the standard library is used: nothing is installed yet.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

MARK = ".installed"
_UV = re.compile(r"^uv==.*(?:\n    .*)*", re.MULTILINE)


class EnvironmentRefused(Exception):
    """The environment cannot be prepared; the message says why and what to do."""


def prepare(folder: Path, locks: Sequence[Path]) -> None:
    """Install the first lock into a virtual environment, unless one of the locks is installed already.

    Args:
        folder: the environment; it is made when it does not exist.
        locks: requirement files with hashes. The first is what is needed, the others contain it.

    Raises:
        EnvironmentRefused: `folder` is a symbolic link, or pip failed.
    """
    if folder.is_symlink():
        raise EnvironmentRefused(
            f"{folder} is a symbolic link to {folder.readlink()}. An environment made there would "
            f"replace what is in that folder: remove the link (rm {folder}) and start again."
        )
    mark = folder / MARK
    if mark.is_file() and mark.read_text("utf-8") in {_fingerprint(lock) for lock in locks}:
        return
    started = time.monotonic()
    lock = locks[0]
    _say(f"Preparing {folder} (once; half a minute) ...")
    mark.unlink(missing_ok=True)
    _make(folder)
    installer = _install(folder, lock)
    mark.write_text(_fingerprint(lock), "utf-8")
    _say(f"{folder} holds what {lock} names: installed by {installer} in {time.monotonic() - started:.0f} s.")


def _fingerprint(lock: Path) -> str:
    """What an environment made from a lock is marked with: its content counts, not its time stamp."""
    return f"{lock.name} {hashlib.sha256(lock.read_bytes()).hexdigest()}\n"


def _make(folder: Path) -> None:
    """Make the environment; one whose Python still runs is kept, because only the packages differ."""
    python = folder / "bin" / "python"
    if python.exists() and _succeeds([python, "-c", "import sys; sys.exit(sys.version_info[:2] != (3, 11))"]):
        return
    _run([sys.executable, "-m", "venv", "--clear", folder])


def _install(folder: Path, lock: Path) -> str:
    """Install exactly what a lock names, and return what installed it."""
    python, uv = folder / "bin" / "python", folder / "bin" / "uv"
    pip: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        alone = Path(scratch) / "uv.txt"
        alone.write_text("\n".join(_UV.findall(lock.read_text("utf-8"))), "utf-8")
        has_uv = _succeeds([*pip, "-r", alone]) and _succeeds([uv, "--version"])
    if has_uv and _succeeds([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, lock]):
        return "uv"
    _say("uv cannot install here; pip does, which takes two to three minutes ...")
    _run([sys.executable, "-m", "venv", "--clear", folder])
    _run([*pip, "-r", lock])
    return "pip"


def _succeeds(command: Sequence[str | Path]) -> bool:
    done = subprocess.run(  # noqa: S603  # the commands are built here
        list(map(str, command)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stderr[-2000:])
    return not done.returncode


def _run(command: Sequence[str | Path]) -> None:
    if subprocess.run(list(map(str, command)), check=False).returncode:  # noqa: S603  # built here
        raise EnvironmentRefused(f"This command failed: {' '.join(map(str, command))}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        prepare(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
    except EnvironmentRefused as refused:
        sys.exit(str(refused))
