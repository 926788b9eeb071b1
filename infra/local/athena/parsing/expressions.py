"""Reads expressions, by precedence: OR, AND, NOT, predicates, `||`, `+ -`, `* / %`, signs, AT TIME ZONE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from infra.local.athena.errors import Position, QueryRefused
from infra.local.athena.parsing import queries, special_forms, syntax
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.literals import literal
from infra.local.athena.parsing.syntax import Expression
from infra.local.athena.parsing.tokens import Kind

_COMPARISONS: Final = ("=", "<>", "!=", "<", "<=", ">", ">=")
_QUERY_WORDS: Final = ("SELECT", "WITH", "VALUES", "TABLE")
_BUILT_IN: Final = ("system", "builtin")
_QUANTIFIERS: Final = ("ALL", "ANY", "SOME")


def expression(cursor: Cursor) -> Expression:
    """Read an expression."""
    return _logical(cursor, "OR", lambda: _logical(cursor, "AND", lambda: _not(cursor)))


def _logical(cursor: Cursor, operator: str, read: Callable[[], Expression]) -> Expression:
    at = cursor.at
    terms = [read()]
    while cursor.skip(operator):
        terms.append(read())
    return syntax.Logical(at, operator, tuple(terms)) if len(terms) > 1 else terms[0]


def _not(cursor: Cursor) -> Expression:
    at = cursor.at
    if cursor.skip("NOT"):
        return syntax.Not(at, _not(cursor))
    operand = value(cursor)
    return _predicate(cursor, operand)


def _predicate(cursor: Cursor, operand: Expression) -> Expression:
    at = cursor.at
    if cursor.sees_any(*_COMPARISONS):
        return _comparison(cursor, operand)
    if cursor.skip("IS"):
        is_negated = cursor.skip("NOT")
        found: Expression
        if cursor.skip("NULL"):
            found = syntax.IsNull(at, operand)
        else:
            cursor.expect("DISTINCT", "FROM")
            found = syntax.DistinctFrom(at, operand, value(cursor))
        return syntax.Not(at, found) if is_negated else found
    is_negated = cursor.sees("NOT") and cursor.ahead().word in _PREDICATES
    read = _PREDICATES.get(cursor.ahead(int(is_negated)).word)
    if read is None:
        return operand
    if read is _in and not _sees_list(cursor, 1 + int(is_negated)):
        raise cursor.mismatch()
    cursor.skip(*["NOT"] * is_negated)
    cursor.take()
    found = read(cursor, at, operand)
    return syntax.Not(at, found) if is_negated else found


def _comparison(cursor: Cursor, left: Expression) -> Expression:
    at = cursor.at
    operator = cursor.take().word.replace("!=", "<>")
    if cursor.sees_any(*_QUANTIFIERS) and cursor.ahead().word == "(":
        quantifier = cursor.take().word
        return syntax.Quantified(at, operator, quantifier, left, required_query(cursor))
    return syntax.Binary(at, operator, left, value(cursor))


def _between(cursor: Cursor, at: Position, operand: Expression) -> Expression:
    low = value(cursor)
    cursor.expect("AND")
    return syntax.Between(at, operand, low, value(cursor))


def _in(cursor: Cursor, at: Position, operand: Expression) -> Expression:
    query = query_in_parentheses(cursor)
    if query is not None:
        return syntax.Quantified(at, "=", "ANY", operand, query, is_in=True)
    return syntax.InList(at, operand, cursor.in_parentheses(lambda: expression(cursor)))


def _sees_list(cursor: Cursor, distance: int) -> bool:
    """Return whether a list or query begins after IN; if not, Trino refuses the word IN."""
    return cursor.ahead(distance).word == "(" and cursor.ahead(distance + 1).word != ")"


def _like(cursor: Cursor, at: Position, operand: Expression) -> Expression:
    pattern = value(cursor)
    return syntax.Like(at, operand, pattern, value(cursor) if cursor.skip("ESCAPE") else None)


_PREDICATES: Final = {"BETWEEN": _between, "IN": _in, "LIKE": _like}


def value(cursor: Cursor) -> Expression:
    """Read an expression that is not a condition."""
    return _binary(cursor, ("||",), lambda: _binary(cursor, ("+", "-"), lambda: _product(cursor)))


def _product(cursor: Cursor) -> Expression:
    return _binary(cursor, ("*", "/", "%"), lambda: _signed(cursor))


def _binary(cursor: Cursor, operators: tuple[str, ...], read: Callable[[], Expression]) -> Expression:
    left = read()
    while cursor.sees_any(*operators):
        operator = cursor.take()
        left = syntax.Binary(operator.at, operator.word, left, read())
    return left


def _signed(cursor: Cursor) -> Expression:
    at = cursor.at
    if cursor.sees("-") and cursor.ahead().kind in {Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE}:
        return _at_time_zone(cursor)
    if cursor.sees_any("-", "+"):
        return syntax.Unary(at, cursor.take().word, _signed(cursor))
    return _at_time_zone(cursor)


def _at_time_zone(cursor: Cursor) -> Expression:
    operand = _postfix(cursor)
    while cursor.sees("AT", "TIME", "ZONE"):
        at = cursor.at
        cursor.skip("AT", "TIME", "ZONE")
        operand = syntax.AtTimeZone(at, operand, _postfix(cursor))
    return operand


def _postfix(cursor: Cursor) -> Expression:
    at = cursor.at
    base = primary(cursor)
    while True:
        if cursor.skip("["):
            base = syntax.Subscript(at, base, value(cursor))
            cursor.expect("]")
        elif cursor.sees(".") and cursor.ahead().word != "*":
            cursor.take()
            base = syntax.Dereference(at, base, cursor.identifier())
        else:
            return base


def primary(cursor: Cursor) -> Expression:
    """Read an expression without operators."""
    found = literal(cursor) or special_forms.special_form(cursor)
    if found is not None:
        return found
    at = cursor.at
    if cursor.sees("("):
        return _parentheses(cursor)
    if cursor.skip("EXISTS"):
        return syntax.Exists(at, required_query(cursor))
    if cursor.sees("?"):
        cursor.take()
        cursor.parameters += 1
        return syntax.Parameter(at, cursor.parameters - 1)
    return _named(cursor)


def _named(cursor: Cursor) -> Expression:
    at = cursor.at
    name = cursor.identifier()
    if cursor.skip("->"):
        return syntax.Lambda(at, (name,), expression(cursor))
    if not name.is_quoted and name.name == "array" and cursor.skip("["):
        items = () if cursor.sees("]") else cursor.list_of(lambda: expression(cursor))
        cursor.expect("]")
        return syntax.ArrayConstructor(at, items)
    if _sees_qualified_call(cursor):
        return _qualified_call(cursor, name)
    if cursor.sees("("):
        if name.name == "row" and not name.is_quoted:
            return syntax.RowConstructor(at, cursor.in_parentheses(lambda: expression(cursor)))
        return special_forms.call(cursor, at, name.name)
    return name


def _sees_qualified_call(cursor: Cursor) -> bool:
    """Return whether `.b(` or `.b.c(` comes next."""
    distance = 0
    while cursor.ahead(distance).word == "." and cursor.ahead(distance + 1).kind is Kind.NAME:
        distance += 2
    return distance > 0 and cursor.ahead(distance).word == "("


def _qualified_call(cursor: Cursor, name: syntax.Identifier) -> Expression:
    """Read a call of a function with its catalog and schema."""
    parts = [name.name]
    while cursor.skip("."):
        parts.append(cursor.name())
    is_built_in = tuple(parts[:-1]) == _BUILT_IN
    return special_forms.call(cursor, name.at, parts[-1] if is_built_in else ".".join(parts))


def _parentheses(cursor: Cursor) -> Expression:
    at = cursor.at
    query = query_in_parentheses(cursor)
    if query is not None:
        return syntax.ScalarQuery(at, query)
    parameters = _lambda_parameters(cursor)
    if parameters is not None:
        return syntax.Lambda(at, parameters, expression(cursor))
    items = cursor.in_parentheses(lambda: expression(cursor))
    return items[0] if len(items) == 1 else syntax.RowConstructor(at, items)


def _lambda_parameters(cursor: Cursor) -> tuple[syntax.Identifier, ...] | None:
    """Read `(x, y) ->`, if that is what comes next."""
    mark = cursor.mark()
    cursor.skip("(")
    parameters: list[syntax.Identifier] = []
    while cursor.sees_name():
        parameters.append(cursor.identifier())
        if not cursor.skip(","):
            break
    if cursor.skip(")", "->"):
        return tuple(parameters)
    cursor.back(mark)
    return None


def query_in_parentheses(cursor: Cursor) -> syntax.Query | None:
    """Read a query in parentheses, if one comes next."""
    mark = cursor.mark()
    depth = 0
    while cursor.ahead(depth).word == "(":
        depth += 1
    if not depth or cursor.ahead(depth).word not in _QUERY_WORDS:
        return None
    try:
        cursor.expect("(")
        found = queries.query(cursor)
        cursor.expect(")")
    except QueryRefused:
        if depth == 1:
            raise
        cursor.back(mark)  # ((SELECT 1) + 1) begins like a query in parentheses
        return None
    return found


def required_query(cursor: Cursor) -> syntax.Query:
    """Read a query in parentheses."""
    query = query_in_parentheses(cursor)
    if query is None:
        cursor.expect("(")
        raise cursor.mismatch("<query>")
    return query
