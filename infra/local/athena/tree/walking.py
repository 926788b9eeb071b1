"""What can be done with every node of a tree."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from infra.local.athena.errors import Position
from infra.local.athena.sources import Source
from infra.local.athena.tree.queries import Query
from infra.local.athena.types import Type

_Node = TypeVar("_Node")


def rewrite(node: _Node, change: Callable[[Any], Any]) -> _Node:
    """Return a tree with the change of each node that has one; a node without (None) is looked into."""
    if isinstance(node, tuple):
        parts = tuple(rewrite(part, change) for part in node)
        return node if all(map(operator.is_, parts, node)) else parts  # type: ignore[return-value]
    if not _is_node(node):
        return node
    changed = change(node)
    if changed is not None:
        return changed  # type: ignore[no-any-return]
    old = {each.name: getattr(node, each.name) for each in dataclasses.fields(node)}  # type: ignore[arg-type]
    new = {name: rewrite(part, change) for name, part in old.items()}
    if all(new[name] is part for name, part in old.items()):
        return node
    return dataclasses.replace(node, **new)  # type: ignore[type-var]


def walk(node: Any, *, into_queries: bool = True) -> Iterator[Any]:
    """Give a node and all its parts, the whole before its parts, perhaps without queries in expressions."""
    if isinstance(node, Query) and not into_queries:
        return
    if isinstance(node, tuple):
        for part in node:
            yield from walk(part, into_queries=into_queries)
    elif _is_node(node):
        yield node
        for each in dataclasses.fields(node):
            yield from walk(getattr(node, each.name), into_queries=into_queries)


def _is_node(node: object) -> bool:
    return dataclasses.is_dataclass(node) and not isinstance(node, Type | Position | Source)
