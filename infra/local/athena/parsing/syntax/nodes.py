"""What all parts of a statement have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from infra.local.athena.errors import Position


@dataclass(frozen=True)
class Node:
    """A part of a statement. Two parts are equal when they are written alike, wherever they stand."""

    at: Position = field(compare=False)


class Expression(Node):
    """An expression."""


class Relation(Node):
    """What can stand in FROM."""


class QueryBody(Node):
    """What gives rows: SELECT, VALUES, TABLE, a set operation, or a query in parentheses."""


def walk(node: Any) -> Iterator[Node]:
    """Give a node and all its parts."""
    if isinstance(node, tuple):
        for part in node:
            yield from walk(part)
    elif isinstance(node, Node):
        yield node
        for each in dataclasses.fields(node):
            yield from walk(getattr(node, each.name))
