"""Publishing on this machine's disk, in a process that a test kills."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from spotify_lake.contract import tables
from spotify_lake.publishing.publish import CuratedPaths, publish
from spotify_lake.publishing.run_report import RunReport

DAY = "2026-11-22"
SIZE = 200_000


class DiskFiles:
    """The operations of `publish.Files` on a POSIX disk. URIs are paths."""

    def exists(self, uri: str) -> bool:
        return Path(uri).exists()

    def names(self, uri: str) -> list[str]:
        return sorted(path.name for path in Path(uri).iterdir()) if Path(uri).is_dir() else []

    def read_text(self, uri: str) -> str:
        return Path(uri).read_text("utf-8")

    def write_text(self, uri: str, text: str) -> None:
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        Path(uri).write_text(text, "utf-8")

    def replace(self, source: str, target: str) -> None:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(source).replace(target)

    def delete(self, uri: str) -> None:
        path = Path(uri)
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def main(root: str) -> None:
    """Stage a file of "2"s for every table, print a line, and publish them."""
    places = CuratedPaths(root, "r2", DAY)
    for table in tables.TABLES:
        path = Path(places.staged(table.name)) / f"{table.name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"2" * SIZE)
    sys.stdout.write("staged\n")
    sys.stdout.flush()
    report = RunReport("r2", DAY, published_at="", tables={table.name: 1 for table in tables.TABLES})
    publish(DiskFiles(), places, report)


if __name__ == "__main__":
    main(sys.argv[1])
