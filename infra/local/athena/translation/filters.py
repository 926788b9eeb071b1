"""Conditions of WHERE, as Trino simplifies them before it runs a query.

A condition that can never be true is not evaluated, and neither are the others that it is joined with by AND.
So none of them fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from infra.local.athena import tree
from infra.local.athena.errors import QueryRefused
from infra.local.athena.functions.ordering import NULL_WITHIN
from infra.local.athena.translation.null_steps import is_constant
from infra.local.athena.types import BOOLEAN

_FALSE: Final = tree.Constant(BOOLEAN, value=False)
_EQUALITIES: Final = {
    "operator =", "operator <>", "operator in", "operator is distinct from",
}  # fmt: skip
_COMPARISONS: Final = {f"operator {sign}" for sign in ("=", "<>", "<", "<=", ">", ">=")}
_CONNECTIVES: Final = {"operator and", "operator or", "operator not"}
_Call = tree.Call


def simplified(condition: tree.Expression, *, reads_tables: bool) -> tree.Expression:
    """Return a condition that is true for the same rows.

    Args:
        condition: the condition.
        reads_tables: whether all rows are those of tables, which Trino does not read in vain.
    """
    terms = tuple(_terms(condition))
    if reads_tables and any(map(_is_never_true, terms)):
        return _FALSE
    return _all_of(terms)


def by_use_of_queries(condition: tree.Expression) -> tuple[tree.Expression, ...]:
    """Return the part of a condition without queries, which Trino evaluates first, and the part with them."""
    is_and = isinstance(condition, _Call) and condition.function == "operator and"
    terms = condition.arguments if is_and else (condition,)  # type: ignore[attr-defined]
    with_queries = tuple(
        term for term in terms if any(isinstance(part, tree.Query) for part in tree.walk(term))
    )
    others = tuple(term for term in terms if term not in with_queries)
    return tuple(_all_of(part) for part in (others, with_queries) if part)


def _all_of(terms: tuple[tree.Expression, ...]) -> tree.Expression:
    return terms[0] if len(terms) == 1 else _Call(BOOLEAN, "operator and", terms)


def _terms(condition: tree.Expression) -> Iterator[tree.Expression]:
    """Give what has to be true; a constant that is null becomes false, which ends the evaluation."""
    if not isinstance(condition, _Call):
        yield condition
    elif condition.function == "operator and":
        for term in condition.arguments:
            yield from _terms(term)
    elif is_constant(condition):
        yield _Call(BOOLEAN, "operator coalesce", (condition, _FALSE))
    elif condition.function == "operator not" and isinstance(inner := condition.arguments[0], _Call):
        yield from _negated(condition, inner)
    elif condition.function == "operator case":
        yield from _terms_of_case(condition)
    else:
        yield condition


def _negated(condition: tree.Expression, inner: tree.Call) -> Iterator[tree.Expression]:
    if inner.function == "operator or":
        for term in inner.arguments:
            yield from _terms(_not(term))
    elif inner.function == "operator and":
        yield replace(inner, function="operator or", arguments=tuple(map(_not, inner.arguments)))
    else:
        yield condition


def _terms_of_case(condition: tree.Call) -> Iterator[tree.Expression]:
    *pairs, otherwise = condition.arguments
    results = (*pairs[1::2], otherwise)
    if all(result == tree.TRUE for result in results):
        yield tree.TRUE
    elif all(map(_is_never_true, results)):
        yield _FALSE
    elif len(pairs) == 2 and _is_null(pairs[1]) and _compares(pairs[0], otherwise):  # noqa: PLR2004
        # NULLIF(value, other)
        yield from _terms(otherwise)
        yield from _terms(_not(_Call(BOOLEAN, "operator coalesce", (pairs[0].arguments[1], _FALSE))))  # type: ignore[attr-defined]
    else:
        yield condition


def _compares(condition: tree.Expression, value: tree.Expression) -> bool:
    return (
        isinstance(condition, _Call)
        and condition.function == "operator ="
        and condition.arguments[0] == value
    )


def _not(condition: tree.Expression) -> tree.Expression:
    return _Call(BOOLEAN, "operator not", (condition,))


def _is_never_true(condition: tree.Expression) -> bool:
    match condition:
        case tree.Constant(value=value) | tree.Cast(operand=tree.Constant(value=(None as value))):
            return value is not True
        case _Call(function="operator coalesce"):
            return all(map(_is_never_true, condition.arguments))
        case _Call(function="operator not", arguments=(_Call(function="operator in") as member,)):
            column, *items = member.arguments
            return isinstance(column, tree.Column) and any(map(_is_null, items))
        case _Call(function="operator in"):
            return all(map(_is_null, condition.arguments[1:]))
        case _Call() if condition.function in _COMPARISONS:
            return any(map(_is_null, condition.arguments))
    return False


def _is_null(item: tree.Expression) -> bool:
    return isinstance(item, tree.Constant) and item.value is None


def check_ranges(condition: tree.Expression) -> None:
    """Refuse a comparison of a table's column with a constant that Trino cannot make a range of values of.

    Raises:
        QueryRefused: the constant is an array or a row with a null within.
    """
    if not isinstance(condition, _Call):
        return
    if condition.function in _CONNECTIVES:
        for term in condition.arguments:
            check_ranges(term)
    elif condition.function in _EQUALITIES and any(
        isinstance(each, tree.Column) for each in condition.arguments
    ):
        for each in condition.arguments:
            if base := _null_within(each):
                raise QueryRefused("NOT_SUPPORTED", NULL_WITHIN[base])


def _null_within(node: tree.Expression) -> str:
    """Return whether it is an array or a row that has a null as it is written; "" if it has none."""
    if isinstance(node, tree.Cast):
        return _null_within(node.operand)
    if not isinstance(node, _Call) or node.function not in {"operator array", "operator row"}:
        return ""
    if not is_constant(node) or not node.type.is_orderable:
        return ""
    if any(map(_is_null, node.arguments)):
        return node.type.base
    return next(filter(None, map(_null_within, node.arguments)), "")
