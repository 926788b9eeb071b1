"""A tree of text files in memory with the job's read operations."""

from __future__ import annotations


class MemoryReports(dict[str, str]):
    """Texts by their URI."""

    def exists(self, uri: str) -> bool:
        return any(path == uri or path.startswith(f"{uri.rstrip('/')}/") for path in self)

    def names(self, uri: str) -> list[str]:
        root = f"{uri.rstrip('/')}/"
        return sorted({path.removeprefix(root).split("/")[0] for path in self if path.startswith(root)})

    def read_text(self, uri: str) -> str:
        return self[uri]

    def write_text(self, uri: str, text: str) -> None:
        self[uri] = text
