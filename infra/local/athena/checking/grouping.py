"""GROUP BY: the keys, the grouping sets, and what may be selected of groups."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.local.athena import tree
from infra.local.athena.checking import expressions, selects
from infra.local.athena.checking.context import Env, Field
from infra.local.athena.checking.operators import mismatch
from infra.local.athena.errors import Position, QueryRefused
from infra.local.athena.parsing import syntax

if TYPE_CHECKING:
    from infra.local.athena.checking.selects import Item

_GroupingSet = tuple[tree.Expression, ...]
_CLAUSE = "GROUP BY clause"


@dataclass(frozen=True)
class Parts:
    """A SELECT as it is written, its columns, ORDER BY and HAVING, and the columns of its source."""

    node: syntax.Select
    items: Sequence[Item]
    order_by: Sequence[syntax.SortItem]
    having: tree.Expression | None
    fields: Sequence[Field]


def grouped(found: tree.Select, parts: Parts, env: Env) -> tree.Select:
    """Return a SELECT over groups instead of rows, if it has GROUP BY, HAVING or an aggregate.

    Raises:
        QueryRefused: EXPRESSION_NOT_AGGREGATE, when a column is neither grouped by nor within an aggregate.
    """
    whole = (found.columns, found.order_by, parts.having)
    nodes = tree.walk(whole, into_queries=False)
    if parts.node.group_by is None and parts.having is None and not any(map(_is_aggregate, nodes)):
        _refuse_grouping(whole, parts.node)
        return found
    sets = _grouping_sets(parts, env)
    keys = tuple(dict.fromkeys(itertools.chain.from_iterable(sets)))
    groups = _Groups(env.statement.alias(), keys, _names(parts.fields))
    columns = tuple(groups.value(item.expression, item.at) for item in parts.items)
    having = groups.value(parts.having, parts.node.having.at) if parts.having and parts.node.having else None
    order_by = tuple(
        dataclasses.replace(key, expression=groups.value(key.expression, item.expression.at))
        for key, item in zip(found.order_by, parts.order_by, strict=True)
    )
    places = tuple(tuple(keys.index(key) for key in each) for each in sets)
    source = tree.Grouped(groups.alias, found.source, found.where, keys, places, tuple(groups.aggregates))
    return dataclasses.replace(found, columns=columns, source=source, where=having, order_by=order_by)


def _is_aggregate(node: Any) -> bool:
    return isinstance(node, tree.Aggregate) and node.window is None


def _refuse_grouping(whole: Any, node: syntax.Select) -> None:
    if any(isinstance(each, tree.Call) and each.function == "operator grouping" for each in tree.walk(whole)):
        message = "A GROUPING() operation can only be used with a corresponding GROUP BY clause"
        raise QueryRefused("MISSING_GROUP_BY", message, node.at)


def _names(fields: Sequence[Field]) -> dict[tuple[str, str], str]:
    """The name of each column of the source, by its relation and name in the tree."""
    return {
        (node.relation, node.name): each.text or ""
        for each in fields
        for node in tree.walk(each.value)
        if isinstance(node, tree.Column)
    }


@dataclass
class _Groups:
    """The groups' relation: values over rows become values over its columns.

    Attributes:
        alias: its alias.
        keys: what is grouped by; its first columns.
        names: the names of the rows' columns, by relation and name in the tree.
        aggregates: its further columns, found so far.
    """

    alias: str
    keys: tuple[tree.Expression, ...]
    names: Mapping[tuple[str, str], str]
    aggregates: list[tree.Expression] = field(default_factory=list)

    def value(self, expression: tree.Expression, at: Position | None) -> tree.Expression:
        """Return an expression over groups."""
        found = tree.rewrite(expression, self._replacement)
        for node in tree.walk(found):
            if isinstance(node, tree.Column) and (node.relation, node.name) in self.names:
                name = self.names[node.relation, node.name]
                message = f"'{name}' must be an aggregate expression or appear in GROUP BY clause"
                raise QueryRefused("EXPRESSION_NOT_AGGREGATE", message, at)
        return found

    def _replacement(self, node: Any) -> Any:
        if isinstance(node, tree.Query):  # its aggregates are its own
            return tree.rewrite(node, self._of_key)
        if (found := self._of_key(node)) is not None:
            return found
        if _is_aggregate(node):
            return self._aggregate(node)
        if isinstance(node, tree.Call) and node.function == "operator grouping":
            return self._aggregate(tree.Grouping(node.type, tuple(map(self._key, node.arguments))))
        return None

    def _of_key(self, node: Any) -> tree.Expression | None:
        if isinstance(node, tree.Expression) and node in self.keys:
            return self._column(node, self.keys.index(node))
        return None

    def _key(self, argument: tree.Expression) -> int:
        if argument not in self.keys:
            message = "The arguments to GROUPING() must be expressions referenced by the GROUP BY"
            raise QueryRefused("INVALID_ARGUMENTS", message)
        return self.keys.index(argument)

    def _aggregate(self, node: tree.Expression) -> tree.Expression:
        if node not in self.aggregates:
            self.aggregates.append(node)
        return self._column(node, len(self.keys) + self.aggregates.index(node))

    def _column(self, node: tree.Expression, place: int) -> tree.Column:
        return tree.Column(node.type, self.alias, f"c{place}")


def _grouping_sets(parts: Parts, env: Env) -> list[_GroupingSet]:
    elements = [list(_sets(each, parts.items, env)) for each in parts.node.group_by or ()]
    combined = [
        tuple(dict.fromkeys(itertools.chain.from_iterable(choice))) for choice in itertools.product(*elements)
    ]
    return list(dict.fromkeys(combined)) if parts.node.groups_distinct else combined


def _sets(element: syntax.GroupingElement, items: Sequence[Item], env: Env) -> Iterator[_GroupingSet]:
    """Give the grouping sets of an element of GROUP BY."""
    checked = [tuple(_key(each, items, env) for each in listed) for listed in element.sets]
    if element.kind == "rollup":
        for length in range(len(checked), -1, -1):
            yield tuple(itertools.chain.from_iterable(checked[:length]))
    elif element.kind == "cube":
        for length in range(len(checked), -1, -1):
            for chosen in itertools.combinations(checked, length):
                yield tuple(itertools.chain.from_iterable(chosen))
    else:
        yield from checked


def _key(node: syntax.Expression, items: Sequence[Item], env: Env) -> tree.Expression:
    place = selects.ordinal(node, len(items), "GROUP BY")
    if place is None:
        found = expressions.check(node, env.scalar(_CLAUSE, node.at))
    else:
        found, node_at = items[place].expression, items[place].at
        if any(isinstance(each, tree.Aggregate) for each in tree.walk(found, into_queries=False)):
            message = f"{_CLAUSE} cannot contain aggregations, window functions or grouping operations"
            raise QueryRefused("EXPRESSION_NOT_SCALAR", message, node_at)
    if not found.type.is_comparable:
        raise mismatch(f"{found.type} is not comparable, and therefore cannot be used in GROUP BY", node.at)
    return found
