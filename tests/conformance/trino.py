"""A Trino server with an empty catalog, for recording what it answers. It needs Maven and Java."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus, unquote_plus

import requests

RECORDER: Final = Path(__file__).parent / "recorder"
CATALOG: Final = "awsdatacatalog"
DATABASE: Final = "spotify_lake"
SESSION_START: Final = "2026-11-29T21:42:07.123Z"
"""What now() gives in every recorded statement, in the session's time zone UTC."""

_HEADERS: Final = {
    "X-Trino-User": "recorder",
    "X-Trino-Catalog": CATALOG,
    "X-Trino-Schema": DATABASE,
    "X-Trino-Time-Zone": "UTC",
    # Without it, types of dates and times are reported without their precision.
    "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME,PATH",
    # One thread per task, so that rows keep the order of the tables where the plan allows.
    "X-Trino-Session": "task_concurrency=1",
}


@dataclasses.dataclass(frozen=True)
class Failure:
    """The error of a statement. Line and column count from 1; None when Trino names no place."""

    name: str
    message: str
    line: int | None
    column: int | None


@dataclasses.dataclass(frozen=True)
class Answer:
    """Columns as pairs of name and type, and the rows as Trino's JSON has them; or the failure.

    `update` names what a statement that is not a query did, such as CREATE VIEW.
    """

    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[list[Any], ...] = ()
    update: str | None = None
    failure: Failure | None = None


@dataclasses.dataclass(frozen=True)
class Trino:
    """A running server."""

    address: str
    folder: Path
    """Holds functions.jsonl and conversions.jsonl."""
    prepared: dict[str, str] = dataclasses.field(default_factory=dict)
    """Prepared statements, which a client keeps for the server."""

    def run(self, statement: str) -> Answer:
        """Run one statement to its end."""
        page = self._page("POST", f"{self.address}/v1/statement", statement)
        columns: tuple[tuple[str, str], ...] = ()
        rows: list[list[Any]] = []
        while True:
            columns = columns or tuple((column["name"], column["type"]) for column in page.get("columns", ()))
            rows.extend(page.get("data", ()))
            if "error" in page:
                return Answer(failure=_failure(page["error"]))
            if "nextUri" not in page:
                return Answer(columns, tuple(rows), page.get("updateType"))
            page = self._page("GET", page["nextUri"])

    def execute(self, statement: str) -> None:
        """Run a statement that must not fail."""
        answer = self.run(statement)
        if answer.failure:
            raise ValueError(f"Trino refused {statement!r}: {answer.failure.message}")

    def _page(self, method: str, address: str, statement: str = "") -> dict[str, Any]:
        prepared = ",".join(f"{name}={quote_plus(sql)}" for name, sql in self.prepared.items())
        headers = {**_HEADERS, "X-Trino-Prepared-Statement": prepared}
        answer = requests.request(method, address, data=statement.encode(), headers=headers, timeout=60)
        answer.raise_for_status()
        if added := answer.headers.get("X-Trino-Added-Prepare"):
            name, _, sql = added.partition("=")
            self.prepared[name] = unquote_plus(sql)
        self.prepared.pop(answer.headers.get("X-Trino-Deallocated-Prepare", ""), None)
        page: dict[str, Any] = answer.json()
        return page


def _failure(error: dict[str, Any]) -> Failure:
    place = error.get("errorLocation") or {}
    return Failure(error["errorName"], error["message"], place.get("lineNumber"), place.get("columnNumber"))


@contextlib.contextmanager
def running() -> Iterator[Trino]:
    """Compile and start the server; stop it at the end."""
    compile_ = [
        "mvn",
        "-q",
        "-B",
        "compile",
        "dependency:build-classpath",
        "-Dmdep.outputFile=target/classpath",
    ]
    subprocess.run(compile_, cwd=RECORDER, check=True)
    classpath = f"target/classes:{(RECORDER / 'target/classpath').read_text()}"
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        command = ["java", "-Xmx4g", "-cp", classpath, "recorder.Recorder", folder, SESSION_START]
        server = subprocess.Popen(
            command, cwd=RECORDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert server.stdin
        assert server.stdout
        try:
            address = server.stdout.readline().strip()
            if not address:
                raise RuntimeError(f"Trino did not start: {(Path(folder) / 'log').read_text()[-3000:]}")
            yield Trino(address, Path(folder))
        finally:
            server.stdin.close()
            server.wait(timeout=120)
