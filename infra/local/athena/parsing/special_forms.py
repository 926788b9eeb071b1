"""Reads calls, and the forms that have a syntax of their own: CASE, CAST, EXTRACT, TRIM, JSON_VALUE, ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from infra.local.athena.errors import NotSupportedHere, Position
from infra.local.athena.parsing import expressions, json_forms, queries, syntax
from infra.local.athena.parsing.cursor import Cursor
from infra.local.athena.parsing.syntax import Expression, SpecialForm
from infra.local.athena.parsing.tokens import Kind

_WITH_PRECISION: Final = ("CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP")
_TRIMS: Final = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}
_SIMPLE: Final = ("CURRENT_DATE", "CURRENT_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA", *_WITH_PRECISION)


def special_form(cursor: Cursor) -> Expression | None:
    """Read a form with a syntax of its own, if one comes next."""
    word = cursor.token.word
    read = _FORMS.get(word)
    if read is None or (word not in _WITHOUT_PARENTHESES and cursor.ahead().word != "("):
        return None
    at = cursor.at
    cursor.take()
    return read(cursor, at)


def call(cursor: Cursor, at: Position, name: str) -> Expression:
    """Read a function's arguments and what may follow them."""
    mark = cursor.mark()
    cursor.expect("(")
    is_star = is_distinct = False
    arguments: tuple[Expression, ...] = ()
    order_by: tuple[syntax.SortItem, ...] = ()
    if cursor.skip("*"):
        is_star = True
    elif not cursor.sees(")"):
        is_distinct = cursor.skip("DISTINCT") or (cursor.skip("ALL") and False)
        if not cursor.sees("ORDER", "BY"):
            arguments = cursor.list_of(lambda: expressions.expression(cursor))
        order_by = queries.order_by(cursor)
    if len(arguments) == 1 and name == "substring" and cursor.sees("FROM"):
        cursor.back(mark)
        return _substring(cursor, at)
    cursor.expect(")")
    condition = _filter(cursor)
    ignores_nulls = _null_treatment(cursor)
    window = queries.window(cursor) if cursor.skip("OVER") else None
    return syntax.Call(at, name, arguments, is_star, is_distinct, order_by, condition, ignores_nulls, window)


def _filter(cursor: Cursor) -> Expression | None:
    if not cursor.skip("FILTER", "(", "WHERE"):
        return None
    condition = expressions.expression(cursor)
    cursor.expect(")")
    return condition


def _null_treatment(cursor: Cursor) -> bool | None:
    if not cursor.sees_any("IGNORE", "RESPECT") or cursor.ahead().word != "NULLS":
        return None
    is_ignoring = cursor.take().word == "IGNORE"
    cursor.expect("NULLS")
    return is_ignoring


def _substring(cursor: Cursor, at: Position) -> Expression:
    cursor.expect("(")
    arguments = [expressions.value(cursor)]
    cursor.expect("FROM")
    arguments.append(expressions.value(cursor))
    if cursor.skip("FOR"):
        arguments.append(expressions.value(cursor))
    cursor.expect(")")
    return syntax.Call(at, "substr", tuple(arguments))


def _case(cursor: Cursor, at: Position) -> Expression:
    operand = None if cursor.sees("WHEN") else expressions.expression(cursor)
    branches = []
    while cursor.skip("WHEN"):
        condition = expressions.expression(cursor)
        cursor.expect("THEN")
        branches.append((condition, expressions.expression(cursor)))
    otherwise = expressions.expression(cursor) if cursor.skip("ELSE") else None
    if not branches:
        raise cursor.mismatch("'WHEN'")
    cursor.expect("END")
    return syntax.Case(at, operand, tuple(branches), otherwise)


def _cast(is_try: bool) -> Callable[[Cursor, Position], Expression]:
    def read(cursor: Cursor, at: Position) -> Expression:
        cursor.expect("(")
        operand = expressions.expression(cursor)
        cursor.expect("AS")
        kind = cursor.type()
        cursor.expect(")")
        return syntax.Cast(at, operand, kind, is_try)

    return read


def _extract(cursor: Cursor, at: Position) -> Expression:
    cursor.expect("(")
    unit = cursor.name()
    cursor.expect("FROM")
    operand = expressions.value(cursor)
    cursor.expect(")")
    return SpecialForm(at, "extract", (operand,), (("unit", unit),))


def _trim(cursor: Cursor, at: Position) -> Expression:
    cursor.expect("(")
    name = _TRIMS[cursor.take().word] if cursor.sees_any(*_TRIMS) else "trim"
    arguments: list[Expression] = []
    if not cursor.sees("FROM"):
        arguments.append(expressions.value(cursor))
    if cursor.skip("FROM"):
        arguments.insert(0, expressions.value(cursor))
    elif cursor.skip(","):
        arguments.append(expressions.value(cursor))
    cursor.expect(")")
    return syntax.Call(at, name, tuple(arguments))


def _position(cursor: Cursor, at: Position) -> Expression:
    cursor.expect("(")
    part = expressions.value(cursor)
    cursor.expect("IN")
    text = expressions.value(cursor)
    cursor.expect(")")
    return syntax.Call(at, "strpos", (text, part))


def _normalize(cursor: Cursor, at: Position) -> Expression:
    cursor.expect("(")
    operand = expressions.value(cursor)
    form = cursor.one_of("NFD", "NFC", "NFKD", "NFKC") if cursor.skip(",") else "NFC"
    cursor.expect(")")
    return SpecialForm(at, "normalize", (operand,), (("form", form),))


def _simple(name: str) -> Callable[[Cursor, Position], Expression]:
    def read(cursor: Cursor, at: Position) -> Expression:
        precision: int | None = None
        if name in _WITH_PRECISION and cursor.skip("("):
            if cursor.token.kind is not Kind.INTEGER:
                raise cursor.mismatch("<integer>")
            precision = int(cursor.take().text)
            cursor.expect(")")
        return SpecialForm(at, name.lower(), (), (("precision", precision),))

    return read


def _grouping(cursor: Cursor, at: Position) -> Expression:
    return SpecialForm(at, "grouping", cursor.in_parentheses(lambda: expressions.expression(cursor)))


def _listagg(cursor: Cursor, at: Position) -> Expression:
    cursor.expect("(")
    is_distinct = cursor.skip("DISTINCT")
    arguments = [expressions.expression(cursor)]
    if cursor.skip(","):
        arguments.append(syntax.Literal(cursor.at, cursor.string()))
    if cursor.skip("ON", "OVERFLOW") and cursor.one_of("ERROR", "TRUNCATE") == "TRUNCATE":
        raise NotSupportedHere("LISTAGG with ON OVERFLOW TRUNCATE", at)
    cursor.expect(")", "WITHIN", "GROUP", "(")
    order_by = queries.order_by(cursor)
    if not order_by:
        raise cursor.mismatch("'ORDER'")
    cursor.expect(")")
    condition = _filter(cursor)
    return syntax.Call(at, "listagg", tuple(arguments), False, is_distinct, order_by, condition)


_FORMS: Final[Mapping[str, Callable[[Cursor, Position], Expression]]] = {
    "CASE": _case,
    "CAST": _cast(is_try=False),
    "TRY_CAST": _cast(is_try=True),
    "EXTRACT": _extract,
    "TRIM": _trim,
    "POSITION": _position,
    "NORMALIZE": _normalize,
    "GROUPING": _grouping,
    "LISTAGG": _listagg,
    **json_forms.FORMS,
    **{name: _simple(name) for name in _SIMPLE},
}
_WITHOUT_PARENTHESES: Final = {"CASE", *_SIMPLE}
