"""Queries that are used as values: each is run first, so that its value can select partitions.

`snapshot_date = (SELECT max(snapshot_date) FROM playlists)` becomes `snapshot_date = '2026-11-22'`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from infra.local.athena import tree

_NOT_CONSTANT: Final = ("array", "map", "row", "char", "interval day to second", "interval year to month")
Evaluate = Callable[[tree.Query], tuple[Any, int]]
"""Gives the only value of a query, None if it has no row, and the bytes scanned."""


def with_values(query: tree.Query, evaluate: Evaluate) -> tuple[tree.Query, int]:
    """Replace the queries that are used as values, and that do not depend on the rows around them.

    Returns:
        The query, and the bytes that were scanned for the values.
    """
    if not any(isinstance(node, tree.TableScan) and _has_partitions(node) for node in tree.walk(query)):
        return query, 0
    scanned = 0

    def change(node: Any) -> Any:
        nonlocal scanned
        if not isinstance(node, tree.ScalarQuery) or not _is_replaceable(node):
            return None
        value, bytes_read = evaluate(node.query)
        scanned += bytes_read
        return tree.Constant(node.type, value)

    return tree.rewrite(query, change), scanned


def _has_partitions(scan: tree.TableScan) -> bool:
    return any(column.is_partition for column in scan.source.columns)


def _is_replaceable(node: tree.ScalarQuery) -> bool:
    if node.type.base in _NOT_CONSTANT:
        return False
    parts = list(tree.walk(node.query))
    used = {part.relation for part in parts if isinstance(part, tree.Column)}
    parameters = {name for part in parts if isinstance(part, tree.Lambda) for name in part.parameters}
    tables = {name for part in parts if isinstance(part, tree.With) for name, _ in part.tables}
    return (
        used <= set(_aliases(parts))
        and all(part.name in parameters for part in parts if isinstance(part, tree.Parameter))
        and all(part.name in tables for part in parts if isinstance(part, tree.CommonTable))
    )


def _aliases(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, tree.Relation) and hasattr(part, "alias"):
            yield part.alias
