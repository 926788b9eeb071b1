"""Queries within expressions."""

from __future__ import annotations

from infra.local.athena import tree
from infra.local.athena.checking import expressions, queries
from infra.local.athena.checking.coercing import coerce
from infra.local.athena.checking.context import Env
from infra.local.athena.checking.operators import mismatch
from infra.local.athena.coercions import common_type
from infra.local.athena.errors import Position, QueryRefused
from infra.local.athena.parsing import syntax
from infra.local.athena.tree import Call, Expression
from infra.local.athena.types import BOOLEAN, Type, row


def exists(node: syntax.Exists, env: Env) -> Expression:
    """Check EXISTS."""
    query = queries.query(node.query, env.query()).query
    _refuse_correlated_unnest(query, node.at)
    return tree.Exists(BOOLEAN, query)


def scalar(node: syntax.ScalarQuery, env: Env) -> Expression:
    """Check a query as a value; several columns make a row."""
    query = _one_column(queries.query(node.query, env.query()), env)
    return tree.ScalarQuery(query.types[0], query)


def quantified(node: syntax.Quantified, env: Env) -> Expression:
    """Check IN (query), and comparisons with ANY, SOME and ALL."""
    operand = expressions.check(node.operand, env)
    checked = queries.query(node.query, env.query())
    query = _one_column(checked, env, is_row=operand.type.base == "row")
    _refuse_correlated_unnest(query, node.at)
    kind = common_type(operand.type, query.types[0])
    if kind is None or (operand.type.base == "row") != (query.types[0].base == "row"):
        left = row([operand.type])
        right = row(checked.query.types)
        what = f"Value expression and result of subquery must be of the same type: {left} vs {right}"
        raise mismatch(what, node.at)
    is_ordering = node.operator not in {"=", "<>"}
    if not (kind.is_orderable if is_ordering else kind.is_comparable):
        raise mismatch(f"Type [{kind}] must be {'orderable' if is_ordering else 'comparable'}", node.at)
    is_all = node.quantifier == "ALL"
    return tree.Quantified(
        BOOLEAN, node.operator, is_all, coerce(operand, kind), queries.converted(query, (kind,), env)
    )


def _refuse_correlated_unnest(query: tree.Query, at: Position) -> None:
    """Refuse UNNEST of a column of the query around, which Trino cannot plan here."""
    nodes = list(tree.walk(query))
    inner = {node.alias for node in nodes if isinstance(node, tree.Relation) and hasattr(node, "alias")}
    for unnest in (node for node in nodes if isinstance(node, tree.Unnest)):
        columns = (node for node in tree.walk(unnest.lists) if isinstance(node, tree.Column))
        if any(column.relation not in inner for column in columns):
            raise QueryRefused("NOT_SUPPORTED", "Given correlated subquery is not supported", at)


def _one_column(checked: queries.Checked, env: Env, *, is_row: bool = False) -> tree.Query:
    if len(checked.query.types) == 1 and not is_row:
        return checked.query
    alias = env.statement.alias()
    kinds = checked.query.types
    parts = tuple(tree.Column(kind, alias, f"c{place}") for place, kind in enumerate(kinds))
    kind: Type = row(kinds, (output.text for output in checked.outputs))
    packed = Call(kind, "operator row", parts)
    return tree.Select((kind,), (packed,), tree.Derived(alias, checked.query))
