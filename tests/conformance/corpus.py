"""The statements of the corpus: corpus/<group>.sql, and those of the project itself.

A statement ends with a semicolon at the end of a line. Lines that start with `--` are comments. Two of them
change how the following statement is compared:

    -- tolerance 0.05     numbers may differ by this share, as those of approximate aggregates do
    -- unordered          the order of the rows is not determined, although there is an ORDER BY
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.saved_queries import saved_queries
from publish_catalog.view_sql import View, all_views
from tests import readme

_FOLDER: Final = Path(__file__).parent / "corpus"
_DIRECTIVE: Final = re.compile(r"-- (tolerance|unordered) ?([\d.]*)")


@dataclasses.dataclass(frozen=True)
class Statement:
    """A statement of a group; the tolerance is a share, 0 for equality."""

    group: str
    sql: str
    tolerance: float = 0
    unordered: bool = False


def read_corpus() -> tuple[Statement, ...]:
    """Return every statement, group by group in the order in which they must run."""
    written = (statement for path in sorted(_FOLDER.glob("*.sql")) for statement in _read(path))
    return (*written, *_of_the_project())


def _read(path: Path) -> Iterator[Statement]:
    lines: list[str] = []
    directives: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not lines and line.startswith("--"):
            directives.update(_DIRECTIVE.findall(line))
        elif line.strip() or lines:
            lines.append(line)
        if lines and line.endswith(";"):
            sql = "\n".join(lines)[:-1]
            yield Statement(path.stem, sql, float(directives.get("tolerance", 0)), "unordered" in directives)
            lines, directives = [], {}
    if lines:
        raise ValueError(f"{path}: the last statement has no semicolon at the end of its line: {lines[0]}")


def views() -> tuple[View, ...]:
    """The project's views, which are in the catalog before the statements run."""
    return all_views()


def _of_the_project() -> Iterator[Statement]:
    for view in views():
        yield Statement("views", view.query)
        yield Statement("views", f"SELECT * FROM {view.name}")
    for query in saved_queries():
        yield Statement("saved_queries", query.sql)
    for statement in readme.statements():
        # Their ORDER BY need not be total.
        yield Statement("documents", statement.strip(), unordered=True)
