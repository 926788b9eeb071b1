"""Publishing: all tables or none, on a file system kept in memory."""

from __future__ import annotations

import json

import pytest

from spotify_lake import tables
from spotify_lake.errors import PublishFailed
from spotify_lake.publish import Places, publish, recover

DAY = "2026-11-22"
PLACES = Places("s3://c/", "r2", DAY)
TABLES = (tables.TRACKS, tables.ALBUMS, tables.ARTISTS)


class Refusal(OSError):
    """The file system says no."""


class MemoryFiles:
    """A tree of paths with texts; refuses or dies at a chosen move."""

    def __init__(self, content: dict[str, str]) -> None:
        self.content = dict(content)
        self.moves_left = 10**9
        self.killed = False

    def exists(self, uri: str) -> bool:
        return bool(self._under(uri))

    def names(self, uri: str) -> list[str]:
        root = uri.rstrip("/") + "/"
        return sorted({path[len(root) :].split("/")[0] for path in self.content if path.startswith(root)})

    def move(self, source: str, target: str) -> None:
        if self.killed:
            raise KeyboardInterrupt
        if self.moves_left == 0:
            self.moves_left = 10**9  # only the one move is refused
            raise Refusal(f"no rename of {source}")
        self.moves_left -= 1
        assert not self.exists(target), f"{target} is in the way"
        for path in self._under(source):
            self.content[target.rstrip("/") + path[len(source.rstrip("/")) :]] = self.content.pop(path)

    def delete(self, uri: str) -> None:
        for path in self._under(uri):
            del self.content[path]

    def write_text(self, uri: str, text: str) -> None:
        self.content[uri] = text

    def _under(self, uri: str) -> list[str]:
        root = uri.rstrip("/")
        return [path for path in self.content if path == root or path.startswith(f"{root}/")]


def staged(rows: str = "new") -> dict[str, str]:
    return {f"{PLACES.staged(table.name)}/part-1.parquet": rows for table in TABLES}


def standing() -> dict[str, str]:
    return {f"{PLACES.target(table.name)}/part-0.parquet": "old" for table in TABLES}


def test_published_tables_stand_alone_in_their_partition_and_the_report_says_so() -> None:
    files = MemoryFiles(staged() | standing())
    publish(files, PLACES, TABLES, {"run_id": "r2"})
    assert files.content == {
        **{f"s3://c/{table.name}/snapshot_date={DAY}/part-1.parquet": "new" for table in TABLES},
        f"s3://c/_runs/snapshot_date={DAY}/run_id=r2/_published.json": json.dumps({"run_id": "r2"}, indent=1),
    }


@pytest.mark.parametrize("moves", range(6))
def test_a_refused_move_leaves_the_former_state(moves: int) -> None:
    files = MemoryFiles(staged() | standing())
    files.moves_left = moves
    with pytest.raises(PublishFailed, match="the former state stands"):
        publish(files, PLACES, TABLES, {})
    left = {path: text for path, text in files.content.items() if "/_staging/" not in path}
    assert left == standing()


@pytest.mark.parametrize("moves", range(3))
def test_a_refused_move_on_a_new_day_leaves_no_table_of_it(moves: int) -> None:
    files = MemoryFiles(staged())
    files.moves_left = moves
    with pytest.raises(PublishFailed):
        publish(files, PLACES, TABLES, {})
    assert [path for path in files.content if "/_staging/" not in path] == []


@pytest.mark.parametrize("moves", range(7))
def test_after_a_run_was_killed_between_moves_the_next_one_finds_the_former_state(moves: int) -> None:
    files = MemoryFiles(staged() | standing())
    alive = files.move

    def move(source: str, target: str) -> None:
        nonlocal moves
        if moves == 0:
            files.killed = True
        moves -= 1
        alive(source, target)

    files.move = move  # type: ignore[method-assign]  # the kill comes from outside the class
    try:
        publish(files, PLACES, TABLES, {})
    except KeyboardInterrupt:
        files.killed = False
        assert recover(files, "s3://c/") == ["r2"]
        assert files.content == standing()
    else:
        assert recover(files, "s3://c/") == []
        assert f"s3://c/tracks/snapshot_date={DAY}/part-1.parquet" in files.content


def test_staging_left_after_the_report_was_written_is_cleared_and_the_tables_stay() -> None:
    former = {f"{PLACES.former('tracks')}/part-0.parquet": "old"}
    new = {f"{PLACES.target('tracks')}/part-1.parquet": "new", PLACES.published: "{}"}
    files = MemoryFiles(former | new)
    recover(files, "s3://c/")
    assert files.content == new
