"""Publishing on a file system in memory: after a failure tables are consistent and the next run recovers."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from spotify_lake.contract import tables
from spotify_lake.errors import PublishFailed, reason_of
from spotify_lake.publishing.publish import CuratedPaths, publish, recover
from spotify_lake.publishing.run_report import RunReport

CURATED = "s3://c/"
DAY = "2026-11-22"
PLACES = CuratedPaths(CURATED, "r2", DAY)
TABLES = (tables.TRACKS, tables.ALBUMS, tables.ARTISTS)
COLUMNS = {"tracks": [["track_id", "string"]], "playlists": [["playlist_id", "string"]]}
REPORT = RunReport(
    "r2",
    DAY,
    published_at="2026-11-22T06:30:00.000Z",
    tables={table.name: 2 for table in TABLES},
    columns={name: tuple((column, kind) for column, kind in each) for name, each in COLUMNS.items()},
)
COLUMNS_FILE = f"{CURATED}_runs/_columns.json"
UNLIMITED = 10**9
STORES = ("disk", "S3")


class Killed(BaseException):
    """The process was killed, so no exception handler runs."""


class MemoryFiles:
    """Texts by path. Each operation on one file is atomic, as on S3 or on a disk.

    `operations_left` operations succeed, and the process is killed at the next one.
    """

    def __init__(self, content: dict[str, str], store: str) -> None:
        self.content = dict(content)
        self.renames = store == "disk"
        self.operations_left = UNLIMITED

    def exists(self, uri: str) -> bool:
        return bool(self._under(uri))

    def names(self, uri: str) -> list[str]:
        root = uri.rstrip("/") + "/"
        return sorted({path[len(root) :].split("/")[0] for path in self.content if path.startswith(root)})

    def read_text(self, uri: str) -> str:
        return self.content[uri]

    def replace(self, source: str, target: str) -> None:
        self._count()
        self.content[target] = self.content[source]
        if self.renames:
            del self.content[source]

    def delete(self, uri: str) -> None:
        for path in self._under(uri):
            self._count()
            del self.content[path]

    def write_text(self, uri: str, text: str) -> None:
        self._count()
        self.content[uri] = text[: len(text) // 2]  # on a disk, readers see a text while it is being written
        self._count()
        self.content[uri] = text

    def _count(self) -> None:
        if self.operations_left == 0:
            raise Killed
        self.operations_left -= 1

    def _under(self, uri: str) -> list[str]:
        root = uri.rstrip("/")
        return [path for path in self.content if path == root or path.startswith(f"{root}/")]


def staged() -> dict[str, str]:
    return {f"{PLACES.staged(table.name)}/{table.name}.parquet": "new" for table in TABLES}


def tables_with(rows: str) -> dict[str, str]:
    return {PLACES.file(table.name): rows for table in TABLES}


def published() -> dict[str, str]:
    columns = json.dumps({"tracks": COLUMNS["tracks"]}, indent=1)
    return tables_with("new") | {PLACES.published: REPORT.to_json(), COLUMNS_FILE: columns}


def readable(files: MemoryFiles) -> dict[str, str]:
    """What a reader of the tables sees."""
    return {path: text for path, text in files.content.items() if not path.startswith(f"{CURATED}_")}


def ready_to_publish(store: str) -> MemoryFiles:
    return MemoryFiles(staged() | tables_with("old"), store)


def half_published(store: str) -> MemoryFiles:
    """The files of a run that was killed after it had committed and replaced the first of its tables."""
    for operations in range(number_of_operations(publish_run, ready_to_publish(store))):
        files = ready_to_publish(store)
        run_until_killed(publish_run, files, operations)
        if "new" in readable(files).values():
            return files
    pytest.fail("no kill leaves the first table replaced and the others not")


def publish_run(files: MemoryFiles) -> None:
    publish(files, PLACES, REPORT)


def recover_runs(files: MemoryFiles) -> None:
    recover(files, CURATED)


def number_of_operations(work: Callable[[MemoryFiles], None], files: MemoryFiles) -> int:
    work(files)
    return UNLIMITED - files.operations_left


def run_until_killed(work: Callable[[MemoryFiles], None], files: MemoryFiles, operations: int) -> None:
    files.operations_left = operations
    with pytest.raises(Killed):
        work(files)
    files.operations_left = UNLIMITED


def kill_points(
    work: Callable[[MemoryFiles], None], prepare: Callable[[str], MemoryFiles]
) -> list[tuple[str, int]]:
    """Every operation at which the process can be killed, on each kind of store."""
    return [
        (store, operations)
        for store in STORES
        for operations in range(number_of_operations(work, prepare(store)))
    ]


@pytest.fixture(params=STORES)
def files(request: pytest.FixtureRequest) -> MemoryFiles:
    return ready_to_publish(request.param)


def test_a_partition_holds_only_the_published_file_and_the_report_is_written(files: MemoryFiles) -> None:
    publish_run(files)
    assert files.content == published()


def test_files_of_other_names_are_deleted_from_the_partition(files: MemoryFiles) -> None:
    files.content[f"{PLACES.target('tracks')}/part-9.parquet"] = "older"
    publish_run(files)
    assert files.content == published()


def test_the_columns_of_published_tables_replace_theirs_and_keep_those_of_other_tables(
    files: MemoryFiles,
) -> None:
    files.content[COLUMNS_FILE] = json.dumps({"albums": [["b", "int"]], "tracks": [["a", "int"]]})
    publish_run(files)
    assert json.loads(files.content[COLUMNS_FILE]) == {"albums": [["b", "int"]], "tracks": COLUMNS["tracks"]}


@pytest.mark.parametrize(("store", "operations"), kill_points(publish_run, ready_to_publish))
def test_the_next_run_completes_a_killed_run_that_had_committed_and_discards_any_other(
    store: str, operations: int
) -> None:
    files = ready_to_publish(store)
    run_until_killed(publish_run, files, operations)
    assert readable(files).keys() == tables_with("old").keys()
    assert set(readable(files).values()) <= {"old", "new"}
    if files.exists(PLACES.published):
        assert readable(files) == tables_with("new")
    is_committed = files.exists(PLACES.commit) or files.exists(PLACES.published)
    recover_runs(files)
    assert files.content == (published() if is_committed else tables_with("old"))


@pytest.mark.parametrize(("store", "operations"), kill_points(recover_runs, half_published))
def test_a_recovery_that_is_killed_is_completed_by_the_next_one(store: str, operations: int) -> None:
    files = half_published(store)
    run_until_killed(recover_runs, files, operations)
    assert set(readable(files).values()) <= {"old", "new"}
    recover_runs(files)
    assert files.content == published()


def test_a_table_that_cannot_be_replaced_is_named_and_the_next_run_replaces_it(
    files: MemoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    del files.content[PLACES.file("albums")]
    replace = files.replace

    def refuse_albums(source: str, target: str) -> None:
        if target == PLACES.file("albums"):
            message = "disk full"
            raise OSError(message)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files, "replace", refuse_albums)
        with pytest.raises(PublishFailed) as failure:
            publish_run(files)
    assert (failure.value.table, failure.value.reason) == ("albums", "disk full")
    assert recover(files, CURATED) == ["r2"]
    assert files.content == published()


def test_staged_files_without_a_commit_are_deleted_and_the_tables_stay(files: MemoryFiles) -> None:
    assert recover(files, CURATED) == ["r2"]
    assert files.content == tables_with("old")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("disk full", "disk full"),
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
    failure = str(PublishFailed("tracks", reason_of(OSError(message))))
    assert "tracks" in failure
    assert reason in failure
    assert "\n" not in failure
