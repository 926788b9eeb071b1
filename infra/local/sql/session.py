"""Runs statements on a lake's folder, as its work group would on Athena."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Final

from infra.local.athena.catalog import Table
from infra.local.athena.engine import Engine
from infra.local.athena.errors import QueryRefused
from infra.local.athena.folder_catalog import FolderCatalog
from infra.local.athena.output import Output
from infra.local.athena.statements.context import WorkGroup
from infra.local.athena.storage import FolderStorage
from infra.local.lake_folder import OBJECTS
from infra.local.problems import UserProblem

DATABASE: Final = "spotify_lake"
"""The database of the local stack: the template derives it from the stack's name."""
_RESULTS_BUCKET: Final = "*-athenaresultsbucket-*"
_PREPARED: Final = "prepared-statements.json"
_INTERRUPT_SECONDS: Final = 0.05


class QueryFailed(UserProblem):
    """A statement was refused, or failed; the message is Athena's reason."""


class LakeSession:
    """Runs statements on a lake's folder, one after the other.

    Each one sees the catalog as it was saved last: a run that is in progress does not change it before its
    day is published.

    Args:
        lake: the folder.
    """

    def __init__(self, lake: Path) -> None:
        self._lake = lake

    def run(self, sql: str) -> Output:
        """Run a statement. Ctrl-C cancels it.

        Raises:
            QueryFailed: with Athena's reason, or it is not valid text.
            LakeInUse: it changes the lake, and something else does so, too.
            LakeBroken: the lake's catalog cannot be read.
            KeyboardInterrupt: it was cancelled, and has ended.
        """
        _check_text(sql)
        engine = self._engine()
        # Signals come to the main thread, which DuckDB would keep.
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(engine.run, sql, DATABASE)
            try:
                return work.result()
            except QueryRefused as error:
                raise QueryFailed(str(error)) from error
            except KeyboardInterrupt:
                _cancel(engine, work)
                raise

    def tables(self) -> list[Table]:
        """Return the tables and views of the lake's database, sorted by name.

        Raises:
            LakeBroken: the lake's catalog cannot be read.
        """
        return FolderCatalog(self._lake).tables(DATABASE)

    def _engine(self) -> Engine:
        objects = self._lake / OBJECTS
        results = next((f"s3://{found.name}/results/" for found in objects.glob(_RESULTS_BUCKET)), "")
        work_group = WorkGroup(results, is_enforced=True, prepared=_Prepared(self._lake / _PREPARED))
        return Engine(FolderCatalog(self._lake), FolderStorage(objects), work_group)


def _check_text(sql: str) -> None:
    """Check that a statement is text; Python gives bytes that are not UTF-8 as lone surrogates."""
    try:
        sql.encode("utf-8")
    except UnicodeEncodeError as error:
        message = f"The statement is not valid UTF-8: see the text after {sql[: error.start]!r}."
        raise QueryFailed(message) from error


def _cancel(engine: Engine, work: Future[Output]) -> None:
    """End a running statement; an interrupt that comes before its query has begun is lost."""
    while not work.done():
        with suppress(KeyboardInterrupt):
            engine.interrupt()
            wait([work], timeout=_INTERRUPT_SECONDS)


class _Prepared:
    """Prepared statements in a file of the lake."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> str | None:
        """Return a statement's text."""
        return self._read().get(name)

    def put(self, name: str, text: str) -> None:
        """Keep a statement; one of the same name is replaced."""
        self._write({**self._read(), name: text})

    def remove(self, name: str) -> None:
        """Forget a statement."""
        self._write({each: text for each, text in self._read().items() if each != name})

    def names(self) -> Iterable[str]:
        """Return the names of all statements."""
        return self._read()

    def _read(self) -> dict[str, str]:
        try:
            found: dict[str, str] = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return found

    def _write(self, statements: dict[str, str]) -> None:
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps(statements, indent=1), "utf-8")
        temporary.replace(self._path)
