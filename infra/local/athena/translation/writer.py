"""What the parts of one translation share."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

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
        has_source: whether what is being written is part of a query with FROM.
        is_constant: whether it is part of a condition that is constant, or of a call that is always null.
    """

    def __init__(self, root: tree.Query, *, is_in_steps: bool = False) -> None:
        self.is_in_steps = is_in_steps
        self.is_interpreted = False
        self.has_source = True
        self.is_constant = False
        self.names: Iterator[int] = itertools.count(1)
        self.scans: list[Scan] = []
        self.conditions = partition_conditions(root)
        self._used: dict[str, set[str]] = defaultdict(set)
        for node in tree.walk(root):
            if isinstance(node, tree.Column):
                self._used[node.relation].add(node.name)

    def interpreting(self, is_interpreted: bool) -> AbstractContextManager[None]:
        """Set `is_interpreted` within the block."""
        return self._with(is_interpreted=is_interpreted)

    def within_constant(self, *, is_part: bool) -> AbstractContextManager[None]:
        """Set `is_constant` within the block, if it is not set already."""
        return self._with(is_constant=self.is_constant or is_part)

    def selecting(self, *, has_source: bool) -> AbstractContextManager[None]:
        """Set `has_source` and `is_interpreted` within the block: Trino compiles what has a source."""
        return self._with(has_source=has_source, is_interpreted=not has_source)

    @contextmanager
    def _with(self, **values: bool) -> Iterator[None]:
        before = {name: getattr(self, name) for name in values}
        vars(self).update(values)
        try:
            yield
        finally:
            vars(self).update(before)

    def uses(self, relation: str, name: str) -> bool:
        """Return whether an expression names a column."""
        return name in self._used[relation]
