"""What the parts of one translation share."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.athena import tree
from infra.local.athena.partition_conditions import partition_conditions
from infra.local.athena.sources import Scan


class Writer:
    """Numbers for unique names, the columns that are used, and the scans found so far.

    Args:
        root: the tree to translate.
        is_in_steps: whether a call's arguments are evaluated one by one; see `null_steps`.

    Attributes:
        is_interpreted: whether Trino interprets what is being written, instead of compiling it.
    """

    def __init__(self, root: tree.Query, *, is_in_steps: bool = False) -> None:
        self.is_in_steps = is_in_steps
        self.is_interpreted = False
        self.names: Iterator[int] = itertools.count(1)
        self.scans: list[Scan] = []
        self.conditions = partition_conditions(root)
        self._used: dict[str, set[str]] = defaultdict(set)
        for node in tree.walk(root):
            if isinstance(node, tree.Column):
                self._used[node.relation].add(node.name)

    @contextmanager
    def interpreting(self, is_interpreted: bool) -> Iterator[None]:
        """Set `is_interpreted` within the block."""
        before, self.is_interpreted = self.is_interpreted, is_interpreted
        try:
            yield
        finally:
            self.is_interpreted = before

    def uses(self, relation: str, name: str) -> bool:
        """Return whether an expression names a column."""
        return name in self._used[relation]
