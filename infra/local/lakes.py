"""The lake folders of this machine: one for each world that runs read, so that they do not mix."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from infra.local.aws import lake as saved

LAKES: Final = Path(".lake")


class NoLake(RuntimeError):
    """There is nothing to ask or to rebuild: no run has filled the folder."""

    def __init__(self, folder: Path, problem: str = "There is no lake in {}") -> None:
        self.folder = folder
        super().__init__(
            f"{problem.format(folder)}: fill one with `make run` first, or name another with LAKE=<folder>."
        )


def lake_of(source: str) -> Path:
    """Return the lake of the runs that read a source, see `plan.Plan.source`."""
    return LAKES / source


def lake_to_rebuild(named: Path | None) -> Path:
    """Return the lake that was named, else the one used last; nothing is created.

    Raises:
        NoLake: there is none.
    """
    lake = named or _used_last()
    if not (lake / "s3").is_dir():
        raise NoLake(lake)
    return lake


def lake_to_query(named: Path | None) -> Path:
    """Return the lake that was named, else the one used last; nothing is created.

    Raises:
        NoLake: there is none, or it has no table.
        LakeBroken: its catalog cannot be read.
    """
    lake = lake_to_rebuild(named)
    if not saved.has_tables(lake):
        raise NoLake(lake, "The lake {} has no table yet")
    return lake


def _used_last() -> Path:
    """The lake whose catalog was written last, as every command does when it ends; else where lakes are."""
    catalogs = sorted(LAKES.glob("*/catalog.json"), key=lambda path: path.stat().st_mtime)
    return catalogs[-1].parent if catalogs else LAKES
