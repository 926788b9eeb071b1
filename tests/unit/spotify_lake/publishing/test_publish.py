"""Publishing on a file system kept in memory: whatever goes wrong, whole files and a way on."""

from __future__ import annotations

import contextlib
import json

import pytest

from spotify_lake.contract import tables
from spotify_lake.errors import PublishFailed, reason_of
from spotify_lake.publishing.publish import CuratedPaths, publish, recover
from spotify_lake.publishing.run_report import RunReport

DAY = "2026-11-22"
PLACES = CuratedPaths("s3://c/", "r2", DAY)
TABLES = (tables.TRACKS, tables.ALBUMS, tables.ARTISTS)
COLUMNS = {"tracks": [["track_id", "string"]], "playlists": [["playlist_id", "string"]]}
REPORT = RunReport(
    "r2",
    DAY,
    published_at="2026-11-22T06:30:00.000Z",
    tables={table.name: 2 for table in TABLES},
    columns={name: tuple((column, kind) for column, kind in each) for name, each in COLUMNS.items()},
)
NOTED = "s3://c/_runs/_columns.json"


class Killed(BaseException):
    """The process is no more: no handler runs."""


class MemoryFiles:
    """A tree of paths with texts, each operation on one file at one stroke, as on S3 or on a disk.

    `alive_for` operations succeed; the next one fails with `failure`, and after a kill all later ones do.
    """

    def __init__(self, content: dict[str, str], *, renames: bool) -> None:
        self.content = dict(content)
        self.renames = renames
        self.alive_for = 10**9
        self.failure: BaseException = Killed()

    def exists(self, uri: str) -> bool:
        return bool(self._under(uri))

    def names(self, uri: str) -> list[str]:
        root = uri.rstrip("/") + "/"
        return sorted({path[len(root) :].split("/")[0] for path in self.content if path.startswith(root)})

    def read_text(self, uri: str) -> str:
        return self.content[uri]

    def replace(self, source: str, target: str) -> None:
        self._step()
        self.content[target] = self.content[source]
        if self.renames:
            del self.content[source]

    def delete(self, uri: str) -> None:
        for path in self._under(uri):
            self._step()
            del self.content[path]

    def write_text(self, uri: str, text: str) -> None:
        self._step()
        self.content[uri] = text[: len(text) // 2]  # a disk shows a text while it is being written
        self._step()
        self.content[uri] = text

    def _step(self) -> None:
        if self.alive_for == 0:
            if not isinstance(self.failure, Killed):
                self.alive_for = 10**9  # only the one operation is refused
            raise self.failure
        self.alive_for -= 1

    def _under(self, uri: str) -> list[str]:
        root = uri.rstrip("/")
        return [path for path in self.content if path == root or path.startswith(f"{root}/")]


def staged() -> dict[str, str]:
    return {f"{PLACES.staged(table.name)}/{table.name}.parquet": "new" for table in TABLES}


def standing(rows: str = "old") -> dict[str, str]:
    return {PLACES.file(table.name): rows for table in TABLES}


def published() -> dict[str, str]:
    columns = json.dumps({"tracks": COLUMNS["tracks"]}, indent=1)
    return standing("new") | {PLACES.published: REPORT.to_json(), NOTED: columns}


def readable(files: MemoryFiles) -> dict[str, str]:
    """What a reader of the tables sees."""
    return {path: text for path, text in files.content.items() if not path.startswith("s3://c/_")}


@pytest.fixture(params=[True, False], ids=["on a disk", "on S3"])
def files(request: pytest.FixtureRequest) -> MemoryFiles:
    return MemoryFiles(staged() | standing(), renames=request.param)


def test_published_tables_stand_alone_in_their_partition_and_the_report_says_so(files: MemoryFiles) -> None:
    publish(files, PLACES, REPORT)
    assert files.content == published()


def test_files_of_another_name_go_once_the_new_one_stands(files: MemoryFiles) -> None:
    files.content[f"{PLACES.target('tracks')}/part-9.parquet"] = "older"
    publish(files, PLACES, REPORT)
    assert files.content == published()


def test_the_columns_of_what_is_published_are_noted_beside_those_of_other_tables(files: MemoryFiles) -> None:
    files.content[NOTED] = json.dumps({"albums": [["b", "int"]], "tracks": [["a", "int"]]})
    publish(files, PLACES, REPORT)
    assert json.loads(files.content[NOTED]) == {"albums": [["b", "int"]], "tracks": COLUMNS["tracks"]}


@pytest.mark.parametrize("steps", range(60))
def test_a_run_that_is_killed_leaves_whole_files_and_the_next_one_ends_it_or_forgets_it(
    files: MemoryFiles, steps: int
) -> None:
    files.alive_for = steps
    with contextlib.suppress(Killed):
        publish(files, PLACES, REPORT)
    assert readable(files).keys() == standing().keys()
    assert set(readable(files).values()) <= {"old", "new"}
    is_committed = files.exists(PLACES.commit) or files.exists(PLACES.published)
    files.alive_for = 10**9
    recover(files, "s3://c/")
    assert files.content == (published() if is_committed else standing())


@pytest.mark.parametrize("steps", range(0, 30, 3))
def test_a_recovery_that_is_killed_itself_is_recovered_from(files: MemoryFiles, steps: int) -> None:
    files.alive_for = 5  # committed, and the first table is in its place
    with pytest.raises(Killed):
        publish(files, PLACES, REPORT)
    files.alive_for = steps
    with contextlib.suppress(Killed):
        recover(files, "s3://c/")
    assert set(readable(files).values()) <= {"old", "new"}
    files.alive_for = 10**9
    recover(files, "s3://c/")
    assert files.content == published()


def test_a_file_that_cannot_be_put_in_its_place_is_named_and_the_next_run_puts_it_there(
    files: MemoryFiles,
) -> None:
    del files.content[PLACES.file("albums")]
    put = files.replace

    def replace(source: str, target: str) -> None:
        if target == PLACES.file("albums") and not files.exists("s3://c/mended"):
            message = "not today"
            raise OSError(message)
        put(source, target)

    files.replace = replace  # type: ignore[method-assign]  # refused from outside the class
    with pytest.raises(PublishFailed, match=r"publishing albums failed .not today.; every table is whole"):
        publish(files, PLACES, REPORT)
    files.content["s3://c/mended"] = ""
    assert recover(files, "s3://c/") == ["r2"]
    assert files.content == {**published(), "s3://c/mended": ""}


def test_staging_without_a_commit_is_cleared_and_the_tables_stay(files: MemoryFiles) -> None:
    assert recover(files, "s3://c/") == ["r2"]
    assert files.content == standing()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("not today", "not today"),
        (
            "An error occurred while calling o55.rename.\n: java.io.IOException: No space left\n\tat x",
            "java.io.IOException: No space left",
        ),
        ("two\nlines", "two"),
        ("", "OSError"),
    ],
)
def test_an_error_is_reported_in_one_line(message: str, reason: str) -> None:
    assert reason_of(OSError(message)) == reason
    assert str(PublishFailed("tracks", reason_of(OSError(message)))).startswith(
        f"publishing tracks failed ({reason});"
    )
