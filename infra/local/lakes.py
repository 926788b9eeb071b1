"""The lake folders of this machine: one for each source and mode of Spotify, so that they do not mix."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from infra.local.lake_folder import read_catalog
from infra.local.problems import UserProblem
from spotify_lake.contract.raw_zone import MANIFEST_NAME, manifests_prefix
from spotify_lake.rebuild.days import is_day

LAKES: Final = Path(".lake")
_OF_A_LAKE: Final = frozenset({"logs", "tmp"})
"""What a run that was stopped early may leave, apart from hidden files, before there is a lake."""


class NoLake(UserProblem):
    """There is nothing to ask or to rebuild: no run has filled the folder."""

    def __init__(self, folder: Path, problem: str = "There is no lake in {}") -> None:
        self.folder = folder
        super().__init__(
            f"{problem.format(folder)}: fill one with `make run` first, or name another with LAKE=<folder>."
        )


class NotALake(UserProblem):
    """A run would fill a folder that holds something else, or a file."""

    def __init__(self, folder: Path, problem: str) -> None:
        self.folder = folder
        super().__init__(f"{folder} {problem}. Name a lake, or an empty or new folder: LAKE=<folder>.")


def lake_to_fill(named: Path | None, default: str) -> Path:
    """Return the lake that was named, else the one of that name under `.lake`; nothing is created.

    Args:
        named: a folder; it may be new.
        default: the name of the lake for these runs, see `plan.Plan.lake_name`.

    Raises:
        NotALake: it is a file, or a folder with other files.
    """
    lake = named or LAKES / default
    if lake.exists() and not lake.is_dir():
        raise NotALake(lake, "is a file")
    found = (
        {each.name for each in lake.iterdir() if not each.name.startswith(".")} if lake.is_dir() else set()
    )
    if other := sorted(found - _OF_A_LAKE) if "s3" not in found else []:
        raise NotALake(lake, f"is not a lake: it holds {other[0]}")
    return lake


def lake_to_rebuild(named: Path | None) -> Path:
    """Return the lake that was named, else the one that changed last; nothing is created.

    Raises:
        NoLake: there is none.
    """
    lake = named or _changed_last()
    if not (lake / "s3").is_dir():
        raise NoLake(lake)
    return lake


def lake_to_query(named: Path | None) -> Path:
    """Return the lake that was named, else the one that changed last; nothing is created.

    Raises:
        NoLake: there is none, or it has no table.
        LakeBroken: its catalog cannot be read.
    """
    lake = lake_to_rebuild(named)
    if not any(read_catalog(lake).values()):
        raise NoLake(lake, "The lake {} has no table yet")
    return lake


def fetched_days(lake: Path) -> list[str]:
    """Return the days (YYYY-MM-DD) that have a complete fetch in a lake's raw zone, oldest first."""
    manifests = (lake / "s3").glob(f"*/{manifests_prefix()}snapshot_date=*/run_id=*/{MANIFEST_NAME}")
    days = {path.parent.parent.name.partition("=")[2] for path in manifests}
    return sorted(filter(is_day, days))


def _changed_last() -> Path:
    """The lake whose catalog was written last, as every command does when it ends; else where lakes are."""
    catalogs = sorted(LAKES.glob("*/catalog.json"), key=lambda path: path.stat().st_mtime)
    return catalogs[-1].parent if catalogs else LAKES
