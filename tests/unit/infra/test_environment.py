"""An environment is installed once from its lock, and nothing else is changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra import environment
from infra.environment import MARK, EnvironmentRefused, prepare
from tests.project import ROOT


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text("one==1 \\\n    --hash=sha256:00\n", "utf-8")
    return path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The locks that were installed."""
    found: list[Path] = []

    def install(folder: Path, lock: Path) -> str:
        found.append(lock)
        return "uv"

    monkeypatch.setattr(environment, "_make", lambda folder: folder.mkdir(exist_ok=True))
    monkeypatch.setattr(environment, "_install", install)
    return found


def test_an_environment_is_installed_once(tmp_path: Path, lock: Path, installed: list[Path]) -> None:
    prepare(tmp_path / "env", [lock])
    prepare(tmp_path / "env", [lock])
    assert installed == [lock]


def test_a_new_time_stamp_of_the_lock_does_not_cause_an_installation(
    tmp_path: Path, lock: Path, installed: list[Path]
) -> None:
    prepare(tmp_path / "env", [lock])
    os.utime(lock, (2**31, 2**31))
    prepare(tmp_path / "env", [lock])
    assert installed == [lock]


def test_a_changed_lock_is_installed(tmp_path: Path, lock: Path, installed: list[Path]) -> None:
    prepare(tmp_path / "env", [lock])
    lock.write_text("one==2 \\\n    --hash=sha256:00\n", "utf-8")
    prepare(tmp_path / "env", [lock])
    assert installed == [lock, lock]


def test_an_environment_with_more_packages_is_used_as_well(
    tmp_path: Path, lock: Path, installed: list[Path]
) -> None:
    larger = tmp_path / "requirements-dev.lock"
    larger.write_text("two==1\n", "utf-8")
    prepare(tmp_path / "env", [larger])
    prepare(tmp_path / "env", [lock, larger])
    assert installed == [larger]
    prepare(tmp_path / "other", [lock])
    prepare(tmp_path / "other", [larger])
    assert installed == [larger, lock, larger]


def test_an_environment_whose_installation_failed_is_installed_again(
    tmp_path: Path, lock: Path, installed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path / "env", [lock])
    lock.write_text("one==2\n", "utf-8")

    def fail(folder: Path, lock: Path) -> str:
        raise EnvironmentRefused("no network")

    with monkeypatch.context() as patch:
        patch.setattr(environment, "_install", fail)
        with pytest.raises(EnvironmentRefused, match="no network"):
            prepare(tmp_path / "env", [lock])
    lock.write_text("one==1 \\\n    --hash=sha256:00\n", "utf-8")
    prepare(tmp_path / "env", [lock])
    assert installed == [lock, lock]


def test_a_symbolic_link_is_refused_and_its_folder_is_unchanged(tmp_path: Path, lock: Path) -> None:
    somewhere_else = tmp_path / "precious"
    somewhere_else.mkdir()
    (somewhere_else / "file").touch()
    (tmp_path / ".venv").symlink_to(somewhere_else)
    done = subprocess.run(
        [sys.executable, ROOT / "infra" / "environment.py", tmp_path / ".venv", lock],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert str(somewhere_else) in done.stderr
    assert "rm " in done.stderr
    assert [path.name for path in somewhere_else.iterdir()] == ["file"]


def test_pip_installs_where_uv_cannot(
    tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(environment, "_make", lambda folder: folder.mkdir())
    monkeypatch.setattr(environment, "_succeeds", lambda command: False)
    monkeypatch.setattr(environment, "_run", lambda command: commands.append(list(map(str, command))))
    prepare(tmp_path / "env", [lock])
    assert commands[-1][1:4] == ["-m", "pip", "install"]
    assert commands[-1][-1] == str(lock)
    assert "installed by pip" in capsys.readouterr().out
    assert (tmp_path / "env" / MARK).exists()


def test_every_lock_contains_the_uv_that_installs_it() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        (block,) = environment._UV.findall(lock.read_text("utf-8"))
        assert "--hash=sha256:" in block


def test_the_packages_of_make_run_are_part_of_those_of_make_test() -> None:
    def pinned(name: str) -> set[str]:
        lines = (ROOT / name).read_text("utf-8").splitlines()
        return {line.split(" ")[0] for line in lines if "==" in line and not line.startswith(" ")}

    assert pinned("requirements.lock") < pinned("requirements-dev.lock")
