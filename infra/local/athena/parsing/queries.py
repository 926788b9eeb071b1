"""Reads queries: WITH, set operations, SELECT with its clauses, ORDER BY, OFFSET and LIMIT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from infra.local.athena.errors import NotSupportedHere
from infra.local.athena.parsing import expressions, relations, syntax
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.syntax import Expression, SelectItem, SortItem
from infra.local.athena.parsing.tokens import Kind

_COMPOUND: Final = (syntax.Unary, syntax.Binary, syntax.Logical, syntax.Not, syntax.Lambda)
_AFTER_EXPRESSION: Final = (
    ")",
    ",",
    ";",
    ".",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "WINDOW",
    "UNION",
)
_AFTER_WINDOW_NAME: Final = (")", "PARTITION", "ORDER", "ROWS", "RANGE", "GROUPS")


def query(cursor: Cursor) -> syntax.Query:
    """Read a query."""
    at = cursor.at
    tables: tuple[syntax.CommonTable, ...] = ()
    is_recursive = False
    if cursor.skip("WITH"):
        is_recursive = cursor.skip("RECURSIVE")
        tables = cursor.list_of(lambda: _common_table(cursor))
    body = _union(cursor)
    sorting = order_by(cursor)
    offset = None
    if cursor.skip("OFFSET"):
        offset = _row_count(cursor)
        if cursor.sees_any("ROW", "ROWS"):
            cursor.take()
    limit_at = cursor.at
    limit, with_ties = _limit(cursor)
    return syntax.Query(at, body, tables, is_recursive, sorting, offset, limit, with_ties, limit_at)


def _common_table(cursor: Cursor) -> syntax.CommonTable:
    at = cursor.at
    name = cursor.name()
    columns = cursor.names_in_parentheses() if cursor.sees("(") else ()
    cursor.expect("AS", "(")
    found = query(cursor)
    cursor.expect(")")
    return syntax.CommonTable(at, name, columns, found)


def _limit(cursor: Cursor) -> tuple[Expression | None, bool]:
    if cursor.skip("LIMIT"):
        return (None if cursor.skip("ALL") else _row_count(cursor)), False
    if not cursor.skip("FETCH"):
        return None, False
    at = cursor.at
    cursor.one_of("FIRST", "NEXT")
    count = syntax.Literal(at, 1) if cursor.sees_any("ROW", "ROWS") else _row_count(cursor)
    cursor.one_of("ROW", "ROWS")
    if cursor.skip("ONLY"):
        return count, False
    cursor.expect("WITH", "TIES")
    return count, True


def _row_count(cursor: Cursor) -> Expression:
    if cursor.token.kind is not Kind.INTEGER and not cursor.sees("?"):
        raise cursor.mismatch("<integer>")
    return expressions.primary(cursor)


def order_by(cursor: Cursor) -> tuple[SortItem, ...]:
    """Read ORDER BY, if it comes next."""
    if not cursor.sees("ORDER"):
        return ()
    cursor.expect("ORDER", "BY")
    return cursor.list_of(lambda: _sort_item(cursor))


def _sort_item(cursor: Cursor) -> SortItem:
    at = cursor.at
    expression = expressions.expression(cursor)
    is_descending = cursor.sees_any("ASC", "DESC") and cursor.take().word == "DESC"
    nulls_first = cursor.one_of("FIRST", "LAST") == "FIRST" if cursor.skip("NULLS") else None
    return SortItem(at, expression, is_descending, nulls_first)


def _union(cursor: Cursor) -> syntax.QueryBody:
    left = _intersection(cursor)
    while cursor.sees_any("UNION", "EXCEPT"):
        left = _set_operation(cursor, left, _intersection)
    return left


def _intersection(cursor: Cursor) -> syntax.QueryBody:
    left = _primary(cursor)
    while cursor.sees("INTERSECT"):
        left = _set_operation(cursor, left, _primary)
    return left


def _set_operation(
    cursor: Cursor, left: syntax.QueryBody, read: Callable[[Cursor], syntax.QueryBody]
) -> syntax.QueryBody:
    operator = cursor.take()
    is_distinct = not cursor.skip("ALL")
    cursor.skip(*["DISTINCT"] * is_distinct)
    return syntax.SetOperation(operator.at, operator.word, is_distinct, left, read(cursor))


def _primary(cursor: Cursor) -> syntax.QueryBody:
    at = cursor.at
    if cursor.sees("SELECT"):
        return _select(cursor)
    if cursor.skip("VALUES"):
        return syntax.Values(at, cursor.list_of(lambda: expressions.expression(cursor)))
    if cursor.skip("TABLE"):
        return syntax.TableQuery(at, syntax.Table(at, cursor.qualified_name()))
    if cursor.skip("("):
        found = query(cursor)
        cursor.expect(")")
        return syntax.Parenthesized(at, found)
    raise cursor.mismatch("'SELECT'", "'VALUES'", "'TABLE'", "'('")


def _select(cursor: Cursor) -> syntax.Select:
    at = cursor.at
    cursor.expect("SELECT")
    is_distinct = cursor.skip("DISTINCT")
    cursor.skip(*["ALL"] * (not is_distinct))
    items = cursor.list_of(lambda: _select_item(cursor))
    source = relations.from_clause(cursor) if cursor.skip("FROM") else None
    where = expressions.expression(cursor) if cursor.skip("WHERE") else None
    groups, groups_distinct = _group_by(cursor)
    having = expressions.expression(cursor) if cursor.skip("HAVING") else None
    windows = cursor.list_of(lambda: _named_window(cursor)) if cursor.skip("WINDOW") else ()
    return syntax.Select(at, items, is_distinct, source, where, groups, groups_distinct, having, windows)


def _select_item(cursor: Cursor) -> SelectItem:
    at = cursor.at
    if cursor.skip("*"):
        return SelectItem(at, None)
    found = expressions.expression(cursor)
    if cursor.sees(".", "*") and not isinstance(found, _COMPOUND):
        cursor.skip(".", "*")
        names = cursor.names_in_parentheses() if cursor.skip("AS") else ()
        return SelectItem(at, None, star_of=found, star_names=names)
    alias = cursor.identifier() if cursor.skip("AS") or cursor.sees_alias() else None
    return SelectItem(at, found, alias)


def _group_by(cursor: Cursor) -> tuple[tuple[syntax.GroupingElement, ...] | None, bool]:
    if not cursor.skip("GROUP"):
        return None, False
    cursor.expect("BY")
    is_distinct = cursor.skip("DISTINCT")
    if cursor.ahead().kind is not Kind.END and cursor.ahead().word not in _AFTER_EXPRESSION:
        cursor.skip("ALL")
    return cursor.list_of(lambda: _grouping_element(cursor)), is_distinct


def _grouping_element(cursor: Cursor) -> syntax.GroupingElement:
    at = cursor.at
    if cursor.skip("GROUPING", "SETS"):
        return syntax.GroupingElement(at, "sets", cursor.in_parentheses(lambda: _grouping_set(cursor)))
    if cursor.sees_any("ROLLUP", "CUBE"):
        kind = cursor.take().word.lower()
        return syntax.GroupingElement(at, kind, cursor.in_parentheses(lambda: _grouping_set(cursor)))
    return syntax.GroupingElement(at, "simple", (_grouping_set(cursor),))


def _grouping_set(cursor: Cursor) -> tuple[Expression, ...]:
    """Read `a`, `(a, b)` or `()`."""
    if cursor.skip("(", ")"):
        return ()
    found = expressions.expression(cursor)
    return found.items if isinstance(found, syntax.RowConstructor) else (found,)


def _named_window(cursor: Cursor) -> tuple[str, syntax.Window]:
    name = cursor.name()
    cursor.expect("AS")
    if not cursor.sees("("):
        raise cursor.mismatch("'('")
    return name, window(cursor)


def window(cursor: Cursor) -> syntax.Window:
    """Read a window: a name, or its specification in parentheses."""
    if not cursor.skip("("):
        return syntax.Window(cursor.at, cursor.name())
    at = cursor.at
    is_named = cursor.sees_name() and cursor.ahead().word in _AFTER_WINDOW_NAME
    name = cursor.name() if is_named else None
    partition: tuple[Expression, ...] = ()
    if cursor.skip("PARTITION"):
        cursor.expect("BY")
        partition = cursor.list_of(lambda: expressions.expression(cursor))
    sorting = order_by(cursor)
    frame = _frame(cursor)
    cursor.expect(")")
    return syntax.Window(at, name, partition, sorting, frame)


def _frame(cursor: Cursor) -> syntax.Frame | None:
    at = cursor.at
    if cursor.sees_any("MEASURES", "PATTERN", "AFTER", "INITIAL"):
        raise NotSupportedHere("row pattern recognition", at)
    if not cursor.sees_any("ROWS", "RANGE", "GROUPS"):
        return None
    unit = cursor.take().word
    if not cursor.skip("BETWEEN"):
        return syntax.Frame(at, unit, _bound(cursor), None)
    start = _bound(cursor)
    cursor.expect("AND")
    return syntax.Frame(at, unit, start, _bound(cursor))


def _bound(cursor: Cursor) -> syntax.FrameBound:
    at = cursor.at
    if cursor.skip("CURRENT"):
        cursor.expect("ROW")
        return syntax.FrameBound(at, "CURRENT ROW")
    if cursor.skip("UNBOUNDED"):
        return syntax.FrameBound(at, f"UNBOUNDED {cursor.one_of('PRECEDING', 'FOLLOWING')}")
    value = expressions.expression(cursor)
    return syntax.FrameBound(at, cursor.one_of("PRECEDING", "FOLLOWING"), value)
