"""A lake's folder: its lock, and the file with the catalog.

```
<lake>/s3/<bucket>/<key>          the objects, as files that any tool can read
<lake>/catalog.json               tables, views and partitions of the Glue catalog
<lake>/prepared-statements.json   those of `make query` and `make shell`
<lake>/.shell-history             the lines that were typed in `make shell`
<lake>/.lock                      locked by the command that changes the lake, with its process id
```
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from infra.local.problems import UserProblem

OBJECTS: Final = "s3"
_CATALOG: Final = "catalog.json"
_LOCK: Final = ".lock"
_VERSION: Final = 1


class LakeBroken(UserProblem):
    """A file of the lake cannot be used.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"The lake file {path} cannot be used: {reason}. Repair it, or use another lake: LAKE=<folder>."
        )


class LakeInUse(UserProblem):
    """Another command has the lake folder open.

    Attributes:
        process: its process id; "" if that is not known.
    """

    def __init__(self, lake: Path, process: str = "") -> None:
        self.process = process
        which = f" (process {process})" if process else ""
        super().__init__(
            f"The lake {lake} is in use by another command{which}. Wait for it, or use another folder: "
            "LAKE=<folder>."
        )


class LakeUnusable(UserProblem):
    """The lake folder cannot be created or written, for example because a file has its name."""

    def __init__(self, lake: Path, reason: str) -> None:
        super().__init__(
            f"The lake {lake} cannot be used: {reason}. Use a folder that can be written: LAKE=<folder>."
        )


def make_lake_folder(lake: Path) -> None:
    """Make a lake's folder, with its lock file, unless it exists.

    Raises:
        LakeUnusable: it is not a folder, or cannot be written.
    """
    try:
        lake.mkdir(parents=True, exist_ok=True)
        (lake / _LOCK).open("a").close()
    except OSError as error:
        raise LakeUnusable(lake, error.strerror or str(error)) from error


@contextlib.contextmanager
def only_user_of(lake: Path) -> Iterator[None]:
    """Lock a lake's folder, which is made if need be, so that no other command changes it.

    Raises:
        LakeInUse: another command has the folder open.
        LakeUnusable: it is not a folder, or cannot be written.
    """
    make_lake_folder(lake)
    with (lake / _LOCK).open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LakeInUse(lake, lock.read()) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def read_catalog(lake: Path) -> dict[str, Any]:
    """Read the saved catalog: by database and table, `table` (a TableInput) and `partitions`.

    Raises:
        LakeBroken: the file cannot be read; names it and the fix.
    """
    path = lake / _CATALOG
    try:
        catalog = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise LakeBroken(path, str(error)) from error
    if not isinstance(catalog, dict) or catalog.get("version") != _VERSION:
        raise LakeBroken(path, f"it is not a catalog of version {_VERSION}")
    databases = catalog.get("databases")
    if not isinstance(databases, dict) or not all(map(_is_database, databases.values())):
        raise LakeBroken(path, "it does not have databases with tables and partitions")
    return databases


def write_catalog(lake: Path, databases: dict[str, Any]) -> None:
    """Replace the saved catalog atomically: a reader sees the old one or the new one."""
    text = json.dumps({"version": _VERSION, "databases": databases}, indent=1, sort_keys=True)
    lake.mkdir(parents=True, exist_ok=True)
    temporary = (lake / _CATALOG).with_suffix(".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(lake / _CATALOG)


def _is_database(tables: Any) -> bool:
    return isinstance(tables, dict) and all(
        isinstance(saved, dict)
        and isinstance(saved.get("table"), dict)
        and isinstance(saved.get("partitions"), list)
        and all(isinstance(partition, dict) and "Values" in partition for partition in saved["partitions"])
        for saved in tables.values()
    )
